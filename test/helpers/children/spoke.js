// SPDX-License-Identifier: MIT
// The far side of test/hub/hub-and-spoke.test.js: echoes, adds numbers, and tells how it was closed.
'use strict'

const { createSpoke } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async ({ hub, secretKey }) => {
  const spoke = await createSpoke({ hub, endpointOptions: { ...local, secretKey }, reconnect: false })
  spoke.addEventListener('say', ({ detail }) => spoke.send({ type: 'echo', payload: detail.payload }))
  spoke.addEventListener('call.requested', ({ detail: { payload } }) => {
    const sum = payload.numbers.reduce((total, number) => total + number, 0)
    const detail = { type: 'call.responded', id: payload.requestId, payload: sum }
    spoke.dispatchEvent(new CustomEvent(`call.responded:${payload.requestId}`, { detail }))
  })
  spoke.addEventListener('close', ({ kind }) => {
    if (process.connected) process.send({ closed: kind }, () => process.disconnect())
  })
  process.once('disconnect', () => spoke.close())
  process.once('message', () => process.exit(0))
  process.send({ nodeId: spoke.endpoint.nodeId() })
})
