// SPDX-License-Identifier: MIT
// Real iroh endpoints and ours find each other by NodeId alone, at our server and at iroh's own, built by cargo.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const dnsPacket = require('dns-packet')
const { dnsDiscovery, pkarrDiscovery, SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { signPacket, toZ32 } = require('../../../lib/discovery/signed-packet')
const { alpn, useEndpoints } = require('../../helpers/endpoints.js')
const { queryUdp } = require('../../helpers/dns.js')
const { useRelayClients } = require('../../helpers/relay-clients.js')
const { useCrate } = require('../rust/cargo.js')
const { RustDnsServer, RustPeer } = require('../rust-discovery/programs.js')

const ORIGIN = 'lookup.example'
const BIND = '127.0.0.1:0'
const ENVELOPE = { type: 'greeting', id: '7', payload: { text: 'Grüß Gott', number: 1.5 } }
const never = new AbortController().signal

describe('discovery, with real iroh', () => {
  const { create } = useEndpoints()
  const { keep } = useRelayClients()
  useCrate(path.join(__dirname, '..', 'rust-discovery'))

  async function listen() {
    const ports = { port: 0, stunPort: false, quicPort: false, dnsPort: 0 }
    return keep(await RelayServer.listen({ host: '127.0.0.1', dnsOrigin: ORIGIN, ...ports }))
  }

  const servers = {
    'our server': async () => {
      const { pkarrUrl, ports } = await listen()
      return { pkarrUrl, dns: `127.0.0.1:${ports.dns}` }
    },
    "iroh's server": async () => keep(await RustDnsServer.start(ORIGIN))
  }

  /** How each side is told to find others. */
  const finders = {
    pkarr: {
      ours: ({ pkarrUrl }) => pkarrDiscovery({ relay: pkarrUrl }),
      real: ({ pkarrUrl }) => ({ pkarr: pkarrUrl })
    },
    DNS: {
      ours: ({ dns }) => dnsDiscovery({ origin: ORIGIN, servers: [dns] }),
      real: ({ dns }) => ({ dns: `${dns},${ORIGIN}` })
    }
  }

  const startReal = async (options) => keep(await RustPeer.start({ bind: BIND, ...options }))

  /** Waits until a server has where a NodeId is: real iroh publishes before it knows. */
  async function published(server, nodeId) {
    const finder = finders.pkarr.ours(server)
    for (;;) {
      const found = await finder.resolve(nodeId, { signal: never })
      if (found?.relayUrl || found?.directAddresses.length > 0) return found
      await sleep(10)
    }
  }

  async function exchange(connection) {
    const { send, recv } = await connection.openBi()
    const json = Buffer.from(JSON.stringify(ENVELOPE))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(json.length)
    await send.writeAll(Buffer.concat([length, json]))
    assert.equal((await recv.readExact(4)).readUInt32BE(), json.length)
    assert.deepEqual(JSON.parse(await recv.readExact(json.length)), ENVELOPE)
  }

  /** Answers the first frame of a connection with itself. */
  async function echo(endpoint) {
    const connection = await endpoint.accept()
    const { send, recv } = await connection.acceptBi()
    const length = await recv.readExact(4)
    await send.writeAll(Buffer.concat([length, await recv.readExact(length.readUInt32BE())]))
    return connection.remoteNodeId()
  }

  for (const [place, startServer] of Object.entries(servers)) {
    describe(`at ${place}`, () => {
      for (const [way, finder] of Object.entries(finders)) {
        it(`real iroh publishes, we find it by ${way}, and talk`, async () => {
          const server = await startServer()
          const real = await startReal({ 'publish-all': server.pkarrUrl })
          await published(server, real.nodeId)
          const ours = await create({ discovery: [finder.ours(server)] })
          await exchange(await ours.connect(real.nodeId, alpn))
          assert.equal(await real.accepted(), ours.nodeId())
        })

        it(`we publish, real iroh finds us by ${way}, and talks`, async () => {
          const server = await startServer()
          const publisher = pkarrDiscovery({ relay: server.pkarrUrl, publishAddresses: true })
          const ours = await create({ alpns: [alpn], discovery: [publisher] })
          await published(server, ours.nodeId())
          const real = await startReal(finder.real(server))
          const [from, answer] = await Promise.all([echo(ours), real.ask(ours.nodeId(), ENVELOPE)])
          assert.equal(from, real.nodeId)
          assert.deepEqual(answer, ENVELOPE)
        })
      }

      it('both publish their relay alone, and meet there', async () => {
        const server = await startServer()
        const relay = (await listen()).url
        const real = await startReal({ relay, publish: server.pkarrUrl, ...finders.DNS.real(server) })
        const discovery = [pkarrDiscovery({ relay: server.pkarrUrl, resolve: false }), finders.DNS.ours(server)]
        const ours = await create({ alpns: [alpn], relays: [relay], discovery })
        for (const nodeId of [real.nodeId, ours.nodeId()]) {
          assert.deepEqual(await published(server, nodeId), { nodeId, directAddresses: [], relayUrl: relay })
        }
        await exchange(await ours.connect(real.nodeId, alpn))
        assert.equal(await real.accepted(), ours.nodeId())
        const other = await startReal({ relay, ...finders.pkarr.real(server) })
        const [from, answer] = await Promise.all([echo(ours), other.ask(ours.nodeId(), ENVELOPE)])
        assert.equal(from, other.nodeId)
        assert.deepEqual(answer, ENVELOPE)
      })

      it('two of ours find each other', async () => {
        const server = await startServer()
        const discovery = () => [
          pkarrDiscovery({ relay: server.pkarrUrl, publishAddresses: true }),
          finders.DNS.ours(server)
        ]
        const [near, far] = [
          await create({ discovery: discovery() }),
          await create({ alpns: [alpn], discovery: discovery() })
        ]
        await published(server, far.nodeId())
        const [from] = await Promise.all([echo(far), near.connect(far.nodeId(), alpn).then(exchange)])
        assert.equal(from, near.nodeId())
      })

      it('nobody is found who did not publish', async () => {
        const server = await startServer()
        const nodeId = SecretKey.generate().nodeId()
        for (const finder of Object.values(finders)) {
          assert.equal(await finder.ours(server).resolve(nodeId, { signal: never }), null)
          const real = await startReal(finder.real(server))
          await assert.rejects(real.ask(nodeId, ENVELOPE), /address|resol|lookup/i)
        }
      })
    })
  }

  it('the same is answered by both servers', async () => {
    const both = await Promise.all(Object.values(servers).map((start) => start()))
    const key = SecretKey.generate()
    const z32 = toZ32(key.nodeId())
    const now = BigInt(Date.now()) * 1000n
    const packet = (at, records) => signPacket(key, records, now + at)
    const newest = packet(2n, ['relay=https://relay.example/', 'addr=192.0.2.1:7', 'addr=[2001:db8::1]:7'])
    const forged = Buffer.from(newest)
    forged[80] ^= 1
    const other = toZ32(SecretKey.generate().nodeId())
    const puts = [
      [z32, packet(1n, ['addr=192.0.2.1:1']), 204],
      [z32, newest, 204],
      [z32, packet(1n, ['addr=192.0.2.1:2']), 204], // older, and taken for known
      [z32, forged, 400],
      [z32, newest.subarray(0, 60), 400],
      [other, newest, 400],
      [z32.slice(1), newest, 400]
    ]
    const queries = [
      [`_iroh.${z32}.${ORIGIN}`, 'TXT'],
      [`_IROH.${z32}.${ORIGIN.toUpperCase()}`, 'TXT'],
      [`_iroh.${other}.${ORIGIN}`, 'TXT']
    ]
    const answers = both.map(async ({ pkarrUrl, dns }) => {
      const said = []
      for (const [name, body] of puts) said.push((await fetch(`${pkarrUrl}/${name}`, { method: 'PUT', body })).status)
      said.push((await fetch(`${pkarrUrl}/${other}`)).status)
      const held = await fetch(`${pkarrUrl}/${z32}`)
      said.push(held.status, held.headers.get('content-type'), Buffer.from(await held.arrayBuffer()).toString('hex'))
      for (const [name, type] of queries) {
        const { rcode, answers } = dnsPacket.decode(await queryUdp(dns, { questions: [{ name, type }] }))
        said.push(
          rcode,
          answers.map(({ name, type, ttl, data }) => [name.toLowerCase(), type, ttl, String(data)]).sort()
        )
      }
      return said
    })
    const [ours, real] = await Promise.all(answers)
    assert.deepEqual(
      ours.slice(0, puts.length),
      puts.map(([, , status]) => status)
    )
    assert.deepEqual(ours, real)
  })
})
