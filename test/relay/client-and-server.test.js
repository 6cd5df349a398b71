// SPDX-License-Identifier: MIT
// The relay client against our own relay.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { createCertificate } = require('../../bench/certificate.js')
const { RelayManager } = require('../../lib/relay/manager')
const { seededRandom, until } = require('../helpers/events.js')
const { useRelayClients } = require('../helpers/relay-clients.js')

describe('RelayClient at our relay', () => {
  const { keep, connect, connected } = useRelayClients()

  async function listen(options) {
    const ports = { port: 0, stunPort: false, quicPort: false }
    return keep(await RelayServer.listen({ host: '127.0.0.1', ...ports, ...options }))
  }

  it('carries thousands of batches, whole and in order', async () => {
    const relay = await listen()
    const [a, b] = [await connected(relay), await connected(relay)]
    const random = seededRandom(3)
    const sent = Array.from({ length: 2000 }, (_, index) => {
      const bytes = Buffer.alloc(1 + Math.floor(random() * 14_520), index)
      return { ecn: index % 4, segmentSize: index % 3 === 0 ? 1452 : 0, bytes }
    })
    let count = 0
    b.on('datagrams', (source, ecn, segmentSize, bytes) => {
      const expected = sent[count++]
      const batched = expected.segmentSize > 0 && expected.bytes.length > expected.segmentSize
      assert.ok(source.equals(a.id) && bytes.equals(expected.bytes))
      assert.deepEqual([ecn, segmentSize], [expected.ecn, batched ? expected.segmentSize : 0])
    })
    for (const [index, { ecn, segmentSize, bytes }] of sent.entries()) {
      assert.ok(a.send(b.id, ecn, segmentSize, bytes))
      await until(() => index - count < 100)
    }
    await until(() => count === sent.length)
    assert.equal(a.metrics().droppedFull, 0)
  })

  it('proves its key by the TLS exporter', async () => {
    const tls = { ...createCertificate(), httpPort: false }
    const relay = await listen({ tls, hostname: 'localhost' })
    const [a, b] = [await connected(relay, { ca: tls.cert }), await connected(relay, { ca: tls.cert })]
    assert.deepEqual([a.proof, b.proof], ['exporter', 'exporter'])
    a.send(b.id, 0, 0, Buffer.from('sealed'))
    const [source, , , bytes] = await once(b, 'datagrams')
    assert.ok(source.equals(a.id))
    assert.equal(bytes.toString(), 'sealed')
  })

  it('is let in by its token only', async () => {
    const relay = await listen({ access: { tokens: ['let-me-in'] } })
    await connected(relay, { token: 'let-me-in' })
    await once(connect(relay, { token: 'let-us-in' }), 'denied')
    await once(connect(relay), 'denied')
  })

  it('learns that another took over with its key, that it left, and that a peer is gone', async () => {
    const relay = await listen()
    const secretKey = SecretKey.generate()
    const first = await connected(relay, { secretKey })
    const replaced = once(first, 'status')
    const second = await connected(relay, { secretKey })
    assert.equal((await replaced)[0].code, 1)
    const restored = once(first, 'status')
    await second.close()
    assert.equal((await restored)[0].code, 0)

    const peer = await connected(relay)
    peer.send(first.id, 0, 0, Buffer.from('hi'))
    await once(first, 'datagrams')
    const gone = once(first, 'gone')
    await peer.close()
    assert.ok((await gone)[0].equals(peer.id))
  })

  it('comes back to a relay that restarts', async () => {
    const relay = await listen()
    const client = await connected(relay)
    const restarting = once(client, 'restarting')
    const lost = once(client, 'down')
    await Promise.all([relay.close({ reconnectInMs: 100 }), restarting, lost])
    await listen({ port: relay.ports.relay })
    await until(() => client.state === 'up')
    assert.equal(client.metrics().sessions, 2)
  })

  it('makes another relay its home while the first is away', async () => {
    const relays = [await listen(), await listen()]
    const manager = keep(new RelayManager({ relays: relays.map(({ url }) => url), secretKey: SecretKey.generate() }))
    manager.start()
    await manager.online()
    const [home, other] = manager.home() === relays[0].url ? relays : relays.reverse()
    await until(() => manager.report().every(({ latencyMs }) => latencyMs !== null))
    await home.close()
    await until(() => manager.home() === other.url)
    await manager.online()
  })
})
