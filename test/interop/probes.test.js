// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { NetReport } = require('../../lib/net-report')
const { createRealEndpoint } = require('../helpers/real-iroh.js')

/** What a probe of ours (docs/design/disco.md) looks like to whoever cannot open it. */
function probe(length) {
  const magic = Buffer.from('a900000000ff6401', 'hex')
  return Buffer.concat([magic, crypto.randomBytes(length - magic.length)])
}

/** A client's first packet in a version nobody speaks: it must be answered with Version Negotiation to `source`. */
function unknownVersion(source) {
  const header = Buffer.from('c01a2a3a4a08', 'hex')
  const packet = Buffer.concat([header, crypto.randomBytes(8), Buffer.from([source.length]), source])
  return Buffer.concat([packet, Buffer.alloc(1200 - packet.length)])
}

describe('a real iroh node and our probes', () => {
  let real, socket
  beforeEach(async () => {
    real = await createRealEndpoint({ alpns: ['test/0'] })
    socket = dgram.createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })
  afterEach(async () => {
    socket.close()
    await real.close()
  })

  it('answers none, and answers QUIC as before', async () => {
    const [host, port] = real.addr().directAddresses[0].split(':')
    const send = (packet) => new Promise((resolve) => socket.send(packet, Number(port), host, resolve))
    const first = once(socket, 'message')
    for (const length of [151, 742]) {
      for (let i = 0; i < 20; i++) await send(probe(length))
    }
    const source = crypto.randomBytes(8)
    await send(unknownVersion(source))
    const [answer] = await first
    assert.equal(answer.readUInt32BE(1), 0, 'the first answer is the Version Negotiation')
    assert.deepEqual(answer.subarray(6, 14), source)
  })

  it('answers what a net report asks over QUIC', async () => {
    const quicPort = Number(real.addr().directAddresses[0].split(':')[1])
    const { udpV4, relays } = await new NetReport({ relays: [{ url: 'http://127.0.0.1:9', stunPort: 0, quicPort }] })
      .result
    assert.equal(udpV4, true)
    assert.ok(relays[0].quicRttMs > 0)
  })
})
