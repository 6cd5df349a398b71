// SPDX-License-Identifier: MIT
// Our relay client and endpoints at iroh's own relay server, built by cargo.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const path = require('node:path')
const { createHubIrohEventTarget, createSpokeIrohEventTarget, SecretKey } = require('event-target-iroh')
const { RelayManager } = require('../../../lib/relay/manager')
const { MAX_SEND_FRAME, BATCH_HEADER } = require('../../../lib/relay/protocol')
const { alpn, useEndpoints } = require('../../helpers/endpoints.js')
const { nextEvent, until } = require('../../helpers/events.js')
const { createRealEndpoint, RealFrames } = require('../../helpers/real-iroh.js')
const { useRelayClients } = require('../../helpers/relay-clients.js')
const { useCrate } = require('../rust/cargo.js')
const { RustRelay } = require('../rust/relay.js')

const CRATE = path.join(__dirname, '..', 'rust')

describe("iroh's relay server", () => {
  const { create } = useEndpoints()
  const { keep, connect, connected } = useRelayClients()

  useCrate(CRATE)

  async function start(...args) {
    return keep(await RustRelay.start(...args))
  }

  const kinds = { http: { args: [], proof: 'challenge' }, https: { args: ['tls'], proof: 'exporter' } }

  for (const [kind, { args, proof }] of Object.entries(kinds)) {
    describe(`over ${kind}`, () => {
      it(`takes our proof by ${proof} and answers our ping`, async () => {
        const client = await connected(await start(...args))
        assert.equal(client.proof, proof)
        assert.equal(client.version, 2)
        await until(() => client.latencyMs !== null)
      })

      it('carries datagrams and batches both ways, up to the largest', async () => {
        const relay = await start(...args)
        const [a, b] = [await connected(relay), await connected(relay)]
        const batches = [
          [0, 0, Buffer.from('x')],
          [2, 0, Buffer.alloc(1452, 1)],
          [3, 1452, Buffer.alloc(14_520, 2)],
          [1, 1000, Buffer.alloc(MAX_SEND_FRAME - BATCH_HEADER, 3)]
        ]
        for (const [from, to] of [
          [a, b],
          [b, a]
        ]) {
          for (const [ecn, segmentSize, bytes] of batches) {
            assert.ok(from.send(to.id, ecn, segmentSize, bytes))
            const [source, ...batch] = await once(to, 'datagrams')
            assert.ok(source.equals(from.id))
            assert.deepEqual(batch, [ecn, segmentSize, bytes])
          }
        }
      })

      it('is our home relay in less than 300 ms', async () => {
        const { url, ca } = await start(...args)
        const manager = keep(new RelayManager({ relays: [url], ca, secretKey: SecretKey.generate() }))
        const before = performance.now()
        manager.start()
        await manager.online()
        assert.ok(performance.now() - before < 300)
        assert.equal(manager.home(), url)
      })

      it('connects two of our endpoints, with events both ways', async () => {
        const { url, ca } = await start(...args)
        const options = { relays: [url], relayCa: ca }
        const [server, client] = [await create({ alpns: [alpn], ...options }), await create(options)]
        await Promise.all([server.online(), client.online()])
        const peer = { nodeId: server.nodeId(), relayUrl: url }
        const [accepted, dialled] = await Promise.all([server.accept(), client.connect(peer, alpn)])
        assert.equal(dialled.paths()[0].isRelay, true)
        const [hub, spoke] = await Promise.all([
          createHubIrohEventTarget(accepted),
          createSpokeIrohEventTarget(dialled)
        ])
        const [there, back] = [nextEvent(hub, 'there'), nextEvent(spoke, 'back')]
        spoke.send({ type: 'there', payload: 'x'.repeat(100_000) })
        hub.send({ type: 'back', payload: 'y'.repeat(100_000) })
        assert.equal((await there).detail.payload.length, 100_000)
        assert.equal((await back).detail.payload.length, 100_000)
      })
    })
  }

  it('connects our endpoint and a real iroh node, with events both ways', async () => {
    const { url } = await start()
    const iroh = keep(await createRealEndpoint({ alpns: [alpn], relayUrl: url }))
    const ours = await create({ relays: [url] })
    await Promise.all([iroh.online(), ours.online()])
    const peer = { nodeId: iroh.nodeId(), relayUrl: url }
    const [near, far] = await Promise.all([ours.connect(peer, alpn), iroh.accept()])
    assert.equal(near.paths()[0].isRelay, true)
    const target = await createSpokeIrohEventTarget(near)
    const back = nextEvent(target, 'back')
    target.send({ type: 'there', payload: 'x'.repeat(100_000) })
    const frames = new RealFrames(await far.acceptBi())
    assert.equal((await frames.read()).payload.length, 100_000)
    await frames.write({ type: 'back', payload: 'y'.repeat(100_000) })
    assert.equal((await back).detail.payload.length, 100_000)
  })

  it('tells that a peer left', async () => {
    const relay = await start()
    const [a, b] = [await connected(relay), await connected(relay)]
    a.send(b.id, 0, 0, Buffer.from('hi'))
    await once(b, 'datagrams')
    const gone = once(b, 'gone')
    await a.close()
    assert.ok((await gone)[0].equals(a.id))
  })

  it('tells the first of two connections with one key that it was replaced, and when it is not any more', async () => {
    const relay = await start()
    const secretKey = SecretKey.generate()
    const first = await connected(relay, { secretKey })
    const replaced = once(first, 'status')
    const second = await connected(relay, { secretKey })
    assert.equal((await replaced)[0].code, 1)
    const restored = once(first, 'status')
    await second.close()
    assert.equal((await restored)[0].code, 0)
  })

  it('takes our token, and says why it denies another', async () => {
    const relay = await start('token=let-me-in')
    await connected(relay, { token: 'let-me-in' })
    const [reason] = await once(connect(relay, { token: 'let-us-in' }), 'denied')
    assert.equal(reason, 'wrong token')
  })
})
