// SPDX-License-Identifier: MIT
// A GraphQL server whose subscriptions are a hub's events: GraphQL Yoga, over a spoke. Told { hub }, says { port }; told
// anything else, says { maxHeap }: bytes of heap and of buffers, the most there were.
'use strict'

const http = require('node:http')
const { createPubSub, createSchema, createYoga } = require('graphql-yoga')
const { createSpoke, pubsubEventTarget } = require('event-target-iroh')
const { local } = require('../endpoints.js')

const typeDefs = /* GraphQL */ `
  type Query {
    hello: String
  }
  type Tick {
    n: Int!
    text: String
  }
  type Subscription {
    tick(room: ID!): Tick
  }
`

let maxHeap = 0
setInterval(() => {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  maxHeap = Math.max(maxHeap, heapUsed + arrayBuffers)
}, 50).unref()

async function serve({ hub, pubsubOptions }) {
  const spoke = await createSpoke({ hub, endpointOptions: local })
  const pubSub = createPubSub({ eventTarget: pubsubEventTarget(spoke, pubsubOptions) })
  const subscribe = (_root, { room }) => {
    const ticks = pubSub.subscribe('tick', room)
    spoke.send({ type: 'subscribed', id: room })
    return ticks
  }
  const resolvers = { Subscription: { tick: { subscribe, resolve: (tick) => tick } } }
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false })
  const server = http.createServer(yoga)
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

process.on('message', (message) => {
  if (message.hub) serve(message)
  else process.send({ maxHeap })
})
process.once('disconnect', () => process.exit())
