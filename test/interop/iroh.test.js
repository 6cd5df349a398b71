// SPDX-License-Identifier: MIT
// Against the real iroh, in both roles.
'use strict'

const assert = require('node:assert/strict')
const { createHubIrohEventTarget, createSpokeIrohEventTarget, SecretKey } = require('event-target-iroh')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { nextDetails, nextEvent } = require('../helpers/events.js')
const { bytes, createRealEndpoint, RealFrames } = require('../helpers/real-iroh.js')

/** Starts a key update, unless one that iroh started by itself is on the way. */
function updateKey(connection) {
  try {
    connection.updateKey()
  } catch (error) {
    assert.equal(error.code, 'ERR_IROH_BUSY')
  }
}

describe('interop with iroh', () => {
  const { create } = useEndpoints()
  const real = []

  afterEach(async () => {
    await Promise.all(real.splice(0).map((endpoint) => endpoint.close()))
  })

  async function createReal(options) {
    const endpoint = await createRealEndpoint(options)
    real.push(endpoint)
    return endpoint
  }

  /** A real iroh dials us: both ends of the connection. */
  async function realDials(options) {
    const ours = await create({ alpns: [alpn], ...options })
    const iroh = await createReal()
    const [near, far] = await Promise.all([ours.accept(), iroh.connect(ours.addr(), alpn)])
    return { ours, iroh, near, far }
  }

  /** We dial a real iroh: both ends of the connection. */
  async function weDial(options) {
    const iroh = await createReal({ alpns: [alpn] })
    const ours = await create(options)
    const [near, far] = await Promise.all([ours.connect(iroh.addr(), alpn), iroh.accept()])
    return { ours, iroh, near, far }
  }

  const roles = { 'that dials us': realDials, 'that we dial': weDial }

  for (const [role, pair] of Object.entries(roles)) {
    describe(role, () => {
      it('proves its NodeId, and sees ours', async () => {
        const { ours, iroh, near, far } = await pair()
        assert.equal(near.remoteNodeId(), iroh.nodeId())
        assert.equal(Buffer.from(far.remoteId().toBytes()).toString('hex'), ours.nodeId())
        assert.equal(Buffer.from(far.alpn()).toString(), alpn)
      })

      it('exchanges datagrams, up to the largest', async () => {
        const { near, far } = await pair()
        const size = Math.min(near.maxDatagramSize(), far.maxDatagramSize())
        for (const length of [1, 100, size]) {
          near.sendDatagram(Buffer.alloc(length, 'a'))
          assert.equal((await far.readDatagram()).length, length)
          far.sendDatagram(Array(length).fill(98))
          assert.deepEqual(await near.readDatagram(), Buffer.alloc(length, 'b'))
        }
      })

      it('exchanges unidirectional streams', async () => {
        const { near, far } = await pair()
        const ours = await near.openUni()
        await ours.writeAll('from us')
        await ours.finish()
        const theirs = await far.openUni()
        await theirs.writeAll(bytes('from iroh'))
        await theirs.finish()
        const [there, here] = [await far.acceptUni(), await near.acceptUni()]
        assert.equal(Buffer.from(await there.readToEnd(100)).toString(), 'from us')
        assert.equal((await here.readToEnd(100)).toString(), 'from iroh')
      })

      it('carries a megabyte on a stream, both ways', async () => {
        const { near, far } = await pair()
        const bulk = Buffer.alloc(1 << 20, 'abcdefghij')
        const ours = await near.openUni()
        const sending = ours.writeAll(bulk).then(() => ours.finish())
        const there = await far.acceptUni()
        assert.ok(Buffer.from(await there.readToEnd(2 << 20)).equals(bulk))
        await sending
        const theirs = await far.openUni()
        const back = theirs.writeAll([...bulk]).then(() => theirs.finish())
        assert.ok((await (await near.acceptUni()).readToEnd(2 << 20)).equals(bulk))
        await back
      })

      it('sees our close code and reason, and we see its', async () => {
        const first = await pair()
        first.near.close(5, 'bye from us')
        assert.match(await first.far.closed(), /bye from us.*code 5/)
        const second = await pair()
        second.far.close(6n, bytes('bye from iroh'))
        const { kind, code, reason } = await second.near.closed()
        assert.deepEqual([kind, code, reason], ['application-closed', 6, 'bye from iroh'])
      })

      it('stays through key updates: thousands of packets in both directions', async () => {
        const { near, far } = await pair()
        const count = 3000
        const { send, recv } = await near.openBi()
        await send.writeAll('start')
        const stream = await far.acceptBi()
        await stream.recv.readExact(5)
        const echo = async () => {
          for (let index = 0; index < count; index++) await stream.send.writeAll(await stream.recv.readExact(8))
        }
        const ask = async () => {
          for (let index = 0; index < count; index++) {
            const question = String(index).padStart(8, '0')
            await send.writeAll(question)
            assert.equal((await recv.readExact(8)).toString(), question)
            if (index === 1000) updateKey(near)
          }
        }
        await Promise.all([echo(), ask()])
      })
    })
  }

  it('follows us to another address', async () => {
    const { ours, near, far } = await weDial()
    const { send, recv } = await near.openBi()
    await send.writeAll('ping')
    const stream = await far.acceptBi()
    await stream.recv.readExact(4)
    ours.rebind()
    for (let round = 0; round < 10; round++) {
      await send.writeAll('ping')
      await stream.recv.readExact(4)
      await stream.send.writeAll(bytes('pong'))
      assert.equal((await recv.readExact(4)).toString(), 'pong')
    }
  })

  it('exchanges envelopes with a hub that it dials', async () => {
    const { near, far } = await realDials()
    const frames = new RealFrames(await far.openBi())
    const written = frames.write({ type: 'hello', id: '1' })
    const target = await createHubIrohEventTarget(near)
    assert.deepEqual((await nextEvent(target, 'hello:1')).detail, { type: 'hello', id: '1' })
    await written
    const detail = { type: 'call.responded', id: 'uuid-123', payload: { text: 'Grüße 🦜' } }
    target.dispatchEvent(new CustomEvent('call.responded:uuid-123', { detail }))
    assert.deepEqual(await frames.read(), detail)
    const arrived = nextDetails(target, 'n', 100)
    for (let index = 0; index < 100; index++) await frames.write({ type: 'n', payload: index })
    assert.deepEqual(
      (await arrived).map(({ payload }) => payload),
      Array.from({ length: 100 }, (_, index) => index)
    )
  })

  it('exchanges envelopes with a spoke that dials it', async () => {
    const { near, far } = await weDial()
    const target = await createSpokeIrohEventTarget(near)
    target.send({ type: 'hello', payload: 1 })
    const frames = new RealFrames(await far.acceptBi())
    assert.deepEqual(await frames.read(), { type: 'hello', payload: 1 })
    const arrived = nextEvent(target, 'answer:7')
    await frames.write({ type: 'answer', id: '7', payload: [1, 2] })
    assert.deepEqual((await arrived).detail.payload, [1, 2])
  })

  it('is refused when it is not on the allowlist, and sees the reason', async () => {
    const ours = await create({ alpns: [alpn], allow: [] })
    const iroh = await createReal()
    const seen = await iroh.connect(ours.addr(), alpn).then((connection) => connection.closed(), String)
    assert.match(seen, /error 49: .*not allowed/)
    assert.equal(ours.metrics().handshakesRefused, 1)
  })

  it('refuses us, and we say so', async () => {
    const iroh = await createReal({ alpns: [alpn] })
    const ours = await create()
    const dialling = assert.rejects(ours.connect(iroh.addr(), alpn), { code: 'ERR_IROH_REFUSED' })
    await (await iroh.incoming()).refuse()
    await dialling
  })

  it('asks us to prove our address (Retry), and we do', async () => {
    const iroh = await createReal({ alpns: [alpn] })
    const ours = await create()
    const dialling = ours.connect(iroh.addr(), alpn)
    await (await iroh.incoming()).retry()
    const [near] = await Promise.all([dialling, iroh.accept()])
    assert.equal(near.remoteNodeId(), iroh.nodeId())
  })

  it('proves its address when we ask (Retry)', async () => {
    await realDials({ alwaysRetry: true })
  })

  it('serves no such ALPN: each side says so', async () => {
    const iroh = await createReal({ alpns: ['other/1'] })
    const ours = await create({ alpns: ['other/2'] })
    const incoming = iroh.accept().catch(() => {})
    await assert.rejects(ours.connect(iroh.addr(), alpn), { code: 'ERR_IROH_ALPN_MISMATCH' })
    await assert.rejects(iroh.connect(ours.addr(), alpn), /error 120/)
    await incoming
  })

  it('is not who was dialled: each side says so', async () => {
    const iroh = await createReal({ alpns: [alpn] })
    const ours = await create({ alpns: [alpn] })
    const nodeId = SecretKey.generate().nodeId()
    const incoming = iroh.accept().catch(() => {})
    await assert.rejects(ours.connect({ ...iroh.addr(), nodeId }, alpn), { code: 'ERR_IROH_WRONG_PEER' })
    await assert.rejects(iroh.connect({ ...ours.addr(), nodeId }, alpn), /UnknownIssuer/)
    await incoming
  })
})
