// SPDX-License-Identifier: MIT
// createPubSub of @graphql-yoga/subscription at both ends of a connection: publish here, subscribe there.
//
// prints: room-1: Ada says hello
// prints: room-1: Ada says goodbye
'use strict'

const { createPubSub } = require('@graphql-yoga/subscription')
const { createHub, createSpoke, pubsubEventTarget } = require('event-target-iroh')

const endpointOptions = { bindAddress: '127.0.0.1:0', preset: 'minimal' } // this host only

async function main() {
  const hub = await createHub({ endpointOptions })
  const arrived = new Promise((resolve) => hub.on('spoke', resolve))
  const spoke = await createSpoke({ hub: hub.endpoint.addr(), endpointOptions, reconnect: false })

  const here = createPubSub({ eventTarget: pubsubEventTarget(await arrived) })
  const there = createPubSub({ eventTarget: pubsubEventTarget(spoke) })

  const messages = there.subscribe('message', 'room-1')
  here.publish('message', 'room-1', { from: 'Ada', text: 'hello' })
  here.publish('message', 'room-2', { from: 'Ada', text: 'nobody hears this' })
  here.publish('message', 'room-1', { from: 'Ada', text: 'goodbye' })

  for await (const { from, text } of messages) {
    console.log(`room-1: ${from} says ${text}`)
    if (text === 'goodbye') break
  }
  await spoke.close()
  await hub.close()
}

main()
