// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { answerQuic } = require('../../../lib/relay/server/quic-answer')
const { answerBinding } = require('../../../lib/stun/answer')
const { seededRandom, until } = require('../../helpers/events')
const { useRelays } = require('../../helpers/raw-relay-client')

const hex = (text) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const from = { address: '192.0.2.1', port: 32853 }

// RFC 5769, sections 2.1 to 2.3
const transaction = 'b7e7a701bc34d686fa87dfae'
const sampleRequest = hex(`
  00010058 2112a442 ${transaction} 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff 80290008 932ff9b1
  51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`)
const mappedIPv4 = '00200008 0001a147 e112a643'
const mappedIPv6 = '00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9'

const plainRequest = hex(`00010000 2112a442 ${transaction}`)

describe('STUN', () => {
  it('tells where a request came from', () => {
    assert.deepEqual(answerBinding(plainRequest, from), hex(`0101000c 2112a442 ${transaction} ${mappedIPv4}`))
    const from6 = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 }
    assert.deepEqual(answerBinding(plainRequest, from6), hex(`01010018 2112a442 ${transaction} ${mappedIPv6}`))
    const short = answerBinding(plainRequest, { address: 'fe80::1%lo', port: 1 })
    assert.equal(short.length, 44)
  })

  it('answers a fingerprint with a fingerprint', () => {
    const request = hex(`00010008 2112a442 ${transaction} 80280004 00000000`)
    assert.equal(answerBinding(request, from), null) // a wrong one
    const fingerprint = answerBinding(sampleRequest, from).subarray(-8)
    assert.deepEqual(fingerprint.subarray(0, 4), hex('80280004'))
  })

  it('takes a request apart, and names what it must understand and does not', () => {
    const answer = answerBinding(sampleRequest, from)
    const body = '00090004 00000414 000a0002 00240000' // 420, PRIORITY
    assert.deepEqual(answer.subarray(0, -8), hex(`01110018 2112a442 ${transaction} ${body}`))
    const broken = Buffer.from(sampleRequest)
    broken[30] ^= 1
    assert.equal(answerBinding(broken, from), null)
  })

  const ignored = {
    nothing: '',
    'a response': `0101000c 2112a442 ${transaction} ${mappedIPv4}`,
    'an error': `01110000 2112a442 ${transaction}`,
    'an indication': `00110000 2112a442 ${transaction}`,
    'another method': `00030000 2112a442 ${transaction}`,
    'another cookie': `00010000 2112a443 ${transaction}`,
    'a wrong length': `00010004 2112a442 ${transaction}`,
    'an odd length': `00010001 2112a442 ${transaction} 00`,
    'a long attribute': `00010004 2112a442 ${transaction} 80220004`,
    'more behind a fingerprint': `00010010 2112a442 ${transaction} 80280004 00000000 80220000 80220000`
  }
  for (const [name, bytes] of Object.entries(ignored)) {
    it(`ignores ${name}`, () => assert.equal(answerBinding(hex(bytes), from), null))
  }

  it('survives any bytes', () => {
    const random = seededRandom(1)
    for (let round = 0; round < 20000; round++) {
      const message = Buffer.from(sampleRequest.subarray(0, 20 + 4 * Math.floor(random() * 23)))
      for (let flips = Math.floor(random() * 4); flips > 0; flips--) {
        message[Math.floor(random() * message.length)] = Math.floor(random() * 256)
      }
      if (random() < 0.5) message.writeUInt16BE(message.length - 20, 2)
      const answer = answerBinding(message, from)
      assert.ok(answer === null || answer.length <= message.length + 36)
    }
  })
})

describe('the answer to QUIC', () => {
  /** A packet with a long header, padded as an Initial is. */
  function longHeader({ version = '00000001', dcid = '0102030405060708', scid = 'a1a2a3', length = 1200 } = {}) {
    const cid = (bytes) => `${(bytes.length / 2).toString(16).padStart(2, '0')}${bytes}`
    return Buffer.concat([hex(`c0 ${version} ${cid(dcid)} ${cid(scid)}`), Buffer.alloc(length)], length)
  }

  it('is Version Negotiation with the connection ids swapped', () => {
    assert.deepEqual(answerQuic(longHeader()), hex('c0 00000000 03 a1a2a3 08 0102030405060708 1a2a3a4a'))
    assert.deepEqual(answerQuic(longHeader({ dcid: '', scid: '' })), hex('c0 00000000 00 00 1a2a3a4a'))
    const longest = 'ff'.repeat(20)
    assert.equal(answerQuic(longHeader({ dcid: longest, scid: longest })).length, 51)
  })

  it('never names the version that was asked for', () => {
    assert.deepEqual(answerQuic(longHeader({ version: '1a2a3a4a' })).subarray(-4), hex('2a3a4a5a'))
  })

  it('is not given to anything else', () => {
    assert.equal(answerQuic(Buffer.alloc(0)), null)
    assert.equal(answerQuic(longHeader({ length: 1199 })), null)
    assert.equal(answerQuic(longHeader({ version: '00000000' })), null)
    assert.equal(answerQuic(longHeader({ dcid: 'ff'.repeat(21) })), null)
    assert.equal(answerQuic(longHeader({ scid: 'ff'.repeat(21) })), null)
    assert.equal(answerQuic(Buffer.alloc(1200, 0x40)), null)
  })

  it('survives any bytes', () => {
    const random = seededRandom(2)
    for (let round = 0; round < 5000; round++) {
      const packet = Buffer.alloc(1200, 0xff)
      for (let at = 0; at < 60; at++) packet[at] = Math.floor(random() * 256)
      const answer = answerQuic(packet)
      assert.ok(answer === null || answer.length <= 51)
    }
  })
})

describe("a relay's UDP ports", () => {
  const { listen } = useRelays()
  let socket
  beforeEach(async () => {
    socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })
  afterEach(() => socket.close())

  async function ask(message, port) {
    socket.send(message, port, '127.0.0.1')
    const [answer] = await once(socket, 'message')
    return answer
  }

  for (const host of ['127.0.0.1', '::']) {
    it(`answer STUN and QUIC at ${host}`, async () => {
      const { ports } = await listen({ host, stunPort: 0, quicPort: 0 })
      const where = { address: '127.0.0.1', port: socket.address().port }
      assert.deepEqual(await ask(plainRequest, ports.stun), answerBinding(plainRequest, where))
      const initial = Buffer.alloc(1200, 0xc1)
      initial[5] = initial[6] = 0
      assert.deepEqual(await ask(initial, ports.quic), answerQuic(initial))
    })
  }

  it('ignore what is neither, and who asks too often', async () => {
    const relay = await listen({ stunPort: 0, limits: { udpPerSecondPerIp: 5 } })
    socket.send('hello', relay.ports.stun, '127.0.0.1')
    await until(() => relay.metrics().udpIgnored === 1)
    for (let sent = 0; sent < 10; sent++) socket.send(plainRequest, relay.ports.stun, '127.0.0.1')
    await until(() => relay.metrics().stunAnswered + relay.metrics().udpRateLimited === 10)
    assert.ok(relay.metrics().stunAnswered <= 5)
  })

  it('can be left out', async () => {
    const { ports } = await listen()
    assert.deepEqual([ports.stun, ports.quic, ports.metrics, ports.http], [null, null, null, null])
  })
})
