// SPDX-License-Identifier: MIT
// What gossip writes and reads in JavaScript: names of topics, and where a peer is.
'use strict'

const assert = require('node:assert/strict')
const util = require('node:util')
const { TopicId } = require('event-target-iroh')
const { decodeAddrInfo, encodeAddrInfo } = require('../../lib/gossip/addr-info')
const { RandomTickets } = require('../helpers/random-tickets.js')

const nodeId = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
const bytes = (hex) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

describe('TopicId', () => {
  it('is the same for a name however its letters are put together', () => {
    const [composed, decomposed] = ['NFC', 'NFD'].map((form) => TopicId.fromName('café'.normalize(form)))
    assert.ok(composed.equals(decomposed))
    assert.ok(!composed.equals(TopicId.fromName('cafe')))
  })

  const hex = 'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f'

  it('of a name is BLAKE3 of its UTF-8, the same everywhere', () => {
    assert.equal(TopicId.fromName('hello').toString(), hex)
    assert.ok(TopicId.fromName('Grüße').equals(TopicId.fromName(Buffer.from('Grüße').toString())))
    assert.ok(!TopicId.fromName('hello').equals(TopicId.fromName('hello ')))
  })

  it('is read in hex and base32 of either case, and written in hex', () => {
    const topic = TopicId.parse(hex)
    const text = topic.toBase32()
    assert.match(text, /^[a-z2-7]{52}$/)
    for (const form of [hex, hex.toUpperCase(), text, text.toUpperCase()]) {
      assert.equal(TopicId.parse(form).toString(), hex)
      assert.ok(topic.equals(form))
    }
    assert.equal(JSON.stringify({ topic }), `{"topic":"${hex}"}`)
    assert.equal(util.inspect(topic), `TopicId(${hex})`)
  })

  it('keeps bytes of its own', () => {
    const given = Buffer.alloc(32, 1)
    const topic = TopicId.fromBytes(given)
    given.fill(2)
    topic.toBytes().fill(3)
    assert.deepEqual(topic.toBytes(), Buffer.alloc(32, 1))
    assert.equal(TopicId.from(topic), topic)
    assert.ok(topic.equals(new Uint8Array(32).fill(1)))
  })

  it('is another each time it is made at random', () => {
    assert.ok(!TopicId.random().equals(TopicId.random()))
  })

  it('is refused when it is none', () => {
    const loose = `${TopicId.parse(hex).toBase32().slice(0, -1)}b` // bits that stand for nothing
    const none = [
      '',
      'zz',
      hex.slice(1),
      `${hex}00`,
      loose,
      'ſ'.repeat(52),
      Buffer.alloc(31),
      Array(32).fill(0),
      7,
      null
    ]
    for (const value of none) {
      assert.throws(() => TopicId.from(value), { code: 'ERR_IROH_INVALID_ARGUMENT' }, util.inspect(value))
    }
    for (const name of ['', undefined, Buffer.from('a')]) {
      assert.throws(() => TopicId.fromName(name), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
  })
})

describe('the addresses of a gossip peer', () => {
  const relayUrl = 'https://relay.example./'
  const known = [
    [{ directAddresses: [] }, '00 00'],
    [{ directAddresses: ['127.0.0.1:5000'] }, '00 01 00 7f000001 8827'],
    [
      { directAddresses: ['192.0.2.1:4433', '[2001:db8::1]:4433'], relayUrl },
      `01 17 68747470733a2f2f72656c61792e6578616d706c652e2f 02
       00 c0000201 d122 01 20010db8000000000000000000000001 d122`.replace(/\s+/g, '')
    ]
  ]

  for (const [nodeAddr, hex] of known) {
    it(`are written as iroh-gossip does and read again: ${JSON.stringify(nodeAddr)}`, () => {
      assert.equal(encodeAddrInfo(nodeAddr).toString('hex'), bytes(hex).toString('hex'))
      assert.deepEqual(decodeAddrInfo(bytes(hex), nodeId), { nodeId, ...nodeAddr })
    })
  }

  it('are sorted, each once, and without those that nobody has', () => {
    const directAddresses = [
      '[2001:db8::1]:1',
      '10.0.0.2:9',
      '0.0.0.0:1',
      '10.0.0.2:9',
      '10.0.0.1:9',
      '10.0.0.1:0',
      '[ff02::1]:1'
    ]
    const read = decodeAddrInfo(encodeAddrInfo({ directAddresses }), nodeId)
    assert.deepEqual(read, { nodeId, directAddresses: ['10.0.0.1:9', '10.0.0.2:9', '[2001:db8::1]:1'] })
    const told = bytes('00 03 00 00000000 8827 00 7f000001 00 00 0a000001 09')
    assert.deepEqual(decodeAddrInfo(told, nodeId)?.directAddresses, ['10.0.0.1:9'])
  })

  it('take 256 bytes at most: the later ones are left out, the relay last', () => {
    const six = Array.from({ length: 40 }, (_, index) => `[2001:db8::${index + 1}]:4433`)
    const full = encodeAddrInfo({ relayUrl, directAddresses: [...six.slice(0, 11), '10.0.0.1:9', ...six.slice(11)] })
    assert.equal(full.length, 241) // another IPv6 address takes 19
    const read = decodeAddrInfo(full, nodeId)
    assert.equal(read.relayUrl, relayUrl)
    assert.deepEqual(read.directAddresses, ['10.0.0.1:9', ...six.slice(0, 11)])
    const long = encodeAddrInfo({
      relayUrl: `https://${'a'.repeat(60)}.example/${'b'.repeat(300)}`,
      directAddresses: six
    })
    assert.equal(decodeAddrInfo(long, nodeId).relayUrl, undefined)
    assert.equal(decodeAddrInfo(long, nodeId).directAddresses.length, 13)
  })

  it('of no bytes are none, and bytes behind them are ignored', () => {
    assert.deepEqual(decodeAddrInfo(Buffer.alloc(0), nodeId), { nodeId, directAddresses: [] })
    assert.deepEqual(decodeAddrInfo(bytes('00 00 ff'), nodeId), { nodeId, directAddresses: [] })
  })

  it('are null when they are malformed, whatever is in them', () => {
    const whole = encodeAddrInfo({ relayUrl, directAddresses: ['192.0.2.1:4433', '[2001:db8::1]:4433'] })
    for (let length = 1; length < whole.length; length++) {
      assert.equal(decodeAddrInfo(whole.subarray(0, length), nodeId), null)
    }
    const bad = [
      '02 00', // neither a relay nor none
      '00 01 02 7f000001 8827', // no family of addresses
      '00 01 00 7f000001 808004', // a port above 65535
      '01 03 666f6f 00', // no URL
      '01 04 ffffffff 00', // no UTF-8
      '01 ffffffff0f 61', // longer than it is
      '00 ffffffffffffffffff01'
    ]
    for (const hex of bad) assert.equal(decodeAddrInfo(bytes(hex), nodeId), null, hex)
    assert.equal(decodeAddrInfo(Buffer.alloc(257), nodeId), null)
    const random = new RandomTickets(3)
    for (let index = 0; index < 5_000; index++) {
      const noise = Buffer.from(whole)
      for (let hit = 0; hit <= index % 4; hit++) noise[random.below(noise.length)] = random.below(256)
      const read = decodeAddrInfo(noise, nodeId)
      if (read) assert.deepEqual(decodeAddrInfo(encodeAddrInfo(read), nodeId), read)
    }
  })
})
