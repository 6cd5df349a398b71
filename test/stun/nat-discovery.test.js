// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { answerBinding } = require('../../lib/stun/answer')
const {
  Attribute,
  MessageType,
  attribute,
  readAddress,
  readErrorCode,
  readMessage,
  writeMessage
} = require('../../lib/stun/message')
const { until } = require('../helpers/events')
const { useRelays } = require('../helpers/raw-relay-client')

const transaction = Buffer.alloc(12, 9)
const from = { address: '192.0.2.1', port: 32853 }
const server = { host: '192.0.2.10', port: 3478, otherPort: 3479 }

const change = (flags) => attribute(Attribute.CHANGE_REQUEST, Buffer.of(0, 0, 0, flags))
const toPort = (port) => attribute(Attribute.RESPONSE_PORT, Buffer.of(port >> 8, port & 0xff, 0, 0))
const software = (length) => attribute(Attribute.SOFTWARE, Buffer.alloc(length, 0x20))
const request = (...attributes) => writeMessage(MessageType.BINDING_REQUEST, transaction, attributes)

function addressesIn(bytes) {
  const { attributes } = readMessage(bytes)
  return [Attribute.RESPONSE_ORIGIN, Attribute.OTHER_ADDRESS].map((type) => readAddress(attributes.get(type)))
}

describe('NAT behaviour discovery (RFC 5780)', () => {
  it('tells the second port to who asks for it with a request that is long enough', () => {
    const long = request(change(0), software(32))
    const answer = answerBinding(long, from, server)
    assert.ok(answer.length <= long.length)
    assert.deepEqual(addressesIn(answer), [
      { address: '192.0.2.10', port: 3478 },
      { address: '192.0.2.10', port: 3479 }
    ])
    assert.deepEqual(readAddress(readMessage(answer).attributes.get(Attribute.XOR_MAPPED_ADDRESS), transaction), from)
    for (const short of [request(), request(software(400)), request(change(0))]) {
      assert.deepEqual(addressesIn(answerBinding(short, from, server)), [null, null])
    }
  })

  it('gives the unspecified address where it does not know which was asked', () => {
    const long = request(change(0), software(64))
    const addressOf = (host, address) =>
      addressesIn(answerBinding(long, { address, port: 1 }, { ...server, host }))[1].address
    assert.equal(addressOf('::', '192.0.2.1'), '0.0.0.0')
    assert.equal(addressOf('::', '2001:db8::1'), '::')
    assert.equal(addressOf('2001:db8::10', '2001:db8::1'), '2001:db8::10')
  })

  it('answers from the second port, and to another one', () => {
    const { bytes, ...way } = answerBinding(request(change(2), toPort(40000)), from, server)
    assert.deepEqual(way, { port: 40000, isFromOther: true })
    assert.equal(readMessage(bytes).type, MessageType.BINDING_SUCCESS)
    const back = answerBinding(request(toPort(40000)), from, { ...server, otherPort: null })
    assert.deepEqual([back.port, back.isFromOther], [40000, false])
  })

  const refused = {
    'another address': [request(change(4)), server],
    'another address and port': [request(change(6)), server],
    'a second port that is not there': [request(change(2)), { ...server, otherPort: null }],
    'anything of it without a server': [request(change(0)), undefined]
  }
  for (const [name, [message, where]] of Object.entries(refused)) {
    it(`refuses ${name} with 420`, () => {
      const { type, attributes } = readMessage(answerBinding(message, from, where))
      assert.equal(type, MessageType.BINDING_ERROR)
      assert.equal(readErrorCode(attributes.get(Attribute.ERROR_CODE)), 420)
      assert.deepEqual(attributes.get(Attribute.UNKNOWN_ATTRIBUTES), Buffer.of(0, 3))
    })
  }

  it('ignores what is malformed', () => {
    assert.equal(answerBinding(request(attribute(Attribute.CHANGE_REQUEST, Buffer.of(2))), from, server), null)
    assert.equal(answerBinding(request(toPort(0)), from, server), null)
    assert.equal(answerBinding(request(attribute(Attribute.RESPONSE_PORT, Buffer.of(1))), from, server), null)
  })

  describe('at a relay', () => {
    const { listen } = useRelays()
    let sockets
    beforeEach(async () => {
      sockets = [1, 2].map(() => dgram.createSocket('udp4').bind(0, '127.0.0.1'))
      await Promise.all(sockets.map((socket) => once(socket, 'listening')))
    })
    afterEach(() => {
      for (const socket of sockets) socket.close()
    })

    it('is served by two ports', async () => {
      const { ports } = await listen({ stunPort: 0 })
      const [near, far] = sockets
      near.send(request(change(2), toPort(far.address().port)), ports.stun, '127.0.0.1')
      assert.equal((await once(far, 'message'))[1].port, ports.stunAlt)
      near.send(request(change(2)), ports.stunAlt, '127.0.0.1')
      assert.equal((await once(near, 'message'))[1].port, ports.stun)
    })

    it('counts towards the limit of answers', async () => {
      const relay = await listen({ stunPort: 0, limits: { udpPerSecondPerIp: 5 } })
      for (let sent = 0; sent < 10; sent++) sockets[0].send(request(change(2)), relay.ports.stun, '127.0.0.1')
      await until(() => relay.metrics().stunAnswered + relay.metrics().udpRateLimited === 10)
      assert.ok(relay.metrics().stunAnswered <= 5)
    })

    it('can be left out, and takes a port that is given', async () => {
      assert.equal((await listen({ stunPort: 0, stunAltPort: false })).ports.stunAlt, null)
      assert.equal((await listen({ stunPort: false, stunAltPort: 0 })).ports.stunAlt, null)
      const { ports } = await listen({ stunPort: 0, stunAltPort: 0 })
      await assert.rejects(listen({ stunPort: 0, stunAltPort: ports.stunAlt }), { code: 'ERR_IROH_ADDRESS_IN_USE' })
    })
  })
})
