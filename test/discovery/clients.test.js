// SPDX-License-Identifier: MIT
// dnsDiscovery and pkarrDiscovery with a relay server of this package, and with servers that misbehave.
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const http = require('node:http')
const dnsPacket = require('dns-packet')
const { SecretKey, dnsDiscovery, memoryDiscovery, pkarrDiscovery } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { signPacket } = require('../../lib/discovery/signed-packet')
const { alpn, useEndpoints } = require('../helpers/endpoints')

const never = new AbortController().signal

describe('Discovery by', () => {
  const { create } = useEndpoints()
  const open = []

  afterEach(async () => {
    for (const close of open.splice(0)) await close()
  })

  async function listen() {
    const ports = { port: 0, stunPort: 0, stunAltPort: false, quicPort: false, dnsPort: 0 }
    const server = await RelayServer.listen({ host: '127.0.0.1', ...ports })
    open.push(() => server.close())
    return server
  }

  /** An HTTP server that answers each request as told; `requests` are those that came. */
  async function answering(answer) {
    const requests = []
    const server = http.createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      requests.push({ method: request.method, url: request.url, body: Buffer.concat(chunks) })
      answer(response, requests.length)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    open.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { relay: `http://127.0.0.1:${server.address().port}/p`, requests, server }
  }

  /** Waits for events of an endpoint of one kind. */
  const eventOf = (endpoint, type) =>
    new Promise((resolve) => {
      const hear = (event) => {
        if (event.type !== type) return
        endpoint.off('network', hear)
        resolve(event)
      }
      endpoint.on('network', hear)
    })

  describe('pkarr and DNS', () => {
    it('finds by its NodeId alone who has published', async () => {
      const server = await listen()
      const published = { relay: server.pkarrUrl, publishAddresses: true }
      const hub = await create({ alpns: [alpn], discovery: [pkarrDiscovery(published)] })
      const finders = [
        pkarrDiscovery({ relay: server.pkarrUrl }),
        dnsDiscovery({ origin: 'any.example', servers: [`127.0.0.1:${server.ports.dns}`] })
      ]
      while (server.metrics().packets === 0)
        await once(hub, 'network', { signal: AbortSignal.timeout(50) }).catch(() => {})
      for (const finder of finders) {
        const client = await create({ discovery: [finder] })
        const connection = await client.connect(hub.nodeId(), alpn)
        assert.equal(connection.remoteNodeId(), hub.nodeId())
      }
    })

    it('publishes the relay alone, as iroh does, and meets there', async () => {
      const server = await listen()
      const relays = [{ url: server.url, stunPort: server.ports.stun }]
      const discovery = () => [
        pkarrDiscovery({ relay: server.pkarrUrl }),
        dnsDiscovery({ servers: [`127.0.0.1:${server.ports.dns}`] })
      ]
      const hub = await create({ alpns: [alpn], relays, discovery: discovery() })
      await hub.online()
      while (server.metrics().packets === 0)
        await once(hub, 'network', { signal: AbortSignal.timeout(50) }).catch(() => {})
      const client = await create({ relays, discovery: discovery() })
      const found = eventOf(client, 'discovered')
      await client.connect(hub.nodeId(), alpn)
      assert.deepEqual(await found, {
        type: 'discovered',
        nodeId: hub.nodeId(),
        directAddresses: [],
        relayUrl: server.url
      })
    })
  })

  describe('pkarr', () => {
    const key = SecretKey.generate()
    const nodeId = key.nodeId()
    const at = (port) => ({ nodeId, directAddresses: [`127.0.0.1:${port}`] })

    /** One that works for `key`, and is closed after the test. */
    function attached(relay) {
      const discovery = pkarrDiscovery({ relay, publishAddresses: true, timeoutMs: 1000 })
      discovery.attach({ nodeId, secretKey: key })
      open.push(() => discovery.close())
      return discovery
    }

    it('publishes what is new, with a later time, and nothing twice', async () => {
      const { relay, requests } = await answering((response) => response.writeHead(204).end())
      const discovery = attached(relay)
      await Promise.all([discovery.publish(at(1)), discovery.publish(at(1)), discovery.publish(at(2))])
      await discovery.publish(at(2))
      await discovery.publish({ nodeId, directAddresses: [] })
      assert.equal(requests.length, 2)
      const times = requests.map(({ body }) => body.readBigUInt64BE(64))
      assert.ok(times[1] > times[0])
    })

    it('tries again soon when publishing fails', async () => {
      const { relay, requests } = await answering((response, count) =>
        response.writeHead(count === 1 ? 500 : 204).end()
      )
      const discovery = attached(relay)
      await assert.rejects(discovery.publish(at(1)), { code: 'ERR_IROH_DISCOVERY', message: /answered 500/ })
      while (requests.length < 2) await new Promise(setImmediate)
    })

    it('tells each failure of those in between, and goes on', async () => {
      const { relay, requests } = await answering((response, count) =>
        response.writeHead(count <= 2 ? 500 : 204).end('x'.repeat(5000))
      )
      const discovery = pkarrDiscovery({ relay, publishAddresses: true })
      open.push(() => discovery.close())
      const told = new Promise((resolve) => discovery.attach({ nodeId, secretKey: key, onError: resolve }))
      await assert.rejects(discovery.publish(at(1)), /answered 500/)
      assert.match((await told).message, /answered 500/)
      while (requests.length < 3) await new Promise(setImmediate)
    })

    it('takes pages for people behind a status for that status', async () => {
      const { relay } = await answering((response) => response.writeHead(404).end('x'.repeat(10_000)))
      assert.equal(await attached(relay).resolve(nodeId, { signal: never }), null)
      const endless = await answering((response) => {
        response.writeHead(404)
        const timer = setInterval(() => response.write('x'.repeat(10_000)), 1)
        response.on('close', () => clearInterval(timer))
      })
      await assert.rejects(attached(endless.relay).resolve(nodeId, { signal: never }), /too long/)
    })

    it('follows no redirects', async () => {
      const elsewhere = await answering((response) => response.end())
      const { relay } = await answering((response) => response.writeHead(302, { location: elsewhere.relay }).end())
      await assert.rejects(attached(relay).resolve(nodeId, { signal: never }), /answered 302/)
      assert.equal(elsewhere.requests.length, 0)
    })

    it('takes nothing that is not signed by the key, too long, or slow', async () => {
      const good = signPacket(key, ['addr=127.0.0.1:1'], 1n)
      const forged = signPacket(SecretKey.generate(), ['addr=127.0.0.1:1'], 1n)
      const answers = [forged, good.subarray(0, 80), Buffer.alloc(5000), Buffer.alloc(0)]
      for (const body of answers) {
        const { relay } = await answering((response) => response.end(body))
        await assert.rejects(attached(relay).resolve(nodeId, { signal: never }), { code: 'ERR_IROH_DISCOVERY' })
      }
      for (const answer of [() => {}, (response) => response.write('a'), (response) => response.writeHead(503).end()]) {
        const { relay } = await answering(answer)
        await assert.rejects(attached(relay).resolve(nodeId, { signal: never }), { code: 'ERR_IROH_DISCOVERY' })
      }
      const { relay } = await answering((response) => response.end(good))
      assert.deepEqual(await attached(relay).resolve(nodeId, { signal: never }), at(1))
    })

    it('knows nothing of who is not there, and can be given up', async () => {
      const { relay } = await answering((response) => response.writeHead(404).end())
      assert.equal(await attached(relay).resolve(nodeId, { signal: never }), null)
      const silent = await answering(() => {})
      const stop = new AbortController()
      const asked = attached(silent.relay).resolve(nodeId, { signal: stop.signal })
      setImmediate(() => stop.abort())
      await assert.rejects(asked, { code: 'ERR_IROH_DISCOVERY' })
    })

    it('belongs to one endpoint', async () => {
      const { relay } = await answering((response) => response.writeHead(204).end())
      const discovery = attached(relay)
      assert.throws(() => discovery.attach({ nodeId, secretKey: key }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    })
  })

  describe('DNS', () => {
    const nodeId = SecretKey.generate().nodeId()

    /** A DNS server that answers each query as told. */
    async function nameServer(answer) {
      const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      let count = 0
      socket.on('message', (message, { address, port }) => {
        const { id, questions } = dnsPacket.decode(message)
        const about = answer(++count, questions[0])
        if (about) socket.send(dnsPacket.encode({ type: 'response', id, questions, ...about }), port, address)
      })
      await once(socket, 'listening')
      open.push(() => socket.close())
      return { servers: [`127.0.0.1:${socket.address().port}`] }
    }

    const record = ({ name }) => ({ answers: [{ type: 'TXT', name, data: ['addr=', '192.0.2.1:7'] }] })

    it('asks again while nothing comes back', async () => {
      const discovery = dnsDiscovery(await nameServer((count, question) => count >= 3 && record(question)))
      const found = await discovery.resolve(nodeId, { signal: never })
      assert.deepEqual(found, { nodeId, directAddresses: ['192.0.2.1:7'] })
    })

    it('takes no for an answer, and a failure for one when all fail', async () => {
      const none = dnsDiscovery(await nameServer(() => ({ flags: 3 })))
      assert.equal(await none.resolve(nodeId, { signal: never }), null)
      const failing = dnsDiscovery({ ...(await nameServer(() => ({ flags: 2 }))), timeoutMs: 500 })
      await assert.rejects(failing.resolve(nodeId, { signal: never }), { code: 'ERR_IROH_DISCOVERY' })
      const once = dnsDiscovery(await nameServer((count, question) => (count === 1 ? { flags: 2 } : record(question))))
      assert.ok(await once.resolve(nodeId, { signal: never }))
    })

    it('can be given up', async () => {
      const discovery = dnsDiscovery(await nameServer(() => null))
      const stop = new AbortController()
      const asked = discovery.resolve(nodeId, { signal: stop.signal })
      setImmediate(() => stop.abort())
      assert.equal(await asked, null)
    })

    it('rejects invalid options', () => {
      for (const options of [
        { origin: 'a..b' },
        { origin: 'a/b' },
        { servers: ['x'] },
        { timeoutMs: 0 },
        { other: 1 }
      ]) {
        assert.throws(() => dnsDiscovery(options), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      }
      for (const options of [{ relay: 'ftp://a' }, { relay: 7 }, { publishAddresses: 1 }]) {
        assert.throws(() => pkarrDiscovery(options), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      }
    })
  })

  describe('memory', () => {
    it('lets endpoints that share it find each other', async () => {
      const memory = memoryDiscovery()
      const hub = await create({ alpns: [alpn], discovery: [memory] })
      const client = await create({ discovery: [memory] })
      await client.connect(hub.nodeId(), alpn)
      assert.equal(memory.remove(hub.nodeId()), true)
      assert.equal(memory.resolve(hub.nodeId()), null)
      memory.add(hub.addr())
      assert.deepEqual(memory.resolve(hub.nodeId()).directAddresses, hub.addr().directAddresses)
    })
  })
})
