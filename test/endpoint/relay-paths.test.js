// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { createHubIrohEventTarget, createSpokeIrohEventTarget } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { nextDetails, nextEvent, until } = require('../helpers/events.js')
const { UdpProxy } = require('../helpers/udp-proxy.js')

const EVENTS = 2000

describe('A relayed connection', () => {
  const { create } = useEndpoints()
  const open = []

  afterEach(async () => {
    for (const thing of open.splice(0)) await thing.close()
  })

  async function openRelay() {
    const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 })
    open.push(relay)
    return relay
  }

  /** A relay whose second STUN port is the one after the first, as it is at the well-known port. */
  async function openStunPair() {
    for (;;) {
      const first = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 })
      const { stun } = first.ports
      await first.close()
      const ports = { port: 0, stunPort: stun, stunAltPort: stun + 1, quicPort: 0 }
      const relay = await RelayServer.listen({ host: '127.0.0.1', ...ports }).catch(() => null)
      if (!relay) continue // another program has one of the two
      open.push(relay)
      return relay
    }
  }

  /** Two endpoints online at one relay, and both ends of a connection dialled at `addrOf(server)`. */
  async function connectOver(relay, addrOf, options) {
    const server = await create({ alpns: [alpn], relays: [relay.url] })
    const client = await create({ relays: [relay.url], ...options })
    const seen = []
    client.on('network', (event) => seen.push(event))
    await Promise.all([server.online(), client.online()])
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(await addrOf(server), alpn)])
    return { server, client, accepted, dialled, seen }
  }

  function relayOnly(server) {
    const { nodeId, relayUrl } = server.addr()
    return { nodeId, relayUrl }
  }

  async function targetsOf({ accepted, dialled }) {
    const [hub, spoke] = await Promise.all([createHubIrohEventTarget(accepted), createSpokeIrohEventTarget(dialled)])
    return { hub, spoke }
  }

  /** Sends numbered events one way and checks that they arrive whole and in order. */
  async function checkEvents(from, to, type) {
    const arrived = nextDetails(to, type, EVENTS)
    for (let n = 0; n < EVENTS; n++) from.send({ type, payload: n })
    const details = await arrived
    assert.deepEqual(
      details.map(({ payload }) => payload),
      Array.from({ length: EVENTS }, (_, n) => n)
    )
  }

  it('is made with nothing but a NodeId and a relay, and carries events both ways', async () => {
    const relay = await openRelay()
    const pair = await connectOver(relay, relayOnly)
    const [{ isRelay, remoteAddress }] = pair.dialled.paths()
    assert.deepEqual({ isRelay, remoteAddress }, { isRelay: true, remoteAddress: relay.url })
    const { hub, spoke } = await targetsOf(pair)
    await Promise.all([checkEvents(spoke, hub, 'up'), checkEvents(hub, spoke, 'down')])
  })

  it('tells its close code and reason over the relay', async () => {
    const relay = await openRelay()
    const { accepted, dialled } = await connectOver(relay, relayOnly)
    dialled.close(7, 'enough')
    const { kind, code, reason } = await accepted.closed()
    assert.deepEqual({ kind, code, reason }, { kind: 'application-closed', code: 7, reason: 'enough' })
  })

  it('finds a direct path by itself and moves there, and loses nothing', async () => {
    const relay = await openRelay()
    const pair = await connectOver(relay, relayOnly)
    const { hub, spoke } = await targetsOf(pair)
    const moving = [pair.dialled, pair.accepted].map((connection) => until(() => !connection.paths()[0].isRelay))
    await Promise.all([checkEvents(spoke, hub, 'up'), checkEvents(hub, spoke, 'down'), ...moving])
    assert.deepEqual([pair.dialled.paths()[0].remoteAddress], pair.server.addr().directAddresses)
    await Promise.all([checkEvents(spoke, hub, 'up-direct'), checkEvents(hub, spoke, 'down-direct')])
    assert.ok(pair.client.metrics().probesSent > 0)
    const [remoteAddress] = pair.server.addr().directAddresses
    const of = (type) => pair.seen.find((event) => event.type === type && event.remoteAddress === remoteAddress)
    assert.equal(of('probe').nodeId, pair.server.nodeId())
    assert.ok(of('probe').rttMs > 0)
    assert.ok(of('candidate') && of('path'))
  })

  it('moves to the quicker one of two direct paths', async () => {
    const relay = await openRelay()
    const proxies = []
    // The dialler has no IPv4, so that it sees the other side through the proxies only.
    const pair = await connectOver(
      relay,
      async (server) => {
        for (let n = 0; n < 2; n++) {
          proxies.push(await UdpProxy.open(server.boundAddresses()[0], { type: 'udp6' }))
          open.push(proxies[n])
        }
        proxies[1].delayMs = 60
        return { ...relayOnly(server), directAddresses: proxies.map(({ address }) => address) }
      },
      { bindAddress: '[::1]:0' }
    )
    const remote = () => pair.dialled.paths()[0].remoteAddress
    await until(() => remote() === proxies[0].address)
    proxies[0].delayMs = 80
    proxies[1].delayMs = 0
    await until(() => remote() === proxies[1].address)
    const { hub, spoke } = await targetsOf(pair)
    await Promise.all([checkEvents(spoke, hub, 'up'), checkEvents(hub, spoke, 'down')])
    assert.equal(remote(), proxies[1].address)
    assert.deepEqual(pair.dialled.paths()[0].localAddress, pair.client.boundAddresses()[0])
  })

  it('asks a lone relay at both STUN ports what the NAT does', async () => {
    const relay = await openStunPair()
    await create({ alpns: [alpn], relays: [{ url: relay.url, stunPort: relay.ports.stun }] })
    await until(() => relay.metrics().stunAnswered >= 2)
  })

  it('survives a restart of its relay', async () => {
    const first = await openRelay()
    const pair = await connectOver(first, relayOnly)
    const { hub, spoke } = await targetsOf(pair)
    await checkEvents(spoke, hub, 'before')
    const port = Number(new URL(first.url).port)
    open.splice(open.indexOf(first), 1)
    await first.close()
    const arrived = nextEvent(hub, 'after')
    spoke.send({ type: 'after' })
    open.push(await RelayServer.listen({ host: '127.0.0.1', port, stunPort: 0, quicPort: 0 }))
    await arrived
    await checkEvents(hub, spoke, 'back')
  })

  it('is made both ways between two whose relays differ', async () => {
    const [nearRelay, farRelay] = await Promise.all([openRelay(), openRelay()])
    // No address family in common: they stay relayed.
    const near = await create({ alpns: [alpn], relays: [nearRelay.url], bindAddress: '[::1]:0' })
    const far = await create({ alpns: [alpn], relays: [farRelay.url] })
    await Promise.all([near.online(), far.online()])
    const [there] = await Promise.all([
      near.connect({ nodeId: far.nodeId(), relayUrl: farRelay.url }, alpn),
      far.accept()
    ])
    // What `far` has for the relay of `near` goes where it has heard it.
    const [back] = await Promise.all([
      far.connect({ nodeId: near.nodeId(), relayUrl: nearRelay.url }, alpn),
      near.accept()
    ])
    assert.deepEqual(
      [there, back].map((connection) => connection.paths()[0].isRelay),
      [true, true]
    )
  })

  it('is chosen or left out as the addresses say', async () => {
    const relay = await openRelay()
    const { dialled } = await connectOver(relay, (server) => server.addr())
    await until(() => !dialled.paths()[0].isRelay)
    const alone = await create()
    await assert.rejects(alone.connect({ nodeId: dialled.remoteNodeId(), relayUrl: relay.url }, alpn), {
      code: 'ERR_IROH_NO_ADDRESS'
    })
  })
})
