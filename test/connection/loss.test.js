// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { MixedEvents } = require('../helpers/mixed-events.js')
const { UdpProxy } = require('../helpers/udp-proxy.js')
const { createHubIrohEventTarget, createSpokeIrohEventTarget } = require('event-target-iroh')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent, until } = require('../helpers/events.js')

describe('a bad network', () => {
  const { create } = useEndpoints()
  let proxy
  afterEach(() => proxy.close())

  /** Both ends as event targets, with the proxy between them. */
  async function targetsThrough(odds) {
    const server = await create({ alpns: [alpn] })
    const client = await create()
    proxy = await UdpProxy.open(server.boundAddresses()[0], odds)
    const peer = { nodeId: server.nodeId(), directAddresses: [proxy.address] }
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(peer, alpn)])
    const [hub, spoke] = await Promise.all([createHubIrohEventTarget(accepted), createSpokeIrohEventTarget(dialled)])
    return { server, hub, spoke, accepted }
  }

  const networks = {
    '1 % loss': { loss: 0.01, seed: 11 },
    '5 % loss': { loss: 0.05, seed: 12 },
    '10 % reordering': { reorder: 0.1, seed: 13 },
    '10 % duplication': { duplicate: 0.1, seed: 14 },
    'all of them': { loss: 0.05, reorder: 0.05, duplicate: 0.05, seed: 15 }
  }
  for (const [what, odds] of Object.entries(networks)) {
    it(`with ${what} loses nothing and keeps the order`, async () => {
      const { hub, spoke } = await targetsThrough(odds)
      const count = 5000
      await Promise.all([
        new MixedEvents(1, count).receive(hub),
        new MixedEvents(1, count).send(spoke),
        new MixedEvents(2, count).receive(spoke),
        new MixedEvents(2, count).send(hub)
      ])
      for (const [kind, count] of Object.entries(proxy.counts)) {
        if (odds[{ lost: 'loss', reordered: 'reorder', duplicated: 'duplicate' }[kind]]) assert.ok(count > 0, kind)
      }
    })
  }

  it('that swallows everything is asked more often than keep-alives would, so that its return is noticed', async () => {
    const server = await create({ alpns: [alpn], keepAliveMs: 0 })
    const client = await create({ keepAliveMs: 2500 })
    proxy = await UdpProxy.open(server.boundAddresses()[0])
    const peer = { nodeId: server.nodeId(), directAddresses: [proxy.address] }
    const [dialled] = await Promise.all([client.connect(peer, alpn), server.accept()])
    proxy.blocked = true
    const before = proxy.counts.lost
    await until(() => proxy.counts.lost >= before + 9) // keep-alives alone take longer than this test may
    proxy.blocked = false
    const { forwarded } = proxy.counts
    await until(() => proxy.counts.forwarded >= forwarded + 2)
    assert.equal(dialled.closeReason(), null)
  })

  it('that gives the dialler another port is followed by migration', async () => {
    const { server, hub, spoke, accepted } = await targetsThrough()
    const before = accepted.paths()[0].remoteAddress
    for (let round = 0; round < 5; round++) {
      await proxy.rebind()
      const there = nextEvent(hub, 'ping')
      spoke.send({ type: 'ping', payload: round })
      await there
      const back = nextEvent(spoke, 'pong')
      hub.send({ type: 'pong', payload: round })
      await back
    }
    assert.notEqual(accepted.paths()[0].remoteAddress, before)
    assert.ok(server.metrics().pathMigrations >= 1)
  })
})
