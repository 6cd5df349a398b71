// SPDX-License-Identifier: MIT
// Publishing with clocks that are wrong: nobody stays unfindable for longer than the clock is.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const { SecretKey, pkarrDiscovery } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { signPacket } = require('../../lib/discovery/signed-packet')
const { PacketStore } = require('../../lib/relay/server/pkarr/packet-store')
const { until } = require('../helpers/events.js')

const HOUR_MS = 3600_000
const never = new AbortController().signal

describe('Publishing by a clock', () => {
  const { now: rightNow } = Date
  const secretKey = SecretKey.generate()
  const nodeId = secretKey.nodeId()
  const at = (port) => ({ nodeId, directAddresses: [`127.0.0.1:${port}`] })
  const open = []

  afterEach(async () => {
    Date.now = rightNow
    for (const close of open.splice(0).reverse()) await close()
  })

  /** From now on this process's clock is ahead by so much. */
  function setAhead(ms) {
    Date.now = () => rightNow() + ms
  }

  async function relayServer() {
    const ports = { port: 0, stunPort: false, stunAltPort: false, quicPort: false, dnsPort: false }
    const server = await RelayServer.listen({ host: '127.0.0.1', ...ports })
    open.push(() => server.close())
    return server.pkarrUrl
  }

  /** A server that holds the newest packet, refuses none by its time unless told to, and answers as told to an older one. */
  async function looseServer(about = {}) {
    const server = http.createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      if (request.method === 'GET') return about.held ? response.end(about.held) : response.writeHead(404).end()
      const body = Buffer.concat(chunks)
      const timeOf = (packet) => packet.readBigUInt64BE(64)
      if (Number(timeOf(body)) / 1000 > rightNow() + (about.maxAheadMs ?? Number.POSITIVE_INFINITY))
        return response.writeHead(400).end('of another time\u001b')
      const isOlder = about.held !== undefined && timeOf(body) <= timeOf(about.held)
      if (!isOlder) about.held = body
      response.writeHead(isOlder ? (about.olderStatus ?? 204) : 204).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    open.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${server.address().port}/p`
  }

  function publisher(relay) {
    const discovery = pkarrDiscovery({ relay, publishAddresses: true, timeoutMs: 2000 })
    const errors = []
    discovery.attach({ nodeId, secretKey, onError: (error) => errors.push(error) })
    open.push(() => discovery.close())
    return Object.assign(discovery, { errors })
  }

  /** Resolves when the server holds that address. */
  async function found(relay, port) {
    const finder = pkarrDiscovery({ relay })
    for (;;) {
      const { directAddresses } = (await finder.resolve(nodeId, { signal: never })) ?? { directAddresses: [] }
      if (directAddresses.includes(`127.0.0.1:${port}`)) return
      await new Promise(setImmediate)
    }
  }

  for (const aheadMs of [HOUR_MS / 2, 50 * 60_000]) {
    it(`that is right again after it was ${aheadMs / 60_000} min ahead wins, in another process, too`, async () => {
      const relay = await relayServer()
      setAhead(aheadMs)
      await publisher(relay).publish(at(1))
      setAhead(0)
      await publisher(relay).publish(at(2))
      await found(relay, 2)
    })
  }

  it('that was 8 h ahead wins at a server that took it, and in the same process at once', async () => {
    for (const olderStatus of [204, 409, 412]) {
      const relay = await looseServer({ olderStatus })
      setAhead(8 * HOUR_MS)
      const first = publisher(relay)
      await first.publish(at(1))
      setAhead(0)
      await first.publish(at(2))
      await found(relay, 2)
      await publisher(relay).publish(at(3))
      await found(relay, 3)
    }
  })

  it('that was hours ahead publishes as soon as it is set, and tells what the server said and both clocks', async () => {
    const relay = await looseServer({ maxAheadMs: HOUR_MS })
    setAhead(8 * HOUR_MS)
    const discovery = publisher(relay)
    await assert.rejects(discovery.publish(at(1)), ({ message }) => {
      assert.match(message, /answered 400 to what was published: of another time\\u001b/)
      assert.match(message, /\(the server's clock says \d{4}-.*Z, this host's \d{4}-.*Z\)$/)
      return true
    })
    for (let failures = 1; failures < 3; failures++) await until(() => discovery.errors.length >= failures)
    setAhead(0)
    await found(relay, 1)
  })

  it('that was ahead does not count at a server that forgot what it took, and is strict', async () => {
    const about = {}
    const relay = await looseServer(about)
    setAhead(8 * HOUR_MS)
    const discovery = publisher(relay)
    await discovery.publish(at(1))
    setAhead(0)
    Object.assign(about, { held: undefined, maxAheadMs: HOUR_MS })
    await discovery.publish(at(2))
    await found(relay, 2)
  })

  it('leaves alone what another program published since', async () => {
    const relay = await looseServer()
    const first = publisher(relay)
    await first.publish(at(1))
    const finder = pkarrDiscovery({ relay })
    await publisher(relay).publish(at(2))
    await new Promise((resolve) => setTimeout(resolve, 1200)) // the first one has looked by now
    assert.deepEqual((await finder.resolve(nodeId, { signal: never })).directAddresses, ['127.0.0.1:2'])
  })

  it('of the server, which was ahead, keeps nobody out', () => {
    let now = rightNow() + 8 * HOUR_MS
    const store = new PacketStore(10, () => now)
    const packet = (port, ms) => signPacket(secretKey, [`addr=127.0.0.1:${port}`], BigInt(ms) * 1000n)
    assert.equal(store.put(nodeId, packet(1, now)), 'taken')
    now = rightNow()
    assert.equal(store.put(nodeId, packet(2, now)), 'taken')
    assert.equal(store.put(nodeId, packet(1, now - 1)), 'held')
  })
})
