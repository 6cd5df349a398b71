// SPDX-License-Identifier: MIT
// The look-up of a relay server: signed packets over HTTP, answers over DNS, and what it refuses.
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const dgram = require('node:dgram')
const dns = require('node:dns')
const { once } = require('node:events')
const http = require('node:http')
const net = require('node:net')
const dnsPacket = require('dns-packet')
const { SecretKey, pkarrDiscovery } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { recordsOf, openPacket, signPacket, toZ32 } = require('../../../lib/discovery/signed-packet')
const { readRelayOptions } = require('../../../lib/relay/server/options')
const { FairBudget } = require('../../../lib/relay/server/pkarr/fair-budget')
const { PacketStore } = require('../../../lib/relay/server/pkarr/packet-store')
const { PublishLimits } = require('../../../lib/relay/server/pkarr/publish-limits')
const { queryUdp } = require('../../helpers/dns')

const RECORDS = ['relay=https://relay.example.com/', 'addr=192.0.2.1:7']
const now = () => BigInt(Date.now()) * 1000n

/** A key and its packet. */
function publisher(records = RECORDS, timestamp = now()) {
  const key = SecretKey.generate()
  return { key, nodeId: key.nodeId(), z32: toZ32(key.nodeId()), packet: signPacket(key, records, timestamp) }
}

/** A packet of any DNS bytes, signed. */
function signedOf(key, message) {
  const timestamp = now()
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(timestamp)
  const signed = Buffer.concat([Buffer.from(`3:seqi${timestamp}e1:v${message.length}:`), message])
  return Buffer.concat([key.sign(signed), time, message])
}

describe('A relay server as pkarr relay', () => {
  const open = []

  async function listen(options) {
    const ports = { port: 0, stunPort: false, quicPort: false, dnsPort: 0 }
    const server = await RelayServer.listen({ host: '127.0.0.1', ...ports, ...options })
    open.push(server)
    return server
  }

  afterEach(async () => {
    for (const server of open.splice(0)) await server.close({ graceMs: 0 })
  })

  const put = (server, z32, body) => fetch(`${server.pkarrUrl}/${z32}`, { method: 'PUT', body })
  const get = (server, z32) => fetch(`${server.pkarrUrl}/${z32}`)

  describe('over HTTP', () => {
    it('gives back what was published', async () => {
      const server = await listen()
      const { z32, packet } = publisher()
      assert.equal((await get(server, z32)).status, 404)
      assert.equal((await put(server, z32, packet)).status, 204)
      const answer = await get(server, z32)
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/x-pkarr-signed-packet'])
      assert.equal(answer.headers.get('access-control-allow-origin'), '*')
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), packet)
      assert.equal(server.metrics().packets, 1)
    })

    it('keeps the newest, and takes older ones for known', async () => {
      const server = await listen()
      const { key, nodeId, z32 } = publisher()
      const time = now()
      for (const [record, at] of [
        ['addr=1.1.1.1:1', time],
        ['addr=2.2.2.2:2', time + 1n],
        ['addr=3.3.3.3:3', time]
      ]) {
        assert.equal((await put(server, z32, signPacket(key, [record], at))).status, 204)
      }
      const held = Buffer.from(await (await get(server, z32)).arrayBuffer())
      assert.deepEqual(recordsOf(nodeId, openPacket(nodeId, held).dns), ['addr=2.2.2.2:2'])
    })

    it('refuses forged, malformed, old and too new packets, and says why', async () => {
      const server = await listen()
      const { key, z32, packet } = publisher()
      const changed = Buffer.from(packet)
      changed[100] ^= 1
      const week = 7n * 24n * 3600n * 1_000_000n
      const bodies = [changed, publisher().packet, packet.subarray(0, 72), Buffer.alloc(0)]
      bodies.push(signPacket(key, RECORDS, now() - week - 1_000_000n), signPacket(key, RECORDS, now() + 3_700_000_000n))
      for (const body of bodies) {
        const answer = await put(server, z32, body)
        assert.equal(answer.status, 400)
        const { status, detail } = await answer.json()
        assert.equal(status, '400')
        assert.ok(detail.length > 10)
      }
      const noKey = toZ32('02'.padEnd(64, '0')) // no point of the curve has this y
      for (const path of ['', 'short', z32.toUpperCase(), 'l'.repeat(52), noKey])
        assert.equal((await put(server, path, packet)).status, 400)
      assert.equal((await fetch(`${server.pkarrUrl}/${z32}`, { method: 'DELETE' })).status, 405)
      assert.equal((await get(server, z32)).status, 404)
      assert.equal(server.metrics().packetsRefused, bodies.length + 1)
    })

    it('reads no body that is too long, and none for ever', async () => {
      const server = await listen({ limits: { handshakeTimeoutMs: 200 } })
      const { z32 } = publisher()
      assert.equal((await put(server, z32, Buffer.alloc(1073))).status, 413)
      const slow = http.request(`${server.pkarrUrl}/${z32}`, { method: 'PUT', headers: { 'content-length': 500 } })
      slow.write('a')
      const [error] = await once(slow, 'error')
      assert.equal(error.code, 'ECONNRESET')
    })

    it('answers a body that is far too long, and forgets one that breaks off', async () => {
      const server = await listen()
      const { z32 } = publisher()
      const { port } = new URL(server.url)
      const socket = net.connect(port, '127.0.0.1')
      socket.write(`PUT /pkarr/${z32} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`)
      socket.write(Buffer.alloc(5000))
      const [answer] = await once(socket, 'data')
      assert.match(answer.toString(), /^HTTP\/1\.1 413 /)
      assert.equal(server.metrics().packetsRefused, 1)
      const broken = net.connect(port, '127.0.0.1')
      broken.write(`PUT /pkarr/${z32} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc`)
      await once(broken, 'connect')
      broken.resetAndDestroy()
      while (server.metrics().sockets > 0) await new Promise(setImmediate)
      assert.equal(server.metrics().packetsRefused, 1)
    })

    it('lets browsers publish from any page', async () => {
      const server = await listen()
      const { z32 } = publisher()
      const answer = await fetch(`${server.pkarrUrl}/${z32}`, { method: 'OPTIONS' })
      assert.equal(answer.status, 204)
      const [origin, methods, headers] = ['origin', 'methods', 'headers'].map((name) =>
        answer.headers.get(`access-control-allow-${name}`)
      )
      assert.equal(origin, '*')
      assert.match(methods, /PUT/)
      assert.match(headers, /content-type/i)
    })

    it('takes only so many from one sender', async () => {
      const server = await listen({ limits: { packetsPerSecondPerIp: 2 } })
      const { z32, packet } = publisher()
      const answers = await Promise.all(Array.from({ length: 20 }, () => put(server, z32, packet)))
      const statuses = answers.map(({ status }) => status)
      assert.deepEqual([...new Set(statuses)].sort(), [204, 429])
    })

    it('survives what makes other DNS readers take all memory, and says nothing of it', async () => {
      const server = await listen()
      const { key, nodeId, z32 } = publisher()
      const bomb = Buffer.alloc(1000)
      bomb[2] = 0x10
      bomb.fill(0xff, 6, 12)
      bomb[14] = 16
      bomb.writeUInt16BE(0x7fff, 21)
      const packet = signedOf(key, bomb)
      assert.equal((await put(server, z32, packet)).status, 204) // it is the key's own
      const resolver = new dns.promises.Resolver({ timeout: 2000, tries: 1 })
      resolver.setServers([`127.0.0.1:${server.ports.dns}`])
      await assert.rejects(resolver.resolveTxt(`_iroh.${z32}.example`), { code: 'ENODATA' })
      const discovery = pkarrDiscovery({ relay: server.pkarrUrl })
      const about = { signal: new AbortController().signal }
      await assert.rejects(discovery.resolve(nodeId, about), { code: 'ERR_IROH_DISCOVERY', message: /promises more/ })
    })

    it('lets nobody keep those out who come back, nor those who publish seldom', () => {
      const limits = new PublishLimits({ packetsPerSecondPerIp: 20, packetsPerSecond: 182 })
      const flood = () => {
        for (let host = 0; host < 100; host++) {
          const address = `192.0.2.${host}`
          for (let n = 0; n < 30; n++) if (limits.maySend(address) && limits.mayVerify(address)) limits.mayAdd(address)
        }
      }
      for (let round = 0; round < 20; round++) flood()
      for (let host = 0; host < 20; host++) {
        const honest = `198.51.100.${host}`
        assert.deepEqual([limits.maySend(honest), limits.mayVerify(honest)], [true, true])
      }
    })

    it('takes from all only what is signed, and nothing for a key that it holds', async () => {
      const server = await listen({ limits: { packetsPerSecond: 2, packetsPerSecondPerIp: 1000 } })
      const { key, z32, packet } = publisher()
      assert.equal((await put(server, z32, packet)).status, 204)
      for (let n = 0; n < 10; n++) assert.equal((await put(server, publisher().z32, packet)).status, 400)
      const statuses = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const one = publisher()
          return (await put(server, one.z32, one.packet)).status
        })
      )
      assert.ok(statuses.includes(429))
      for (let n = 1; n <= 10; n++) {
        assert.equal((await put(server, z32, signPacket(key, RECORDS, now() + BigInt(n)))).status, 204)
      }
    })

    it('holds only so many: the one published longest ago goes', async () => {
      const server = await listen({ limits: { maxPackets: 2 } })
      const [a, b, c] = [publisher(), publisher(), publisher()]
      const newer = signPacket(a.key, RECORDS, now() + 1000n)
      for (const [{ z32 }, packet] of [
        [a, a.packet],
        [b, b.packet],
        [a, newer],
        [c, c.packet]
      ])
        await put(server, z32, packet)
      const statuses = await Promise.all([a, b, c].map(async ({ z32 }) => (await get(server, z32)).status))
      assert.deepEqual(statuses, [200, 404, 200])
    })

    it('is off when told so', async () => {
      const server = await listen({ pkarr: false })
      assert.deepEqual([server.pkarrUrl, server.ports.dns], [null, null])
      assert.equal((await fetch(new URL(`/pkarr/${publisher().z32}`, server.url))).status, 404)
    })
  })

  describe('over DNS', () => {
    async function published(options, records) {
      const server = await listen(options)
      const one = publisher(records)
      await put(server, one.z32, one.packet)
      const resolver = new dns.promises.Resolver({ timeout: 2000, tries: 1 })
      resolver.setServers([`127.0.0.1:${server.ports.dns}`])
      return { server, resolver, ...one }
    }

    it('answers with the records, under any origin', async () => {
      const { resolver, z32 } = await published()
      for (const origin of ['.dns.iroh.link', '.example', '']) {
        assert.deepEqual((await resolver.resolveTxt(`_iroh.${z32}${origin}`)).flat().sort(), [...RECORDS].sort())
      }
    })

    it('says what there is not', async () => {
      const { resolver, z32 } = await published({ dnsOrigin: 'Example.org.' })
      assert.equal((await resolver.resolveTxt(`_IROH.${z32}.example.ORG`)).length, 2)
      await assert.rejects(resolver.resolve4(`_iroh.${z32}.example.org`), { code: 'ENODATA' })
      for (const name of [publisher().z32, 'nonsense', `x.${z32}`]) {
        await assert.rejects(resolver.resolveTxt(`_iroh.${name}.example.org`), { code: 'ENOTFOUND' }, name)
      }
      await assert.rejects(resolver.resolveTxt(`_iroh.${z32}.example.net`), { code: 'EREFUSED' })
    })

    it('gives what is too long for a datagram over TCP', async () => {
      const many = Array.from({ length: 10 }, (_, n) => `addr=192.0.2.${n}:1`)
      const { resolver, z32, server } = await published({}, many)
      assert.deepEqual((await resolver.resolveTxt(`_iroh.${z32}.a.long.origin.of.some.kind.example`)).flat().length, 10)

      const query = dnsPacket.streamEncode({ id: 7, questions: [{ type: 'TXT', name: `_iroh.${z32}` }] })
      const socket = net.connect(server.ports.dns, '127.0.0.1')
      for (const part of [query.subarray(0, 1), query.subarray(1, 9), query.subarray(9), query]) socket.write(part)
      const answers = []
      let bytes = Buffer.alloc(0)
      for await (const chunk of socket) {
        bytes = Buffer.concat([bytes, chunk])
        while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
          const length = 2 + bytes.readUInt16BE(0)
          answers.push(dnsPacket.streamDecode(bytes.subarray(0, length)))
          bytes = bytes.subarray(length)
        }
        if (answers.length === 2) break
      }
      assert.deepEqual(
        answers.map(({ id, answers: { length } }) => [id, length]),
        [
          [7, 10],
          [7, 10]
        ]
      )
    })

    it('is no amplifier: what is three times as long as its question goes over TCP after a few', async () => {
      const many = Array.from({ length: 20 }, (_, n) => `addr=192.0.2.${n}:1`)
      const { server, resolver, z32 } = await published({}, many)
      const name = `_iroh.${z32}.example`
      const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] }
      const query = { questions: [{ type: 'TXT', name }], additionals: [opt] }
      const length = dnsPacket.encode({ type: 'query', ...query }).length
      const answers = []
      for (let n = 0; n < 30; n++) answers.push(await queryUdp(`127.0.0.1:${server.ports.dns}`, query))
      const long = answers.filter((answer) => answer.length >= 3 * length)
      assert.ok(long.length >= 1 && long.length < 20)
      const short = dnsPacket.decode(answers.find((answer) => answer.length < 3 * length))
      assert.deepEqual([short.flag_tc, short.answers.length], [true, 0])
      assert.equal((await resolver.resolveTxt(name)).length, 20)
    })

    it('needs a port that is free for UDP and TCP', async () => {
      const taken = net.createServer().listen(0, '127.0.0.1')
      await once(taken, 'listening')
      await assert.rejects(listen({ dnsPort: taken.address().port }), { code: 'ERR_IROH_ADDRESS_IN_USE' })
      taken.close()
      assert.equal((await listen({ dnsPort: false })).ports.dns, null)
    })

    it('is not shaken by what is no query', async () => {
      const { server, resolver, z32 } = await published()
      const socket = dgram.createSocket('udp4')
      for (let round = 0; round < 30; round++)
        socket.send(crypto.randomBytes(round * 20), server.ports.dns, '127.0.0.1')
      assert.equal((await resolver.resolveTxt(`_iroh.${z32}`)).length, 2)
      socket.close()
      const nonsense = net.connect(server.ports.dns, '127.0.0.1')
      nonsense.end(Buffer.alloc(5000, 0xff))
      nonsense.resume()
      await once(nonsense, 'close').catch(() => {})
      assert.equal((await resolver.resolveTxt(`_iroh.${z32}`)).length, 2)
    })
  })
})

describe('A fair budget', () => {
  it('keeps half of itself for those who ask seldom, however many ask often', () => {
    const start = performance.now()
    const budget = new FairBudget(100, { perSecond: 0.1, burst: 10 })
    let taken = 0
    const flood = (now) => {
      for (let host = 0; host < 200; host++) {
        for (let n = 0; n < 20; n++) if (budget.allows(`192.0.2.${host}`, now)) taken++
      }
    }
    for (let second = 0; second < 100; second++) flood(start + 1000 * second)
    assert.ok(taken <= 100 * 101)
    const honest = Array.from({ length: 40 }, (_, host) => budget.allows(`198.51.100.${host}`, start + 100_000))
    assert.ok(honest.every(Boolean))
  })

  it('gives one alone at least its half', () => {
    const budget = new FairBudget(2, { perSecond: 1, burst: 1 })
    const now = performance.now()
    assert.deepEqual(
      [1, 2, 3].map(() => budget.allows('192.0.2.1', now)),
      [true, true, false]
    )
  })
})

describe('PacketStore', () => {
  const minutes = (count) => count * 60_000

  it('keeps of what came the packet alone', () => {
    const store = new PacketStore(10)
    const { nodeId, packet } = publisher()
    const pool = Buffer.alloc(65536)
    packet.copy(pool, 100)
    store.put(nodeId, pool.subarray(100, 100 + packet.length))
    pool.fill(0)
    const held = store.get(nodeId)
    assert.deepEqual(held.packet, packet)
    assert.equal(held.packet.buffer.byteLength, packet.length)
    assert.equal(held.dns.buffer, held.packet.buffer)
  })

  it('forgets after a week, and takes no packet for newer that is sent again', () => {
    const start = Date.now()
    let at = start
    const store = new PacketStore(2, () => at)
    const signed = (key, ms) => signPacket(key, RECORDS, BigInt(ms) * 1000n)
    const keys = Array.from({ length: 3 }, () => SecretKey.generate())
    const ids = keys.map((key) => key.nodeId())
    assert.equal(store.put(ids[0], signed(keys[0], start)), 'taken')
    assert.equal(store.put(ids[1], signed(keys[1], start + 1)), 'taken')
    assert.equal(store.put(ids[0], signed(keys[0], start)), 'held')
    store.put(ids[2], signed(keys[2], start))
    assert.deepEqual(
      ids.map((id) => store.get(id) !== null),
      [false, true, true]
    )
    at = start + minutes(7 * 24 * 60 + 1)
    assert.deepEqual([store.get(ids[1]), store.size], [null, 1])
  })

  it('keeps those that publish every five minutes, whatever else is published at the usual rate', () => {
    const { maxPackets, packetsPerSecond } = readRelayOptions({
      limits: { maxPackets: 720, packetsPerSecondPerIp: 1 }
    }).limits
    const start = Date.now()
    let at = start
    const store = new PacketStore(maxPackets, () => at)
    const { key, nodeId } = publisher()
    for (let second = 0; second <= 400; second++) {
      at = start + second * 1000
      if (second % 310 === 0) store.put(nodeId, signPacket(key, RECORDS, BigInt(at) * 1000n))
      for (let n = 0; n < packetsPerSecond; n++) {
        const stranger = publisher(RECORDS, BigInt(at) * 1000n)
        store.put(stranger.nodeId, stranger.packet)
      }
      assert.ok(store.get(nodeId) && store.size <= maxPackets)
    }
    assert.equal(store.size, maxPackets)
  })
})
