// SPDX-License-Identifier: MIT
// The reader of DNS messages: what others write, and what is written to make a reader work.
'use strict'

const assert = require('node:assert/strict')
const dnsPacket = require('dns-packet')
const { SecretKey } = require('event-target-iroh')
const { readRecords } = require('../../lib/discovery/records')
const { recordsOf, toZ32 } = require('../../lib/discovery/signed-packet')
const { TYPE } = require('../../lib/dns/codes')
const { DnsFormatError, readMessage, readName } = require('../../lib/dns/reader')
const { pointerTo, writeMessage, writeName, writeRecord, writeText } = require('../../lib/dns/writer')

const nodeId = SecretKey.fromBytes(Buffer.alloc(32, 0x2a)).nodeId()
const HEADER = 12

/** A message of these bytes behind a header that promises so much. */
function message(counts, ...parts) {
  const header = Buffer.alloc(HEADER)
  for (const [index, count] of counts.entries()) header.writeUInt16BE(count, 4 + 2 * index)
  return Buffer.concat([header, ...parts])
}

const uint16 = (value) => Buffer.of(value >> 8, value & 0xff)
/** Any record without its name: its length may be a lie. */
const body = (type, data, length = data.length) =>
  Buffer.concat([uint16(type), uint16(1), Buffer.alloc(4), uint16(length), data])
const ROOT = Buffer.alloc(1)
const read = (bytes, what) => readMessage(bytes).answers.map((record) => record[what])
const refuses = (bytes, what = 'name') =>
  assert.throws(() => read(bytes, what), DnsFormatError, bytes.toString('hex').slice(0, 80))

/**
 * A header that reads as a TXT record with a length beyond the end, and such a record behind it: dns-packet goes back to
 * the start for each of the records that are promised.
 */
function bomb(length, counts) {
  const bytes = Buffer.alloc(length)
  bytes[2] = 0x10
  for (const [index, count] of counts.entries()) bytes.writeUInt16BE(count, 4 + 2 * index)
  bytes[14] = TYPE.TXT
  bytes.writeUInt16BE(0x7fff, HEADER + 9)
  return bytes
}

describe('A DNS message', () => {
  it('of another writer is read', () => {
    const service = { port: 7, target: 'Host.Example' }
    const bytes = dnsPacket.encode({
      type: 'response',
      questions: [{ type: 'TXT', name: 'A.example' }],
      answers: [
        { type: 'TXT', name: 'a.example', data: ['one', Buffer.alloc(0), 'two'] },
        { type: 'SRV', name: 'b.example', data: service },
        { type: 'NS', name: 'c.example', data: 'ns.example' }
      ],
      authorities: [{ type: 'TXT', name: '.', data: 'x' }],
      additionals: [
        { type: 'A', name: 'host.example', data: '192.0.2.1' },
        { type: 'AAAA', name: 'host.example', data: '2001:db8::1' }
      ]
    })
    const { isResponse, questions, answers, authorities, additionals } = readMessage(bytes)
    assert.equal(isResponse, true)
    assert.deepEqual([questions[0].type, questions[0].name], [TYPE.TXT, 'a.example'])
    assert.deepEqual(
      answers.map(({ name }) => name),
      ['a.example', 'b.example', 'c.example']
    )
    assert.equal(answers[0].text, 'onetwo')
    assert.deepEqual(answers[1].service, { port: 7, target: 'host.example' })
    assert.equal(authorities[0].name, '')
    assert.deepEqual(
      additionals.map(({ address }) => address),
      ['192.0.2.1', '2001:db8::1']
    )
  })

  it('that is written is read by another reader', () => {
    const owner = writeName('a.example')
    const bytes = writeMessage({
      id: 7,
      answers: [
        writeRecord(owner, TYPE.TXT, 30, writeText('x'.repeat(300))),
        writeRecord(pointerTo(HEADER), TYPE.TXT, 30, writeText(''))
      ]
    })
    const { id, answers } = dnsPacket.decode(bytes)
    assert.equal(id, 7)
    assert.deepEqual(
      answers.map(({ name, ttl, data }) => [name, ttl, Buffer.concat(data).toString()]),
      [
        ['a.example', 30, 'x'.repeat(300)],
        ['a.example', 30, '']
      ]
    )
  })

  it('that promises more than it has is refused before anything is read', () => {
    const record = Buffer.concat([ROOT, body(TYPE.TXT, Buffer.of(0))])
    for (const section of [1, 2, 3]) {
      for (const count of [2, 100, 0xffff]) {
        const counts = [0, 0, 0, 0]
        counts[section] = count
        assert.throws(() => readMessage(message(counts, record)), /promises more/)
      }
    }
    assert.throws(() => readMessage(message([0xffff, 0, 0, 0], Buffer.alloc(100))), /promises more/)
    assert.throws(() => readMessage(message([0xffff, 0xffff, 0xffff, 0xffff], Buffer.alloc(60_000))), /promises more/)
    assert.throws(() => readMessage(message([3, 4, 0, 0], Buffer.alloc(58))), /promises more/)
  })

  it('that sends other readers back to its start is refused', () => {
    for (const counts of [
      [0, 0xffff, 0xffff, 0xffff],
      [0, 0, 0x7f, 0],
      [0, 0, 0, 0xff00],
      [0, 1, 0, 0],
      [0, 80, 0, 0]
    ]) {
      for (const length of [1000, 1472]) {
        assert.throws(() => readMessage(bomb(length, counts)), DnsFormatError)
        assert.throws(() => recordsOf(nodeId, bomb(length, counts)), { code: 'ERR_IROH_DISCOVERY' })
      }
    }
  })

  it('whose record goes on beyond the end is refused, of whatever type it is', () => {
    for (let type = 0; type <= 260; type++) {
      for (const length of [1, 100, 0x7fff, 0xffff]) {
        refuses(message([0, 1, 0, 0], ROOT, body(type, Buffer.alloc(0), length)))
      }
      assert.deepEqual(read(message([0, 1, 0, 0], ROOT, body(type, Buffer.alloc(20))), 'name'), [''])
    }
  })

  it('cut at any byte is refused', () => {
    const whole = dnsPacket.encode({
      type: 'response',
      questions: [{ type: 'TXT', name: 'a.example' }],
      answers: [{ type: 'SRV', name: 'b.example', data: { port: 7, target: 'host.example' } }]
    })
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => readMessage(whole.subarray(0, length)), DnsFormatError, `${length}`)
    }
  })

  describe('names', () => {
    const at = (offset) => pointerTo(offset)
    const named = (name) => message([0, 1, 0, 0], name, body(TYPE.TXT, Buffer.of(0)))

    it('point strictly backwards, and not into the header', () => {
      for (const target of [0, 5, 11, 12, 13, 14, 20, 0x3fff]) refuses(named(at(target)))
      refuses(named(Buffer.concat([Buffer.of(1, 0x61), at(12)]))) // to its own start
      refuses(named(Buffer.concat([Buffer.of(1, 0x61), at(14)]))) // to itself
    })

    it('that point to each other have no end, and are refused', () => {
      const data = Buffer.concat([at(27), at(25)]) // at 24: forward to 27, …
      const bytes = message(
        [0, 2, 0, 0],
        ROOT,
        body(TYPE.TXT, Buffer.concat([Buffer.of(3), data])),
        at(25),
        body(16, ROOT)
      )
      refuses(bytes)
    })

    it('are followed through many pointers as long as they go back', () => {
      const start = HEADER + 1 + 10
      const steps = [Buffer.concat([Buffer.of(1, 0x61), ROOT])]
      for (let n = 0; n < 20; n++) steps.push(at(start + (n === 0 ? 0 : 3 + 2 * (n - 1))))
      const chain = Buffer.concat(steps)
      const last = start + 3 + 2 * 19
      const bytes = message([0, 2, 0, 0], ROOT, body(99, chain), at(last), body(TYPE.TXT, Buffer.of(0)))
      assert.deepEqual(read(bytes, 'name'), ['', 'a'])
    })

    it('have at most 255 bytes, 63 a label, and no labels of other kinds', () => {
      const label = (length) => Buffer.concat([Buffer.of(length), Buffer.alloc(length, 0x61)])
      assert.equal(
        read(named(Buffer.concat([label(63), label(63), label(63), label(61), ROOT])), 'name')[0].length,
        253
      )
      refuses(named(Buffer.concat([label(63), label(63), label(63), label(62), ROOT])))
      for (const first of [0x40, 0x7f, 0x80, 0xbf]) refuses(named(Buffer.concat([Buffer.of(first), Buffer.alloc(200)])))
    })

    it('are not mixed up when a label has a dot in it', () => {
      assert.deepEqual(read(named(Buffer.from('\x03a.b\0', 'latin1')), 'name'), ['a\\.b'])
      const dotted = Buffer.from(`\x3a_iroh.${toZ32(nodeId)}\0`, 'latin1')
      const text = Buffer.from('\x10addr=192.0.2.1:7', 'latin1')
      assert.deepEqual(recordsOf(nodeId, message([0, 1, 0, 0], dotted, body(TYPE.TXT, text))), [])
    })

    it('of a whole message stand for a bounded multiple of its bytes', () => {
      const label = Buffer.concat([Buffer.of(1), Buffer.from('a')])
      const long = Buffer.concat([...Array(127).fill(label), ROOT])
      const first = Buffer.concat([long, body(TYPE.TXT, Buffer.of(0))])
      const others = Array(90).fill(Buffer.concat([at(HEADER), body(TYPE.TXT, Buffer.of(0))]))
      const bytes = message([0, 91, 0, 0], first, ...others)
      const { answers } = readMessage(bytes)
      let size = 0
      assert.throws(() => {
        for (const { name } of answers) size += name.length
      }, /stand for too much/)
      assert.ok(size <= 16 * bytes.length)
      assert.throws(() => recordsOf(nodeId, bytes), { code: 'ERR_IROH_DISCOVERY' })
    })

    it('that nobody asks for cost nothing', () => {
      const hostile = Buffer.concat([at(HEADER), body(TYPE.TXT, Buffer.of(0))])
      const { answers } = readMessage(message([0, 100, 0, 0], ...Array(100).fill(hostile)))
      assert.equal(answers.length, 100)
      assert.throws(() => answers[50].name, DnsFormatError)
    })

    it('end where what they belong to ends', () => {
      const target = Buffer.concat([Buffer.alloc(6), Buffer.from('\x04host', 'latin1')])
      const bytes = message([0, 2, 0, 0], ROOT, body(TYPE.SRV, target), ROOT, body(TYPE.SRV, target))
      refuses(bytes, 'service')
      assert.throws(() => readName(Buffer.from('\x04hos', 'latin1'), 0), DnsFormatError)
    })
  })

  describe('contents', () => {
    const of = (type, data) => message([0, 2, 0, 0], ROOT, body(type, data), ROOT, body(type, Buffer.alloc(300, 1)))

    it('are read within their record alone', () => {
      for (const text of [Buffer.of(1), Buffer.of(255, 1), Buffer.of(0, 0, 9), Buffer.of(1, 1, 2, 1)]) {
        assert.throws(() => readMessage(of(TYPE.TXT, text)).answers[0].text, DnsFormatError)
      }
      for (const length of [0, 3, 5, 15, 17]) {
        assert.throws(() => readMessage(of(TYPE.A, Buffer.alloc(length))).answers[0].address, DnsFormatError)
      }
      for (const length of [0, 5, 6]) {
        assert.throws(() => readMessage(of(TYPE.SRV, Buffer.alloc(length))).answers[0].service, DnsFormatError)
      }
    })

    it('of many empty strings are one empty text', () => {
      assert.equal(readMessage(of(TYPE.TXT, Buffer.alloc(60_000))).answers[0].text, '')
    })
  })
})

describe('Records of a hostile packet', () => {
  it('are at most as much as the packet has bytes', () => {
    const owner = writeName(`_iroh.${toZ32(nodeId)}`)
    const first = writeRecord(owner, TYPE.TXT, 30, writeText('addr=192.0.2.1:7'))
    const others = Array(40).fill(writeRecord(pointerTo(HEADER), TYPE.TXT, 30, writeText('addr=1.1.1.1:1')))
    const dns = writeMessage({ answers: [first, ...others] })
    const texts = recordsOf(nodeId, dns)
    assert.equal(texts.length, 41)
    assert.ok(texts.join('').length < dns.length)
    assert.deepEqual(readRecords(texts).directAddresses, ['192.0.2.1:7', '1.1.1.1:1'])
  })
})
