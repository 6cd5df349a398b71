// SPDX-License-Identifier: MIT
// The hub: knows its spokes by NodeId, answers their requests, and sends each of them a stream of events.
'use strict'

const { createHub } = require('event-target-iroh')
const { thisHostOnly } = require('./this-host.js')
const { begin, eventCount, report, sendMany, short } = require('./report.js')

begin(async ({ secretKey, allow }) => {
  const hub = await createHub({ endpointOptions: { secretKey, ...thisHostOnly() }, allow })

  hub.on('spoke', (spoke) => {
    const { remoteAddress } = spoke.connection.paths()[0]
    report(`spoke ${short(spoke.remoteNodeId)} connected from ${remoteAddress}, its key is proved`)

    let received = 0
    let startedAt
    spoke.addEventListener('reading', () => {
      startedAt ??= process.hrtime.bigint()
      if (++received < eventCount) return
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9
      report(`${eventCount} events from ${short(spoke.remoteNodeId)}: ${Math.round(eventCount / seconds)} per second`)
      sendMany(spoke, 'news')
    })
    spoke.addEventListener('call.requested', ({ detail: { payload } }) => {
      const type = 'call.responded'
      const answer = { type, id: payload.requestId, payload: payload.numbers.reduce((sum, number) => sum + number, 0) }
      spoke.dispatchEvent(new CustomEvent(`${type}:${answer.id}`, { detail: answer }))
    })
  })
  hub.on('spokeclose', (nodeId) => report(`spoke ${short(nodeId)} left`))
  hub.endpoint.on('network', ({ type, nodeId }) => {
    if (type === 'refused') report(`turned away ${short(nodeId)}: not on the allowlist`, 'refused a stranger')
  })

  report(`listening as ${hub.nodeId()}`, 'listening', { nodeId: hub.nodeId() })
  return () => hub.close()
})
