// SPDX-License-Identifier: MIT
// A hub with a spoke that does not read: what becomes of it, and of the others.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { CloseCode, createHub, createSpoke } = require('event-target-iroh')
const { local } = require('../helpers/endpoints')
const { until } = require('../helpers/events')

const KIB = 1024
const text = 'x'.repeat(4 * KIB)
const news = (n) => ({ type: 'news', payload: { n, text } })

describe('A slow spoke', () => {
  const open = []

  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()))
  })

  async function startSpoke(hub, options) {
    const endpointOptions = { ...local, streamWindow: 16 * KIB }
    const arrived = once(hub, 'spoke')
    const spoke = await createSpoke({ hub: hub.addr(), endpointOptions, reconnect: false, ...options })
    open.push(spoke)
    const [target] = await arrived
    const heard = []
    spoke.addEventListener('news', ({ detail }) => heard.push(detail.payload.n))
    return { spoke, target, heard }
  }

  /** A hub, a spoke that reads and one that does not. */
  async function start(options) {
    const hub = await createHub({ endpointOptions: local, maxBufferedAmount: 128 * KIB, ...options })
    open.push(hub)
    const [quick, slow] = [await startSpoke(hub), await startSpoke(hub)]
    slow.spoke.pause()
    return { hub, quick, slow }
  }

  /** Sends to all, as fast as the quick one reads, until the condition holds. @returns {Promise<number>} how many */
  async function broadcastUntil(condition, { hub, quick }) {
    let n = 0
    for (; !condition(); n++) {
      hub.broadcast(news(n))
      await until(() => quick.heard.length > n)
    }
    return n
  }

  const upTo = (count) => Array.from({ length: count }, (_, n) => n)

  it("makes broadcast() throw with slowSpoke: 'wait', after the others got it", async () => {
    const { hub, quick, slow } = await start({ slowSpoke: 'wait' })
    let failure
    for (let n = 0; !failure; n++) {
      try {
        assert.equal(hub.broadcast(news(n)), 2)
      } catch (error) {
        failure = error
      }
      await until(() => quick.heard.length > n)
    }
    assert.equal(failure.code, 'ERR_IROH_BUFFER_FULL')
    assert.deepEqual(failure.peers, [slow.spoke.nodeId()])
    assert.equal(hub.spokes.size, 2)
    let isDrained = false
    const drained = hub.drained().then(() => (isDrained = true))
    await new Promise(setImmediate)
    assert.equal(isDrained, false)
    slow.spoke.resume()
    await drained
    assert.equal(hub.broadcast(news(-1)), 2)
    await until(() => slow.heard.at(-1) === -1)
    assert.deepEqual(slow.heard.slice(0, -1), upTo(slow.heard.length - 1))
  })

  it("is closed with slowSpoke: 'disconnect', and told why", async () => {
    const { hub, quick, slow } = await start({ slowSpoke: 'disconnect' })
    const gone = once(hub, 'spokeclose')
    const sent = await broadcastUntil(() => hub.spokes.size === 1, { hub, quick })
    assert.deepEqual(quick.heard, upTo(sent))
    const [nodeId, { kind, code }] = await gone
    assert.deepEqual([nodeId, kind, code], [slow.spoke.nodeId(), 'locally-closed', CloseCode.SLOW])
    slow.spoke.resume()
    assert.equal((await slow.spoke.connection.closed()).code, CloseCode.SLOW)
    assert.equal(hub.broadcast(news(sent)), 1)
  })

  it("misses the oldest with slowSpoke: 'drop-oldest', which are counted", async () => {
    const { hub, quick, slow } = await start({ slowSpoke: 'drop-oldest' })
    const sent = await broadcastUntil(() => slow.target.stats().dropped >= 50, { hub, quick })
    assert.deepEqual(quick.heard, upTo(sent))
    assert.equal(quick.target.stats().dropped, 0)
    assert.ok(slow.target.bufferedAmount < 1024 * KIB)
    slow.spoke.resume()
    await hub.drained()
    await until(() => slow.heard.at(-1) === sent - 1)
    const { dropped } = slow.target.stats()
    assert.equal(slow.heard.length, sent - dropped)
    assert.deepEqual(
      slow.heard,
      [...new Set(slow.heard)].sort((a, b) => a - b),
      'in order, each once'
    )
    const firstMissed = slow.heard.findIndex((n, index) => n !== index)
    assert.deepEqual(
      slow.heard.slice(firstMissed),
      upTo(sent).slice(firstMissed + dropped),
      'all missed in one stretch'
    )
  })

  it("loses nothing that is sent to it alone with slowSpoke: 'drop-oldest'", async () => {
    const { hub, quick, slow } = await start({ slowSpoke: 'drop-oldest' })
    const orders = []
    slow.spoke.addEventListener('order', ({ detail }) => orders.push(detail.payload.n))
    await broadcastUntil(() => slow.target.stats().dropped > 0, { hub, quick })
    let given = 0
    const order = () => hub.send(slow.spoke.nodeId(), { type: 'order', payload: { n: given, text } })
    assert.throws(
      () => {
        for (; given < 1000; given++) order()
      },
      { code: 'ERR_IROH_BUFFER_FULL', peer: slow.spoke.nodeId() }
    )
    assert.ok(given > 10)
    assert.equal(hub.spokes.size, 2)
    slow.spoke.resume()
    await until(() => orders.length === given)
    assert.deepEqual(orders, upTo(given))
  })

  it("gets what waits before the end with slowSpoke: 'drop-oldest'", async () => {
    const { hub, quick, slow } = await start({ slowSpoke: 'drop-oldest' })
    const sent = await broadcastUntil(() => slow.target.stats().dropped > 0, { hub, quick })
    const closed = slow.target.close()
    assert.throws(() => slow.target.send(news(-1)), { code: 'ERR_IROH_CLOSED' })
    slow.spoke.resume()
    await closed
    assert.equal(slow.heard.at(-1), sent - 1)
  })

  it("is told what is too long with slowSpoke: 'drop-oldest', also while it waits", async () => {
    const { hub, quick, slow } = await start({ slowSpoke: 'drop-oldest', maxFrameLength: 64 * KIB })
    const sent = await broadcastUntil(() => slow.target.stats().dropped > 0, { hub, quick })
    const long = { type: 'long', payload: 'é'.repeat(33 * KIB) }
    assert.throws(() => hub.broadcast(long), { code: 'ERR_IROH_FRAME_TOO_LONG' })
    slow.spoke.resume()
    await until(() => slow.heard.at(-1) === sent - 1)
  })

  it('works with a low-water mark above what is on its way', async () => {
    const endpointOptions = { ...local, maxSendBuffer: 16 * 1024 * KIB, sendLowWater: 1024 * KIB }
    const { hub, quick, slow } = await start({ slowSpoke: 'drop-oldest', endpointOptions })
    const sent = await broadcastUntil(() => slow.target.stats().dropped > 0, { hub, quick })
    slow.spoke.resume()
    await until(() => slow.heard.at(-1) === sent - 1)
  })
})
