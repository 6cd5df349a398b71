// SPDX-License-Identifier: MIT
// Our endpoints and real iroh nodes, over a relay of ours.
'use strict'

const assert = require('node:assert/strict')
const { createHubIrohEventTarget, createSpokeIrohEventTarget } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent, until } = require('../helpers/events.js')
const { createRealEndpoint, RealFrames } = require('../helpers/real-iroh.js')
const { UdpProxy } = require('../helpers/udp-proxy.js')

describe('A real iroh node over our relay', () => {
  const { create } = useEndpoints()
  const open = []
  let relay

  beforeEach(async () => {
    relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 })
  })

  afterEach(async () => {
    await Promise.all(open.splice(0).map((node) => node.close()))
    await relay.close()
  })

  async function bothOnline() {
    const iroh = await createRealEndpoint({ alpns: [alpn], relayUrl: relay.url })
    open.push(iroh)
    const ours = await create({ alpns: [alpn], relays: [relay.url] })
    await Promise.all([iroh.online(), ours.online()])
    return { iroh, ours }
  }

  it('is dialled by us with nothing but its relay, and exchanges envelopes', async () => {
    const { iroh, ours } = await bothOnline()
    const peer = { nodeId: iroh.nodeId(), relayUrl: relay.url }
    const [near, far] = await Promise.all([ours.connect(peer, alpn), iroh.accept()])
    assert.equal(near.remoteNodeId(), iroh.nodeId())
    assert.equal(near.paths()[0].isRelay, true)
    const target = await createSpokeIrohEventTarget(near)
    target.send({ type: 'hello', payload: 'x'.repeat(100_000) })
    const frames = new RealFrames(await far.acceptBi())
    assert.equal((await frames.read()).payload.length, 100_000)
    const answer = nextEvent(target, 'answer')
    await frames.write({ type: 'answer', payload: 'y'.repeat(100_000) })
    assert.equal((await answer).detail.payload.length, 100_000)
  })

  it('dials us with nothing but our relay, and exchanges envelopes', async () => {
    const { iroh, ours } = await bothOnline()
    const peer = { nodeId: ours.nodeId(), relayUrl: relay.url }
    const [near, far] = await Promise.all([ours.accept(), iroh.connect(peer, alpn)])
    assert.equal(near.remoteNodeId(), iroh.nodeId())
    const frames = new RealFrames(await far.openBi())
    const written = frames.write({ type: 'hello' })
    const target = await createHubIrohEventTarget(near)
    await nextEvent(target, 'hello')
    await written
    target.send({ type: 'answer', payload: [1, 2, 3] })
    assert.deepEqual(await frames.read(), { type: 'answer', payload: [1, 2, 3] })
  })

  it('is moved by us to its address once that answers, and back when it falls silent', async () => {
    const { iroh, ours } = await bothOnline()
    const proxy = await UdpProxy.open(iroh.addr().directAddresses[0])
    open.push(proxy)
    proxy.blocked = true
    const peer = { nodeId: iroh.nodeId(), relayUrl: relay.url, directAddresses: [proxy.address] }
    const [near, far] = await Promise.all([ours.connect(peer, alpn), iroh.accept()])
    assert.equal(near.paths()[0].isRelay, true)
    const target = await createSpokeIrohEventTarget(near)
    target.send({ type: 'relayed' })
    const frames = new RealFrames(await far.acceptBi())
    assert.deepEqual(await frames.read(), { type: 'relayed' })

    proxy.blocked = false
    await until(() => !near.paths()[0].isRelay)
    assert.equal(near.paths()[0].remoteAddress, proxy.address)
    target.send({ type: 'direct', payload: 'x'.repeat(100_000) })
    assert.equal((await frames.read()).payload.length, 100_000)

    proxy.blocked = true
    target.send({ type: 'relayed again' })
    assert.deepEqual(await frames.read(), { type: 'relayed again' })
    assert.equal(near.paths()[0].isRelay, true)
  })
})
