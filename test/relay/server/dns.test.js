// SPDX-License-Identifier: MIT
// What a relay server's DNS answers, byte by byte: well-formed whatever is asked, and no more than was room for.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const net = require('node:net')
const dnsPacket = require('dns-packet')
const { SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { signPacket, toZ32 } = require('../../../lib/discovery/signed-packet')
const { answerDns } = require('../../../lib/relay/server/pkarr/dns-answer')
const { PacketStore } = require('../../../lib/relay/server/pkarr/packet-store')
const { seededRandom } = require('../../helpers/events')

const ORIGIN = ['lookup', 'example', 'org']
const ZONE = ORIGIN.join('.')
const RECORDS = ['relay=https://relay.example.com/', 'addr=192.0.2.1:7']
const OPT = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] }

describe('DNS of a relay server', () => {
  const store = new PacketStore(10)

  function publish(records = RECORDS) {
    const key = SecretKey.generate()
    store.put(key.nodeId(), signPacket(key, records, BigInt(Date.now()) * 1000n))
    return toZ32(key.nodeId())
  }

  const z32 = publish()
  const stranger = toZ32(SecretKey.generate().nodeId())
  const encode = (about) => dnsPacket.encode({ type: 'query', id: 9, flags: 0x100, ...about })
  const ask = (about, origin = ORIGIN) => dnsPacket.decode(answerDns(store, origin, encode(about)))
  const query = (name, type = 'TXT', origin = ORIGIN) => ask({ questions: [{ name, type }] }, origin)

  it('has the records of a key, and nothing else below it', () => {
    const found = query(`_iroh.${z32}.${ZONE}`)
    assert.deepEqual([found.rcode, found.flag_aa, found.authorities.length], ['NOERROR', true, 0])
    assert.deepEqual(
      found.answers.map(({ name, type, class: of, ttl, data }) => [name, type, of, ttl, String(data)]),
      RECORDS.map((text) => [`_iroh.${z32}.${ZONE}`, 'TXT', 'IN', 30, text])
    )
    for (const name of [`x.${z32}`, `_iroh.${stranger}`, stranger, 'www', `a._iroh.${z32}`]) {
      assert.equal(query(`${name}.${ZONE}`).rcode, 'NXDOMAIN', name)
    }
  })

  it('has the names above the records, which resolvers ask for first (RFC 9156)', () => {
    for (const name of [ZONE, `${z32}.${ZONE}`]) {
      for (const type of ['A', 'NS', 'TXT']) {
        const { rcode, answers } = query(name, type)
        assert.deepEqual([rcode, answers.length], ['NOERROR', 0])
      }
    }
  })

  it('says with what there is not for how long that holds (RFC 2308)', () => {
    const names = [`_iroh.${stranger}.${ZONE}`, `_iroh.${z32}.${ZONE}`, `${z32}.${ZONE}`, ZONE]
    for (const name of names) {
      const { answers, authorities } = query(name, 'AAAA')
      assert.equal(answers.length, 0)
      const [{ name: zone, type, ttl, data }] = authorities
      assert.deepEqual([zone, type, ttl], [ZONE, 'SOA', 5])
      assert.deepEqual([data.mname, data.rname, data.minimum], [ZONE, `hostmaster.${ZONE}`, 5])
    }
    assert.equal(query(ZONE, 'SOA').answers[0].name, ZONE)
    assert.equal(query('_iroh.x', 'TXT', null).authorities[0].name, '.')
    assert.equal(query(`_iroh.${z32}.a.b`, 'A', null).authorities[0].name, 'a.b')
  })

  it('refuses other zones and classes, and says for no zone that it is its own', () => {
    const refused = ['example.org', 'org', 'other.example.org', `_iroh.${z32}.example.net`, 'xlookup.example.org', '.']
    for (const name of refused) {
      const { rcode, flag_aa: isAuthoritative, authorities } = query(name)
      assert.deepEqual([rcode, isAuthoritative, authorities], ['REFUSED', false, []], name)
    }
    const chaos = ask({ questions: [{ name: ZONE, type: 'TXT', class: 'CH' }] })
    assert.equal(chaos.rcode, 'REFUSED')
  })

  it('does not answer answers, and says what it does not do', () => {
    assert.equal(answerDns(store, ORIGIN, encode({ type: 'response' })), null)
    assert.equal(answerDns(store, ORIGIN, Buffer.alloc(11)), null)
    const question = { name: ZONE, type: 'TXT' }
    assert.equal(ask({ questions: [] }).rcode, 'FORMERR')
    assert.equal(ask({ questions: [question, question] }).rcode, 'FORMERR')
    assert.equal(ask({ questions: [question], answers: [{ ...question, data: 'x' }] }).rcode, 'FORMERR')
    assert.equal(ask({ flags: 5 << 11, questions: [question] }).rcode, 'NOTIMP')
    const { additionals } = ask({ questions: [question], additionals: [{ ...OPT, ednsVersion: 1 }] })
    assert.equal(additionals[0].extendedRcode, 1) // BADVERS (RFC 6891)
  })

  it('gives a question back as it came, byte for byte', () => {
    const header = Buffer.from('a1b2010000010000000000000', 'hex').subarray(0, 12)
    const names = [
      [Buffer.from('_IrOh'), Buffer.from(z32.toUpperCase()), Buffer.from('LOOKUP'), Buffer.from('example')],
      [Buffer.alloc(63, 0xff), Buffer.from('a.b\0c')],
      Array(3).fill(Buffer.alloc(63, 0x61))
    ]
    for (const labels of names) {
      const name = labels.flatMap((label) => [Buffer.from([label.length]), label])
      const question = Buffer.concat([...name, Buffer.from('0000100001', 'hex')])
      const answer = answerDns(store, null, Buffer.concat([header, question]))
      assert.deepEqual(answer.subarray(12, 12 + question.length), question)
      assert.equal(answer.readUInt16BE(0), 0xa1b2)
      assert.equal(answer.readUInt16BE(2) & 0x0100, 0x0100)
      dnsPacket.decode(answer)
    }
  })

  it('reads no name that is too long, points somewhere or has no end', () => {
    const header = Buffer.from('000901000001000000000000', 'hex')
    const label = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 0x61)])
    const tail = Buffer.from('00100001', 'hex')
    const names = {
      tooLong: Buffer.concat([label, label, label, label, Buffer.alloc(1)]),
      itself: Buffer.from('c00c', 'hex'),
      header: Buffer.from('c000', 'hex'),
      reserved: Buffer.from('4000', 'hex'),
      noEnd: label
    }
    for (const [what, name] of Object.entries(names)) {
      for (const end of [tail, Buffer.alloc(0), tail.subarray(0, 3)]) {
        const answer = answerDns(store, null, Buffer.concat([header, name, end]))
        assert.deepEqual([answer.length, answer[3] & 15], [12, 1], what)
      }
    }
  })

  it('keeps to the room that there is, and says when it is too little', () => {
    const many = Array.from({ length: 20 }, (_, n) => `addr=[2001:db8:1234:5678::${n}]:1`)
    const questions = [{ type: 'TXT', name: `_iroh.${publish(many)}.${ZONE}` }]
    const sized = (size) => (size ? [{ ...OPT, udpPayloadSize: size }] : [])
    for (const [size, room] of [
      [0, 512],
      [100, 512],
      [600, 600],
      [65535, 1232]
    ]) {
      const answer = answerDns(store, ORIGIN, encode({ questions, additionals: sized(size) }))
      assert.ok(answer.length <= room)
      const { flag_tc: isCut, answers, additionals } = dnsPacket.decode(answer)
      assert.equal(isCut, room < 1232)
      assert.equal(answers.length, room < 1232 ? 0 : many.length)
      assert.deepEqual(
        additionals.map(({ udpPayloadSize }) => udpPayloadSize),
        size ? [1232] : []
      )
    }
    const overTcp = dnsPacket.decode(answerDns(store, ORIGIN, encode({ questions }), 65535))
    assert.equal(overTcp.answers.length, many.length)
  })

  it('answers 30,000 mutated queries with a DNS message that fits, or not at all', () => {
    const random = seededRandom(11)
    const below = (limit) => Math.floor(random() * limit)
    const goods = [
      encode({
        questions: [{ type: 'TXT', name: `_iroh.${z32}.${ZONE}` }],
        additionals: [{ ...OPT, udpPayloadSize: 700 }]
      }),
      encode({ questions: [{ type: 'SOA', name: ZONE }], additionals: [OPT] })
    ]
    for (let round = 0; round < 30_000; round++) {
      const good = goods[round % 2]
      const bytes = Buffer.from(good.subarray(0, round % 7 === 0 ? below(good.length) : good.length))
      for (let n = 0; bytes.length > 0 && n < round % 5; n++) bytes[below(bytes.length)] = below(256)
      const answer = answerDns(store, round % 3 === 0 ? null : ORIGIN, bytes)
      if (answer === null) continue
      assert.ok(answer.length <= 1232)
      assert.equal(dnsPacket.decode(answer).type, 'response')
    }
  })

  it('shows nothing of a packet that is signed, but no DNS message', () => {
    const random = seededRandom(12)
    for (let round = 0; round < 300; round++) {
      const key = SecretKey.generate()
      const packet = signPacket(key, RECORDS, BigInt(Date.now()) * 1000n)
      const dns = Buffer.from(packet.subarray(72))
      for (let n = 0; n <= round % 6; n++) dns[Math.floor(random() * dns.length)] = Math.floor(random() * 256)
      const junk = { get: () => ({ dns }) }
      const question = { type: 'TXT', name: `_iroh.${toZ32(key.nodeId())}.${ZONE}` }
      const answer = answerDns(junk, ORIGIN, encode({ questions: [question] }), 65535)
      assert.equal(dnsPacket.decode(answer).rcode, 'NOERROR')
    }
  })

  describe('over TCP', () => {
    let server
    beforeEach(async () => {
      const ports = { port: 0, stunPort: false, quicPort: false, dnsPort: 0 }
      server = await RelayServer.listen({ host: '127.0.0.1', ...ports, dnsOrigin: ZONE })
    })
    afterEach(() => server.close({ graceMs: 0 }))

    const question = dnsPacket.streamEncode({ type: 'query', id: 3, questions: [{ type: 'SOA', name: ZONE }] })

    async function connect(localAddress = '127.0.0.1') {
      const socket = net.connect({ port: server.ports.dns, host: '127.0.0.1', localAddress })
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket
    }

    it('serves others while one sender holds all connections it may have', async () => {
      const idle = await Promise.all(Array.from({ length: 16 }, () => connect()))
      const surplus = await connect()
      await once(surplus, 'close')
      idle[0].destroy()
      await once(idle[0], 'close')
      let answered = null
      while (answered === null) {
        const socket = await connect()
        socket.write(question)
        answered = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => null)])
        socket.destroy()
      }
      assert.equal(dnsPacket.streamDecode(answered[0]).answers[0].type, 'SOA')
      for (const socket of idle) socket.destroy()
    })

    it('serves others while 16 senders hold all connections there are', async () => {
      const held = []
      for (let host = 2; host < 18; host++) {
        const address = `127.0.0.${host}`
        held.push(...(await Promise.all(Array.from({ length: 16 }, () => connect(address)))))
      }
      for (let host = 20; host < 25; host++) {
        const socket = await connect(`127.0.0.${host}`)
        socket.write(question)
        const [bytes] = await once(socket, 'data')
        assert.equal(dnsPacket.streamDecode(bytes).answers[0].type, 'SOA')
      }
      for (const socket of held) socket.destroy()
    })

    it('leaves who sends nonsense, or more than a query', async () => {
      for (const bytes of [Buffer.alloc(9000, 0xff), Buffer.from([0, 3, 1, 2, 3])]) {
        const socket = await connect()
        socket.resume()
        socket.write(bytes)
        await once(socket, 'close')
      }
    })
  })
})
