// SPDX-License-Identifier: MIT
// The far side of test/connection/slow-reader.test.js: at the first event it stands still, with its event loop blocked.
'use strict'

const { createSpoke } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async ({ hub, pauseMs }) => {
  const spoke = await createSpoke({ hub, endpointOptions: local, alpn: 'slow/1', reconnect: false })
  let received = 0
  let inOrder = true
  spoke.addEventListener('item', ({ detail: { payload } }) => {
    if (received === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    inOrder &&= payload.index === received
    received++
  })
  spoke.addEventListener('last', () => process.send({ received, inOrder }))
  process.once('disconnect', () => spoke.close())
})
