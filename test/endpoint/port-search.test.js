// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')
const { OUTSIDE, useFakeStun } = require('../helpers/fake-stun.js')

/** Sockets of one search, and of all searches of an endpoint at a time. */
const SOCKETS = 256
const MAX_SOCKETS = 512
/** Of the main socket: more than it sends while the three searches run. */
const MORE_PINGS = 48
/** Where the endpoint that searches is bound to. */
const OWN = '127.0.0.2'

/** The NAT of a peer that lets nothing in: notes from which sockets it was asked. */
async function openNat(open, address = OUTSIDE) {
  const socket = dgram.createSocket('udp4')
  const senders = new Set()
  socket.on('message', (_bytes, from) => senders.add(`${from.address}:${from.port}`))
  socket.bind(0, address)
  await once(socket, 'listening')
  open.push(socket)
  return { senders, address, port: socket.address().port }
}

describe('The search for a port', () => {
  const { create } = useEndpoints()
  const listenStun = useFakeStun()
  const open = []

  afterEach(async () => {
    for (const thing of open.splice(0)) await thing.close()
  })

  async function openRelay() {
    const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 })
    open.push(relay)
    return relay
  }

  /** An endpoint whose NAT gives each destination a random port. */
  async function createSearcher(relay) {
    const [first, second] = await Promise.all(
      [5000, 60000].map((port) => listenStun('127.0.0.1', { mapped: () => ({ address: OUTSIDE, port }) }))
    )
    const relays = [{ url: relay.url, stunPort: first.port, quicPort: 0 }, second.relay]
    const searcher = await create({ alpns: [alpn], bindAddress: `${OWN}:0`, relays })
    await Promise.all([searcher.online(), until(() => first.asked.length > 0 && second.asked.length > 0)])
    return searcher
  }

  /** An endpoint that cannot be reached from IPv4, though a STUN server says so. */
  async function createPeer(relay, nat) {
    const stun = await listenStun('::1', { mapped: () => ({ address: nat.address, port: nat.port }) })
    const peer = await create({ bindAddress: '[::1]:0', relays: [{ url: relay.url, quicPort: 0 }, stun.relay] })
    await Promise.all([peer.online(), until(() => stun.asked.length > 0)])
    return peer
  }

  it('opens its sockets at the address that the endpoint is bound to', async () => {
    const [relay, nat] = await Promise.all([openRelay(), openNat(open)])
    const [searcher, peer] = await Promise.all([createSearcher(relay), createPeer(relay, nat)])
    await peer.connect({ nodeId: searcher.nodeId(), relayUrl: relay.url }, alpn)
    await until(() => nat.senders.size >= SOCKETS)
    const elsewhere = [...nat.senders].filter((sender) => !sender.startsWith(`${OWN}:`))
    assert.deepEqual(elsewhere, [])
  })

  it('has a bound on the sockets of an endpoint, whatever the number of peers', async () => {
    const relay = await openRelay()
    // Of three networks: the searches of one have a bound of their own.
    const nats = await Promise.all([1, 2, 3].map((network) => openNat(open, `127.7.${network}.1`)))
    const searcher = await createSearcher(relay)
    const peers = await Promise.all(nats.map((nat) => createPeer(relay, nat)))
    await Promise.all(peers.map((peer) => peer.connect({ nodeId: searcher.nodeId(), relayUrl: relay.url }, alpn)))
    const asked = () => nats.reduce((sum, { senders }) => sum + senders.size, 0)
    // Beyond its bound the endpoint sends only from sockets that it has: more pings from the main one.
    await until(() => asked() >= MAX_SOCKETS && searcher.metrics().probesSent >= MAX_SOCKETS + MORE_PINGS)
    assert.ok(asked() <= MAX_SOCKETS + nats.length, `${asked()} sockets`)
  })
})
