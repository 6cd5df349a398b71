// SPDX-License-Identifier: MIT
// What an endpoint answers to packets of no connection (RFC 9000, sections 6 and 10.3), and what it does under load.
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')

/** A long-header packet of a version that nobody speaks, from connection id 'source00' to 'target00'. */
function packetOfUnknownVersion(length) {
  const header = Buffer.from([
    0xc0,
    0xfa,
    0xce,
    0xb0,
    0x0c,
    8,
    ...Buffer.from('target00'),
    8,
    ...Buffer.from('source00')
  ])
  return Buffer.concat([header, Buffer.alloc(length - header.length)])
}

describe('Endpoint', () => {
  const { create } = useEndpoints()
  let socket

  beforeEach(() => {
    socket = dgram.createSocket('udp4')
  })
  afterEach(() => socket.close())

  /** A server, and a function that sends raw datagrams to it. */
  async function rawPeer(options) {
    const server = await create({ alpns: [alpn], ...options })
    const [address, port] = server.boundAddresses()[0].split(':')
    return { server, send: (bytes) => socket.send(bytes, Number(port), address) }
  }

  it('answers an unknown version with Version Negotiation', async () => {
    const { server, send } = await rawPeer()
    send(packetOfUnknownVersion(1200))
    const [answer] = await once(socket, 'message')
    assert.equal(answer[0] & 0x80, 0x80)
    assert.equal(answer.readUInt32BE(1), 0)
    assert.equal(answer.subarray(6, 14).toString(), 'source00')
    assert.equal(answer.subarray(15, 23).toString(), 'target00')
    const versions = Array.from({ length: (answer.length - 23) / 4 }, (_, index) => answer.readUInt32BE(23 + index * 4))
    assert.ok(versions.includes(1))
    assert.equal(server.metrics().versionNegotiationsSent, 1)
  })

  it('does not answer an unknown version in a packet too small to be real', async () => {
    const { server, send } = await rawPeer()
    send(packetOfUnknownVersion(100))
    await until(() => server.metrics().udpDatagramsReceived === 1)
    assert.equal(server.metrics().versionNegotiationsSent, 0)
    assert.equal(server.metrics().udpDatagramsSent, 0)
  })

  it('answers a packet of a forgotten connection with a smaller stateless reset', async () => {
    const { server, send } = await rawPeer()
    const packet = Buffer.concat([Buffer.from([0x41]), randomBytes(99)])
    send(packet)
    const [answer] = await once(socket, 'message')
    assert.equal(answer[0] & 0xc0, 0x40)
    assert.ok(answer.length >= 21 && answer.length < packet.length)
    assert.equal(server.metrics().statelessResetsSent, 1)
  })

  it('asks for proof of address (Retry) when many handshakes are in flight, and serves all', async () => {
    const server = await create({ alpns: [alpn], maxHandshakes: 40 })
    const clients = await Promise.all(Array.from({ length: 40 }, () => create()))
    await Promise.all(clients.map((client) => client.connect(server.addr(), alpn)))
    assert.ok(server.metrics().retriesSent > 0)
    await until(() => server.metrics().connectionsOpen === clients.length)
    assert.equal(server.metrics().handshakesInFlight, 0)
  })
})
