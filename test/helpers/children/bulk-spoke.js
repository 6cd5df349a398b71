// SPDX-License-Identifier: MIT
// The far side of test/event-target/bulk-order.test.js.
'use strict'

const { createSpoke } = require('event-target-iroh')
const { local } = require('../endpoints.js')
const { MixedEvents } = require('../mixed-events.js')

process.once('message', async ({ hub, count }) => {
  const spoke = await createSpoke({ hub, endpointOptions: local, alpn: 'bulk/1', reconnect: false })
  await Promise.all([new MixedEvents(1, count).receive(spoke), new MixedEvents(2, count).send(spoke)])
  process.send({ received: count })
  process.once('disconnect', () => spoke.close())
})
