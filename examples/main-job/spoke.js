// SPDX-License-Identifier: MIT
// A spoke: dials the hub by its NodeId, sends it many events, receives as many, and times requests that the hub answers.
'use strict'

const { randomUUID } = require('node:crypto')
const { once } = require('node:events')
const { createSpoke } = require('event-target-iroh')
const { begin, eventCount, report, sendMany } = require('./report.js')
const { thisHostOnly } = require('./this-host.js')

const requestCount = 2000

/** Asks the hub for a sum; resolves with its answer. */
async function ask(spoke, numbers) {
  const requestId = randomUUID()
  const answered = once(spoke, `call.responded:${requestId}`)
  const detail = { type: 'call.requested', payload: { requestId, numbers } }
  spoke.dispatchEvent(new CustomEvent('call.requested', { detail }))
  const [event] = await answered
  return event.detail.payload
}

async function measureRoundTrips(spoke) {
  const micros = []
  for (let index = 0; index < requestCount; index++) {
    const startedAt = process.hrtime.bigint()
    const payload = await ask(spoke, [index, 1])
    if (payload !== index + 1) throw new Error(`the hub cannot add: ${payload}`)
    micros.push(Number(process.hrtime.bigint() - startedAt) / 1e3)
  }
  micros.sort((a, b) => a - b)
  const at = (share) => Math.round(micros[Math.floor(requestCount * share)])
  report(`${requestCount} requests answered, round trip p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`)
}

async function receiveNews(spoke) {
  let received = 0
  let startedAt
  await new Promise((resolve) => {
    spoke.addEventListener('news', () => {
      startedAt ??= process.hrtime.bigint()
      if (++received === eventCount) resolve()
    })
    sendMany(spoke, 'reading')
  })
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9
  report(`${eventCount} events from the hub: ${Math.round(eventCount / seconds)} per second`)
}

begin(async ({ secretKey, hub }) => {
  const spoke = await createSpoke({ hub, endpointOptions: { secretKey, ...thisHostOnly() } })
  const { remoteAddress, isRelay } = spoke.connection.paths()[0]
  report(`connected to hub ${spoke.remoteNodeId} at ${remoteAddress} (${isRelay ? 'relayed' : 'direct'} path)`)

  await receiveNews(spoke)
  await measureRoundTrips(spoke)
  report('done', 'measured')
  return () => spoke.close()
})
