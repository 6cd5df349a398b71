// SPDX-License-Identifier: MIT
// The far side of test/slow-reader.test.js: stands still, with its event loop blocked, before it reads on.
'use strict'

const { createSpoke } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async ({ hub, pauseMs }) => {
  const spoke = await createSpoke({ hub, endpointOptions: local, alpn: 'slow/1', reconnect: false })
  let received = 0
  let inOrder = true
  spoke.addEventListener('item', ({ detail: { payload } }) => {
    inOrder &&= payload.index === received
    received++
  })
  spoke.addEventListener('last', () => process.send({ received, inOrder }))
  process.send('pausing', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs))
  process.once('disconnect', () => spoke.close())
})
