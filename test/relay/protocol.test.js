// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const protocol = require('../../lib/relay/protocol')
const { seededRandom } = require('../helpers/events')
const { FrameType, Status } = protocol

const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const idHex = '197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61' // of the seed 32 x 2a
const id = hex(idHex)
const signature = Buffer.alloc(64, 0x51)
const eight = Buffer.alloc(8, 0x2a)
const hello = Buffer.from('Hello World!')
const broken = { code: 'ERR_IROH_RELAY' }

describe('the relay protocol', () => {
  describe('.chooseSubprotocol', () => {
    const offers = [
      ['iroh-relay-v2, iroh-relay-v1', 'iroh-relay-v2'],
      ['iroh-relay-v1,iroh-relay-v2', 'iroh-relay-v2'],
      ['iroh-relay-v1', 'iroh-relay-v1'],
      ['something,  iroh-relay-v1 ', 'iroh-relay-v1'],
      ['iroh-relay-v3', null],
      ['iroh-relay-v', null],
      ['', null],
      [undefined, null]
    ]
    for (const [offered, chosen] of offers) {
      it(`takes ${chosen} of ${JSON.stringify(offered)}`, () => {
        assert.equal(protocol.chooseSubprotocol(offered), chosen)
      })
    }

    it('gives names whose version is known', () => {
      assert.equal(protocol.versionOf('iroh-relay-v2'), 2)
      assert.equal(protocol.versionOf('iroh-relay-v1'), 1)
      assert.equal(protocol.versionOf('iroh-relay-v3'), null)
    })
  })

  describe('frames of the relay', () => {
    const datagrams = { id, ecn: 3, segmentSize: 6, payload: hello }
    const frames = [
      [
        'challenge',
        protocol.encodeChallenge(hex('000102030405060708090a0b0c0d0e0f')),
        '00 000102030405060708090a0b0c0d0e0f',
        protocol.decodeRelayHandshake,
        { type: FrameType.CHALLENGE, challenge: hex('000102030405060708090a0b0c0d0e0f') }
      ],
      ['confirm', protocol.encodeConfirm(), '02', protocol.decodeRelayHandshake, { type: FrameType.CONFIRM }],
      [
        'deny',
        protocol.encodeDeny('not authorized'),
        '03 0e 6e6f7420617574686f72697a6564',
        protocol.decodeRelayHandshake,
        { type: FrameType.DENY, reason: 'not authorized' }
      ],
      [
        'datagram',
        protocol.encodeRecv({ id, ecn: 2, payload: hello }),
        `06 ${idHex} 02 48656c6c6f20576f726c6421`,
        protocol.decodeFromRelay,
        { type: FrameType.RECV, id, ecn: 2, segmentSize: 0, payload: hello }
      ],
      [
        'batch',
        protocol.encodeRecv(datagrams),
        `07 ${idHex} 03 0006 48656c6c6f20576f726c6421`,
        protocol.decodeFromRelay,
        { type: FrameType.RECV_BATCH, ...datagrams }
      ],
      ['gone', protocol.encodeGone(id), `08 ${idHex}`, protocol.decodeFromRelay, { type: FrameType.GONE, id }],
      [
        'ping',
        protocol.encodePing(eight),
        '09 2a2a2a2a2a2a2a2a',
        protocol.decodeFromRelay,
        { type: FrameType.PING, data: eight }
      ],
      [
        'pong',
        protocol.encodePong(eight),
        '0a 2a2a2a2a2a2a2a2a',
        protocol.decodeFromRelay,
        { type: FrameType.PONG, data: eight }
      ],
      [
        'restarting',
        protocol.encodeRestarting(10, 20),
        '0c 0000000a 00000014',
        protocol.decodeFromRelay,
        { type: FrameType.RESTARTING, reconnectInMs: 10, tryForMs: 20 }
      ],
      [
        'status',
        protocol.encodeStatus(Status.REPLACED),
        '0d 01',
        protocol.decodeFromRelay,
        { type: FrameType.STATUS, status: 1 }
      ]
    ]
    for (const [name, encoded, bytes, decode, decoded] of frames) {
      it(`writes and reads ${name}`, () => {
        assert.deepEqual(encoded, hex(bytes))
        assert.deepEqual(decode(encoded, 2), decoded)
      })
    }

    it('writes and reads health in version 1 alone, status in version 2 alone', () => {
      const health = protocol.encodeHealth('überlastet')
      assert.deepEqual(health, Buffer.concat([hex('0b'), Buffer.from('überlastet')]))
      assert.deepEqual(protocol.decodeFromRelay(health, 1), { type: FrameType.HEALTH, problem: 'überlastet' })
      assert.throws(() => protocol.decodeFromRelay(health, 2), broken)
      assert.throws(() => protocol.decodeFromRelay(protocol.encodeStatus(0), 1), broken)
    })

    it('takes a status it does not know, and more bytes behind one', () => {
      assert.deepEqual(protocol.decodeFromRelay(hex('0d c8 0102'), 2), { type: FrameType.STATUS, status: 200 })
    })

    it('writes and reads a long reason', () => {
      const frame = protocol.encodeDeny('x'.repeat(300))
      assert.deepEqual(frame.subarray(0, 4), hex('03 ac02 78'))
      assert.equal(protocol.decodeRelayHandshake(frame).reason, 'x'.repeat(300))
    })

    const bad = {
      'no bytes': '',
      'a type out of place': `04 ${idHex} 00 61`,
      'an unknown type': '3f',
      'a long form of a type': `4006 ${idHex} 00 61`,
      'a datagram without payload': `06 ${idHex} 00`,
      'a datagram without ECN': `06 ${idHex}`,
      'a batch without payload': `07 ${idHex} 00 0006`,
      'a short gone': `08 ${idHex.slice(2)}`,
      'a long gone': `08 ${idHex} 00`,
      'a short ping': '09 2a2a2a2a2a2a2a',
      'a long pong': '0a 2a2a2a2a2a2a2a2a2a',
      'a short restarting': '0c 0000000a 000000',
      'an empty status': '0d',
      'a frame of the handshake': '02'
    }
    for (const [name, bytes] of Object.entries(bad)) {
      it(`refuses ${name}`, () => assert.throws(() => protocol.decodeFromRelay(hex(bytes), 2), broken))
    }

    const badHandshake = {
      'a short challenge': '00 0001',
      'a long confirm': '02 00',
      'a deny without length': '03',
      'a deny shorter than its length': '03 02 61',
      'a deny longer than its length': '03 00 61',
      'a deny with an endless length': '03 ffffffffff',
      'a deny that is not UTF-8': '03 01 ff',
      'a frame of the session': '09 2a2a2a2a2a2a2a2a'
    }
    for (const [name, bytes] of Object.entries(badHandshake)) {
      it(`refuses ${name}`, () => assert.throws(() => protocol.decodeRelayHandshake(hex(bytes)), broken))
    }
  })

  describe('frames of the client', () => {
    it('writes and reads auth', () => {
      const frame = protocol.encodeAuth(id, signature)
      assert.deepEqual(frame, hex(`01 ${idHex} 40 ${'51'.repeat(64)}`))
      assert.deepEqual(protocol.decodeClientHandshake(frame), { type: FrameType.AUTH, publicKey: id, signature })
    })

    it('writes and reads a datagram and a batch', () => {
      const one = protocol.encodeSend({ id, payload: hello })
      assert.deepEqual(one, hex(`04 ${idHex} 00 48656c6c6f20576f726c6421`))
      assert.deepEqual(protocol.decodeFromClient(one), {
        type: FrameType.SEND,
        id,
        ecn: 0,
        segmentSize: 0,
        payload: hello
      })
      const many = protocol.encodeSend({ id, ecn: 1, segmentSize: 5, payload: hello })
      assert.deepEqual(many, hex(`05 ${idHex} 01 0005 48656c6c6f20576f726c6421`))
      assert.deepEqual(protocol.splitDatagrams(protocol.decodeFromClient(many)).map(String), ['Hello', ' Worl', 'd!'])
    })

    it('writes what fits in one segment as one datagram', () => {
      assert.equal(protocol.encodeSend({ id, segmentSize: 12, payload: hello })[0], FrameType.SEND)
    })

    it('reads a batch with segment size 0 as one datagram', () => {
      const frame = protocol.decodeFromClient(hex(`05 ${idHex} 00 0000 6162`))
      assert.deepEqual(protocol.splitDatagrams(frame).map(String), ['ab'])
    })

    it('reads ping and pong', () => {
      assert.deepEqual(protocol.decodeFromClient(protocol.encodePing(eight)).data, eight)
      assert.deepEqual(protocol.decodeFromClient(protocol.encodePong(eight)).data, eight)
    })

    it('holds the limits: 65536 bytes of frame to send, 65536 of body to receive', () => {
      const most = 65536 - protocol.DATAGRAM_HEADER
      assert.equal(protocol.encodeSend({ id, payload: Buffer.alloc(most) }).length, 65536)
      const invalid = { code: 'ERR_IROH_INVALID_ARGUMENT' }
      assert.throws(() => protocol.encodeSend({ id, payload: Buffer.alloc(most + 1) }), invalid)
      assert.throws(() => protocol.encodeSend({ id, segmentSize: 1200, payload: Buffer.alloc(most) }), invalid)
      assert.throws(() => protocol.encodeSend({ id, payload: Buffer.alloc(0) }), invalid)
      assert.throws(() => protocol.encodeSend({ id: id.subarray(1), payload: hello }), invalid)
      const largest = Buffer.concat([hex(`04 ${idHex} 00`), Buffer.alloc(65537 - 34)])
      assert.equal(protocol.decodeFromClient(largest).payload.length, 65537 - 34)
      assert.throws(() => protocol.decodeFromClient(Buffer.concat([largest, hex('00')])), broken)
    })

    const bad = {
      'no bytes': '',
      'a type of the relay': `06 ${idHex} 00 61`,
      'a gone': `08 ${idHex}`,
      'a status': '0d 00',
      'an auth after the handshake': `01 ${idHex} 40 ${'51'.repeat(64)}`,
      'a datagram without payload': `04 ${idHex} 00`,
      'a batch without payload': `05 ${idHex} 00 0001`
    }
    for (const [name, bytes] of Object.entries(bad)) {
      it(`refuses ${name}`, () => assert.throws(() => protocol.decodeFromClient(hex(bytes)), broken))
    }

    it('refuses an auth whose signature has another length', () => {
      assert.throws(() => protocol.decodeClientHandshake(hex(`01 ${idHex} 3f ${'51'.repeat(64)}`)), broken)
      assert.throws(() => protocol.decodeClientHandshake(hex(`01 ${idHex} 40 ${'51'.repeat(63)}`)), broken)
    })
  })

  it('reads any bytes, or refuses them with its own error', () => {
    const random = seededRandom(3)
    const decoders = [
      protocol.decodeRelayHandshake,
      protocol.decodeClientHandshake,
      protocol.decodeFromClient,
      (frame) => protocol.decodeFromRelay(frame, 1),
      (frame) => protocol.decodeFromRelay(frame, 2)
    ]
    for (let round = 0; round < 4000; round++) {
      const frame = Buffer.from(Array.from({ length: Math.floor(random() * 110) }, () => Math.floor(random() * 256)))
      if (frame.length > 0) frame[0] %= 16
      for (const decode of decoders) {
        try {
          decode(frame)
        } catch (error) {
          assert.equal(error.code, 'ERR_IROH_RELAY', error.stack)
        }
      }
    }
  })
})
