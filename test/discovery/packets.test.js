// SPDX-License-Identifier: MIT
// z-base-32, TXT records and signed packets, against vectors and hostile bytes.
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const dnsPacket = require('dns-packet')
const { SecretKey } = require('event-target-iroh')
const { base32, zBase32 } = require('../../lib/base/base32')
const { isPeerAddress, readRecords, writeRecords } = require('../../lib/discovery/records')
const { hexOfZ32, isNewer, openPacket, recordsOf, signPacket, toZ32 } = require('../../lib/discovery/signed-packet')

const key = SecretKey.fromBytes(Buffer.alloc(32, 0x2a))
const nodeId = key.nodeId()
const z32 = 'df9sse9bp1nuftim3yhxiuk6w6r5hddsskjygpydux7esxjstioo'
/** Made by another encoder, which names the owner of the second record by a pointer; checked by another pkarr library. */
const vector = {
  timestamp: 1700000000000000n,
  dns: Buffer.from(
    '000080000000000200000000055f69726f6834646639737365396270316e756674696d3379687869756b367736723568646473736b6a79677079647578376573786a7374696f6f00001000010000001e00212072656c61793d68747470733a2f2f72656c61792e6578616d706c652e636f6d2fc00c001000010000001e000d0c757365722d646174613d6869',
    'hex'
  ),
  signature: Buffer.from(
    'dfb2e372cbb2d48696ea0d9722e00b432f570ce03161b875a253ad11c5b9e910e92aa8d6709b4a3103fe894a2b95987bd36ccc2318be51842615bdab223b120b',
    'hex'
  )
}

function packetOf({ timestamp, dns, signature }) {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(timestamp)
  return Buffer.concat([signature, time, dns])
}

const bad = { code: 'ERR_IROH_DISCOVERY' }

describe('base 32', () => {
  it('is that of RFC 4648, section 10', () => {
    for (const [plain, text] of [
      ['', ''],
      ['f', 'my'],
      ['fo', 'mzxq'],
      ['foo', 'mzxw6'],
      ['foobar', 'mzxw6ytboi']
    ]) {
      assert.equal(base32.encode(Buffer.from(plain)), text)
      assert.equal(base32.decode(text).toString(), plain)
    }
  })

  it('brings back whatever it is given', () => {
    for (let length = 0; length < 70; length++) {
      const bytes = crypto.randomBytes(length)
      for (const kind of [base32, zBase32]) assert.deepEqual(kind.decode(kind.encode(bytes)), bytes)
    }
  })

  it('says what is wrong', () => {
    assert.throws(() => base32.decode('m1'), /character 2 .*"1"/)
    assert.throws(() => base32.decode('mzx'), /cannot have 3 characters/)
    assert.throws(() => base32.decode('mz'), /bits that are not zero/)
  })
})

describe('z-base-32 of a NodeId', () => {
  it('is as pkarr has it, both ways', () => {
    assert.equal(toZ32(nodeId), z32)
    assert.equal(hexOfZ32(z32), nodeId)
  })

  it('is null for what is none', () => {
    for (const text of [
      '',
      z32.slice(1),
      `${z32}y`,
      z32.replace('d', 'l'),
      z32.toUpperCase(),
      `${z32.slice(0, 51)}b`
    ]) {
      assert.equal(hexOfZ32(text), null, text)
    }
  })
})

describe('TXT records', () => {
  it('are one for the relay and one for each address', () => {
    const addr = { relayUrl: 'https://relay.example.com/', directAddresses: ['192.0.2.1:7', '[2001:db8::1]:8'] }
    const records = ['relay=https://relay.example.com/', 'addr=192.0.2.1:7', 'addr=[2001:db8::1]:8']
    assert.deepEqual(writeRecords(addr), records)
    assert.deepEqual(readRecords(records), addr)
    assert.deepEqual(readRecords([]), { directAddresses: [] })
  })

  it('are read as far as they are understood', () => {
    const odd = ['relay=nonsense', 'relay=https://a.example/?a=1', 'relay=https://b.example/', 'addr=1.2.3.4', 'addr=']
    const more = ['what=ever', 'none', 'user-data=hi', 'user-data=ho', 'addr=1.2.3.4:5=6', 'addr=1.2.3.4:5']
    assert.deepEqual(readRecords([...odd, ...more]), {
      relayUrl: 'https://a.example/?a',
      directAddresses: ['1.2.3.4:5'],
      userData: 'hi'
    })
    const many = Array.from({ length: 100 }, (_, port) => `addr=192.0.2.1:${port + 1}`)
    assert.equal(readRecords(many).directAddresses.length, 32)
  })
})

describe('An address that others tell', () => {
  it('is of one host, and has a port', () => {
    for (const text of ['192.0.2.1:1', '127.0.0.1:65535', '[2001:db8::1]:7', '[fe80::1]:7', '[::1]:7']) {
      assert.equal(isPeerAddress(text), true, text)
    }
    const none = ['', 'a.example:7', '192.0.2.1', '192.0.2.1:0', '0.0.0.0:7', '224.0.0.251:7', '255.255.255.255:7']
    for (const text of [...none, '[::]:7', '[ff02::fb]:7', '[fe80::1%eth0]:7', '[::ffff:224.0.0.1]:7', 'NaN.1.1.1:7']) {
      assert.equal(isPeerAddress(text), false, text)
    }
  })
})

describe('A signed packet', () => {
  it('of another encoder is read', () => {
    const opened = openPacket(nodeId, packetOf(vector))
    assert.equal(opened.timestamp, vector.timestamp)
    assert.deepEqual(recordsOf(nodeId, opened.dns), ['relay=https://relay.example.com/', 'user-data=hi'])
    assert.deepEqual(
      key.sign(Buffer.concat([Buffer.from(`3:seqi1700000000000000e1:v${vector.dns.length}:`), vector.dns])),
      vector.signature
    )
  })

  it('is, byte for byte, what that encoder makes', () => {
    const packet = signPacket(key, ['relay=https://relay.example.com/', 'user-data=hi'], vector.timestamp)
    assert.deepEqual(packet, packetOf(vector))
  })

  it('holds a relay and twenty addresses', () => {
    const addresses = Array.from({ length: 20 }, (_, n) => `addr=203.0.113.${100 + n}:50000`)
    const records = ['relay=https://relay.example.com/', ...addresses]
    assert.deepEqual(recordsOf(nodeId, openPacket(nodeId, signPacket(key, records, 5n)).dns), records)
  })

  it('whose message is cut short has no records', () => {
    for (let length = 0; length < vector.dns.length; length++) {
      assert.throws(() => recordsOf(nodeId, vector.dns.subarray(0, length)), bad, `${length}`)
    }
  })

  it('brings its records back, and leaves out what does not fit', () => {
    const few = ['relay=https://relay.example.com/', 'addr=192.0.2.1:7']
    const opened = openPacket(nodeId, signPacket(key, few, 5n))
    assert.deepEqual([opened.timestamp, recordsOf(nodeId, opened.dns)], [5n, few])
    const many = [
      'relay=https://relay.example.com/',
      'x'.repeat(256),
      ...Array.from({ length: 60 }, (_, n) => `addr=192.0.2.1:${n}`)
    ]
    const packet = signPacket(key, many, 6n)
    const kept = recordsOf(nodeId, openPacket(nodeId, packet).dns)
    assert.ok(packet.length <= 1072 && kept.length > 5)
    assert.deepEqual(kept, many.filter((record) => record.length < 256).slice(0, kept.length))
  })

  it('of another key, changed in one bit, cut or too long is refused', () => {
    const packet = signPacket(key, ['relay=https://relay.example.com/'], 5n)
    assert.throws(() => openPacket(SecretKey.generate().nodeId(), packet), bad)
    for (let bit = 0; bit < packet.length * 8; bit += 37) {
      const changed = Buffer.from(packet)
      changed[bit >> 3] ^= 1 << (bit & 7)
      assert.throws(() => openPacket(nodeId, changed), bad)
    }
    for (const length of [0, 1, 64, 72, packet.length - 1])
      assert.throws(() => openPacket(nodeId, packet.subarray(0, length)), bad)
    assert.throws(() => openPacket(nodeId, Buffer.concat([packet, Buffer.alloc(1000)])), bad)
  })

  it('may hold anything under its signature', () => {
    for (let round = 0; round < 2000; round++) {
      const dns = Buffer.from(vector.dns)
      for (let n = 0; n <= round % 5; n++) dns[crypto.randomInt(dns.length)] = crypto.randomInt(256)
      try {
        for (const record of recordsOf(nodeId, dns.subarray(0, crypto.randomInt(dns.length + 1))))
          assert.equal(typeof record, 'string')
      } catch (error) {
        assert.equal(error.code, 'ERR_IROH_DISCOVERY')
      }
    }
  })

  it('counts only records under _iroh of its own key', () => {
    const answer = (name, data) => ({ type: 'TXT', name, data })
    const dns = dnsPacket.encode({
      type: 'response',
      answers: [
        answer('_iroh.other', 'addr=1.1.1.1:1'),
        answer(z32, 'addr=2.2.2.2:2'),
        answer(`_iroh.${z32}`, ['addr=3.3.', '3.3:3'])
      ]
    })
    assert.deepEqual(recordsOf(nodeId, dns), ['addr=3.3.3.3:3'])
  })

  it('is newer by its time, else by its bytes', () => {
    const make = (timestamp, text) => ({ timestamp, dns: Buffer.from(text) })
    assert.equal(isNewer(make(2n, 'a'), make(1n, 'b')), true)
    assert.equal(isNewer(make(1n, 'b'), make(2n, 'a')), false)
    assert.equal(isNewer(make(1n, 'b'), make(1n, 'a')), true)
    assert.equal(isNewer(make(1n, 'a'), make(1n, 'a')), false)
  })
})
