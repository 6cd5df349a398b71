// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { createPubSub } = require('@graphql-yoga/subscription')
const { createHub, pubsubEventTarget } = require('event-target-iroh')
const { useChildren } = require('../helpers/child.js')
const { local } = require('../helpers/endpoints.js')

describe('pubsubEventTarget', () => {
  const startChild = useChildren()

  it('lets createPubSub() publish in one process and subscribe in the other, both ways', async () => {
    const hub = await createHub({ endpointOptions: local })
    const arrived = new Promise((resolve) => hub.on('spoke', resolve))
    const child = startChild(path.join(__dirname, '../helpers/children/pubsub-spoke.js'))
    child.send({ hub: hub.endpoint.addr() })
    const pubSub = createPubSub({ eventTarget: pubsubEventTarget(await arrived) })
    assert.equal(await child.message(), 'subscribed')

    const echoes = pubSub.subscribe('echo', 'room-1')
    pubSub.publish('message', 'room-1', { text: 'Grüße' })
    pubSub.publish('message', 'room-2', { text: 'not subscribed' })
    pubSub.publish('announcement', { text: 'to all' })
    assert.deepEqual((await echoes.next()).value, { topic: 'message:room-1', payload: { text: 'Grüße' } })
    assert.deepEqual((await echoes.next()).value, { topic: 'announcement', payload: { text: 'to all' } })
    await echoes.return()

    child.disconnect()
    assert.equal((await child.ended).code, 0)
    await hub.close()
  })
})
