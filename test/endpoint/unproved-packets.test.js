// SPDX-License-Identifier: MIT
// Packets with a connection's id that its peer has not sealed: anybody who has seen one can make them.
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const { createHubIrohEventTarget, createSpokeIrohEventTarget, SecretKey } = require('event-target-iroh')
const protocol = require('../../lib/relay/protocol')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent, until } = require('../helpers/events.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')

const { FrameType } = protocol

/** Whether it is a QUIC packet with a short header, and no probe of ours. */
const hasShortHeader = (datagram) => (datagram[0] & 0xc0) === 0x40 && datagram.toString('latin1', 0, 2) !== 'TS'

/** A packet for the same connection as `packet`, of junk. */
const junkLike = (packet) => Buffer.concat([packet.subarray(0, 9), randomBytes(40)])

describe('A packet that does not open', () => {
  const { create } = useEndpoints()
  const { listen } = useFakeRelays()
  /** Both ends of a connection over a fake relay. What dials has no IPv4, and what accepts no IPv6. */
  async function connect() {
    const relay = await listen()
    const server = await create({ alpns: [alpn], relays: [relay.url] })
    const client = await create({ relays: [relay.url], bindAddress: '[::1]:0' })
    await Promise.all([server.online(), client.online()])
    const peer = { nodeId: server.nodeId(), relayUrl: relay.url, directAddresses: [] }
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(peer, alpn)])
    const [hub, spoke] = await Promise.all([createHubIrohEventTarget(accepted), createSpokeIrohEventTarget(dialled)])
    const sessionOf = (endpoint) => relay.sessions.findLast(({ nodeId }) => nodeId === endpoint.nodeId())
    return { server, client, hub, spoke, sessionOf }
  }

  it('does not take an accepted connection away from its relay', async () => {
    const { server, client, hub, spoke, sessionOf } = await connect()
    const ofClient = sessionOf(client)
      .framesOf(FrameType.SEND)
      .map(({ payload }) => payload)
    const stranger = Buffer.from(SecretKey.generate().nodeId(), 'hex')
    const before = server.metrics()
    sessionOf(server).send(protocol.encodeRecv({ id: stranger, payload: junkLike(ofClient.findLast(hasShortHeader)) }))
    await until(() => server.metrics().udpDatagramsReceived > before.udpDatagramsReceived)
    for (let round = 0; round < 5; round++) {
      const arrived = [nextEvent(hub, 'up'), nextEvent(spoke, 'down')]
      spoke.send({ type: 'up' })
      hub.send({ type: 'down' })
      await Promise.all(arrived)
    }
    assert.equal(server.metrics().pathMigrations, before.pathMigrations)
  })
})
