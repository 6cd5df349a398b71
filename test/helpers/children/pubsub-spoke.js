// SPDX-License-Identifier: MIT
// The far side of test/pubsub/pubsub.test.js: subscribes to two topics and publishes what it hears.
'use strict'

const { createPubSub } = require('@graphql-yoga/subscription')
const { createSpoke, pubsubEventTarget } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async ({ hub }) => {
  const spoke = await createSpoke({ hub, endpointOptions: local, reconnect: false })
  const pubSub = createPubSub({ eventTarget: pubsubEventTarget(spoke) })
  const echo = async (topic, values) => {
    for await (const payload of values) pubSub.publish('echo', 'room-1', { topic, payload })
  }
  const subscriptions = [pubSub.subscribe('message', 'room-1'), pubSub.subscribe('announcement')]
  echo('message:room-1', subscriptions[0])
  echo('announcement', subscriptions[1])
  process.send('subscribed')
  process.once('disconnect', async () => {
    await Promise.all(subscriptions.map((subscription) => subscription.return()))
    await spoke.close()
  })
})
