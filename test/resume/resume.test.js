// SPDX-License-Identifier: MIT
// delivery: 'resume', over real connections: sessions that outlive them, and spools that outlive the program.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createHub, createSpoke, Endpoint, SecretKey } = require('event-target-iroh')
const { local } = require('../helpers/endpoints')
const { IrohError } = require('../../lib/base/errors')
const { Session } = require('../../lib/resume/session')
const { Slot } = require('../../lib/resume/spool')
const { nextEvent, until } = require('../helpers/events')

const soon = { minDelayMs: 1, maxDelayMs: 10 }
const delivery = 'resume'

describe("delivery: 'resume'", () => {
  const open = new Set()
  let directory

  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'resume-'))
  })

  afterEach(async () => {
    await Promise.all([...open].map((one) => one.close()))
    open.clear()
    fs.rmSync(directory, { recursive: true, force: true })
  })

  const keep = (one) => {
    open.add(one)
    return one
  }

  const close = (one) => {
    open.delete(one)
    return one.close()
  }

  const startHub = async (options) => keep(await createHub({ endpointOptions: local, delivery, ...options }))

  const startSpoke = async (hub, options) =>
    keep(await createSpoke({ hub: hub.addr(), endpointOptions: local, reconnect: soon, delivery, ...options }))

  /** A hub with a key and a port that another one can have after it. */
  async function lastingHub(options) {
    const secretKey = SecretKey.generate()
    const first = await startHub({ endpointOptions: { ...local, secretKey }, ...options })
    const [bindAddress] = first.endpoint.boundAddresses()
    const again = (other) => startHub({ endpointOptions: { ...local, secretKey, bindAddress }, ...options, ...other })
    return { first, again }
  }

  /** A hub, a spoke, and what the hub has of it. */
  async function pair(hubOptions, spokeOptions) {
    const hub = await startHub(hubOptions)
    const [spoke, [target]] = await Promise.all([startSpoke(hub, spokeOptions), once(hub, 'spoke')])
    return { hub, spoke, target }
  }

  /** What comes of a type, from now on. */
  function record(target, type = 'count') {
    const got = []
    target.addEventListener(type, ({ detail, sequence }) => {
      got.push(detail.payload)
      got.sequence = sequence
    })
    return got
  }

  const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const send = (target, first, last) => {
    for (const payload of numbers(first, last)) target.send({ type: 'count', payload })
  }

  it('goes on after each break, in order, with the same targets and listeners', async () => {
    const { hub, spoke, target } = await pair()
    const [atHub, atSpoke] = [record(target), record(spoke)]
    let [disconnects, resumes] = [0, 0]
    hub.on('spokedisconnect', () => disconnects++)
    hub.on('spokeresume', (resumed) => {
      assert.equal(resumed, target)
      resumes++
    })
    const rounds = 10
    for (let round = 0; round < rounds; round++) {
      send(spoke, round * 200 + 1, round * 200 + 100)
      send(target, round * 200 + 1, round * 200 + 100)
      const down = once(spoke, 'disconnected')
      if (round % 2 === 0) target.connection.close(99)
      else spoke.connection.close(99)
      await down
      send(spoke, round * 200 + 101, round * 200 + 200)
      send(target, round * 200 + 101, round * 200 + 200)
      await once(hub, 'spokeresume')
    }
    const last = rounds * 200
    await until(() => atHub.length >= last && atSpoke.length >= last)
    assert.deepEqual([...atHub], numbers(1, last))
    assert.deepEqual([...atSpoke], numbers(1, last))
    assert.deepEqual([atHub.sequence, atSpoke.sequence], [last, last])
    assert.equal(resumes, rounds)
    assert.ok(disconnects > 0)
    assert.equal(hub.spokes.get(spoke.nodeId()), target)
    await until(() => spoke.session.acknowledged === last && target.session.acknowledged === last)
    assert.deepEqual([spoke.delivery, target.delivery], [delivery, delivery])
    assert.equal(spoke.session.id, target.session.id)
    assert.equal(spoke.session.replaySize, 0)
  })

  it('tells both sides when the hub has forgotten the session, and begins another', async () => {
    const { first, again } = await lastingHub()
    const [spoke] = await Promise.all([startSpoke(first), once(first, 'spoke')])
    const told = nextEvent(spoke, 'error')
    const down = once(spoke, 'disconnected')
    const { id } = spoke.session
    await until(() => spoke.session.id !== id || spoke.delivery === delivery)
    first.spokes.get(spoke.nodeId()).pause()
    send(spoke, 1, 3)
    await until(() => spoke.bufferedAmount === 0)
    first.endpoint.rebind()
    await close(first)
    await down
    send(spoke, 4, 6)
    const hub = await again()
    const [[target], { error }] = await Promise.all([once(hub, 'spoke'), told])
    const got = record(target)
    assert.equal(error.code, 'ERR_IROH_SESSION_LOST')
    await until(() => got.length >= 3)
    const maybe = error.unacknowledged.map(({ payload }) => payload)
    assert.deepEqual([...maybe, ...got], numbers(1, 6), 'each is told of or arrives')
    assert.equal(got.sequence, got.length)
  })

  it('tells the hub when the spoke has forgotten the session', async () => {
    const secretKey = SecretKey.generate()
    const options = { endpointOptions: { ...local, secretKey } }
    const { hub, spoke, target } = await pair({}, options)
    spoke.pause()
    send(target, 1, 3)
    await until(() => target.bufferedAmount === 0)
    await spoke.endpoint.close()
    await spoke.closed
    send(target, 4, 5)
    const [closed, [fresh]] = await Promise.all([target.closed, once(hub, 'spoke'), startSpoke(hub, options)])
    assert.deepEqual(
      closed.error.unacknowledged.map(({ payload }) => payload),
      numbers(1, 5)
    )
    assert.equal(closed.error.code, 'ERR_IROH_SESSION_LOST')
    assert.throws(() => send(target, 6, 6), { code: 'ERR_IROH_SESSION_LOST' })
    assert.equal(hub.spokes.get(spoke.nodeId()), fresh)
    assert.notEqual(fresh, target)
  })

  it('ends a session whose spoke does not come back in time', async () => {
    const { hub, spoke, target } = await pair({ resume: { expiryMs: 50 } })
    const closed = once(hub, 'spokeclose')
    await close(spoke)
    await closed

    const other = await startSpoke(hub, { reconnect: false })
    await until(() => hub.spokes.size === 1)
    const [late] = hub.spokes.values()
    const [error, gone] = [nextEvent(late, 'error'), once(hub, 'spokeclose')]
    other.connection.close(99)
    await gone
    assert.equal((await error).error.code, 'ERR_IROH_SESSION_LOST')
    assert.equal(hub.spokes.size, 0)
    assert.equal((await target.closed).kind, 'finished')
  })

  it('keeps at most so many sessions without a spoke', async () => {
    const hub = await startHub({ resume: { maxDisconnected: 2 } })
    const targets = []
    hub.on('spoke', (target) => targets.push(target))
    for (let count = 1; count <= 4; count++) {
      const spoke = await startSpoke(hub, { reconnect: false })
      await until(() => targets.length === count)
      const gone = once(hub, 'spokedisconnect')
      spoke.connection.close(99)
      await gone
    }
    await Promise.all([targets[2].closed, targets[3].closed])
    assert.deepEqual(
      targets.map(({ state }) => state),
      ['disconnected', 'disconnected', 'closed', 'closed']
    )
    assert.equal(hub.spokes.size, 2)
  })

  it('gives up a session of the address that has most of them', async () => {
    const hub = await startHub({ resume: { maxDisconnected: 2 } })
    const come = async (address) => {
      const endpointOptions = { preset: 'minimal', bindAddress: `${address}:0` }
      const [[target], spoke] = await Promise.all([
        once(hub, 'spoke'),
        startSpoke(hub, { reconnect: false, endpointOptions })
      ])
      const gone = once(hub, 'spokedisconnect')
      spoke.connection.close(99)
      await gone
      return target
    }
    const [madeUp, another, honest] = [await come('127.0.0.2'), await come('127.0.0.2'), await come('127.0.0.1')]
    await another.closed
    const third = await come('127.0.0.2')
    await third.closed
    assert.deepEqual([madeUp.state, honest.state], ['disconnected', 'disconnected'])
  })

  describe('with much for spokes that are away', () => {
    const KIB = 1024
    const bounds = { maxReplayBytes: 256 * KIB, maxReplayTotal: 256 * KIB }
    const long = { type: 'long', payload: 'x'.repeat(16 * KIB) }

    /** A hub, one spoke that is there, and some that are away. */
    async function hubWithAway(count) {
      const hub = await startHub({ maxFrameLength: 32 * KIB, resume: bounds })
      const away = []
      for (let index = 0; index < count; index++) {
        const [[target], spoke] = await Promise.all([once(hub, 'spoke'), startSpoke(hub, { reconnect: false })])
        const gone = once(hub, 'spokedisconnect')
        spoke.connection.close(99)
        await gone
        away.push(target)
      }
      return { hub, away }
    }

    function fill(target) {
      for (let count = 0; ; count++) {
        try {
          target.send(long)
        } catch (error) {
          assert.equal(error.code, 'ERR_IROH_BUFFER_FULL')
          return count
        }
      }
    }

    it('bounds their sum: each may have as much as is free', async () => {
      const { away } = await hubWithAway(3)
      assert.deepEqual(away.map(fill), [8, 4, 2])
    })

    it('counts what all are sent once', async () => {
      const { hub, away } = await hubWithAway(3)
      for (let count = 0; count < 8; count++) hub.broadcast(long)
      for (const target of away) assert.ok(target.session.replaySize > 8 * 16 * KIB)
    })

    it('gives up the one that holds most for a spoke that is there, and tells of it', async () => {
      const { hub, away } = await hubWithAway(2)
      const [[here], spoke] = await Promise.all([once(hub, 'spoke'), startSpoke(hub)])
      let received = 0
      spoke.addEventListener('long', () => received++)
      fill(away[0])
      fill(away[1])
      const [told, gone] = [nextEvent(away[0], 'error'), once(hub, 'spokeclose')]
      for (let count = 0; count < 5; count++) here.send(long)
      const { error } = await told
      assert.equal(error.code, 'ERR_IROH_SESSION_LOST')
      assert.equal(error.unacknowledged.length, 8)
      assert.equal((await gone)[0], away[0].remoteNodeId)
      assert.equal(away[1].state, 'disconnected')
      await until(() => received === 5)
    })
  })

  it('serves a spoke that does not resume as before, and lets one know that its hub does not', async () => {
    const hub = await startHub({ operations: ['hub.list'] })
    const [plain, [target]] = await Promise.all([
      startSpoke(hub, { delivery: 'at-most-once', operations: ['spoke.work'] }),
      once(hub, 'spoke')
    ])
    const [atHub, atSpoke] = [record(target), record(plain)]
    send(plain, 1, 2)
    send(target, 1, 2)
    await until(() => atHub.length === 2 && atSpoke.length === 2)
    assert.deepEqual([target.delivery, target.session, atHub.sequence], ['at-most-once', null, undefined])
    assert.deepEqual((await plain.registered).operations, ['hub.list'])
    assert.deepEqual((await target.registered).operations, ['spoke.work'])
    const gone = once(hub, 'spokeclose')
    plain.connection.close(99)
    await gone

    const old = await startHub({ delivery: undefined, operations: [] })
    const [spoke, [there]] = await Promise.all([startSpoke(old), once(old, 'spoke')])
    const got = record(there)
    send(spoke, 1, 2)
    await until(() => got.length === 2)
    assert.equal(spoke.delivery, 'at-most-once')
  })

  it('serves a spoke or a hub that is silent as before, after a while', async () => {
    const old = await startHub({ delivery: undefined })
    const [spoke, [there]] = await Promise.all([
      startSpoke(old, { resume: { answerTimeoutMs: 50 } }),
      once(old, 'spoke')
    ])
    const got = record(there)
    send(spoke, 1, 2)
    await until(() => got.length === 2)
    assert.equal(spoke.delivery, 'at-most-once')

    const hub = await startHub()
    const [silent, [target]] = await Promise.all([startSpoke(hub, { delivery: undefined }), once(hub, 'spoke')])
    const heard = record(silent)
    send(target, 1, 2)
    await until(() => heard.length === 2)
    assert.equal(target.delivery, 'at-most-once')
  })

  it('takes the silence of a peer that has a session for a bad connection', async () => {
    const resume = { answerTimeoutMs: 50 }
    const { first, again } = await lastingHub({ resume, spool: directory })
    const secretKey = SecretKey.generate()
    const options = { endpointOptions: { ...local, secretKey }, resume }
    const [spoke, [target]] = await Promise.all([startSpoke(first, options), once(first, 'spoke')])
    const got = record(target)

    const ghost = keep(await Endpoint.createWithOptions({ ...local, secretKey }))
    const silent = await ghost.connect(first.addr(), first.alpn)
    await (await silent.openBi()).send.write(Buffer.alloc(2))
    assert.equal((await silent.closed()).code, 10)
    send(spoke, 1, 2)
    await until(() => got.length === 2)

    const mute = { ...local, alpns: [first.alpn], secretKey: first.endpoint.secretKey() }
    const [bindAddress] = first.endpoint.boundAddresses()
    await close(first)
    const endpoint = keep(await Endpoint.createWithOptions({ ...mute, bindAddress }))
    const ended = await (await endpoint.accept()).closed()
    assert.equal(ended.code, 10)
    await close(endpoint)
    const hub = await again()
    const restored = record(hub.spokes.get(spoke.nodeId()))
    send(spoke, 3, 4)
    await until(() => restored.length === 2)
    assert.deepEqual([[...restored], restored.sequence], [[3, 4], 4])
  })

  it('bounds what waits for the peer, and lets the sender wait for room', async () => {
    const resume = { maxReplayEvents: 100 }
    const { spoke, target } = await pair({ resume }, { resume })
    const got = record(target)
    const down = once(spoke, 'disconnected')
    target.pause()
    send(spoke, 1, 50)
    spoke.connection.close(99)
    await down
    send(spoke, 51, 100)
    assert.throws(() => send(spoke, 101, 101), { code: 'ERR_IROH_BUFFER_FULL', class: 'transient' })
    let isDrained = false
    const drained = spoke.drained().then(() => {
      isDrained = true
    })
    await once(spoke, 'connected')
    await until(() => spoke.bufferedAmount === 0)
    assert.equal(isDrained, false)
    target.resume()
    await drained
    send(spoke, 101, 101)
    await until(() => got.length === 101)
    assert.deepEqual([...got], numbers(1, 101))
  })

  it('counts a frame that the peer refuses, and goes on after it', async () => {
    const { spoke, target } = await pair({ maxDepth: 3 })
    const got = record(target)
    const refused = nextEvent(target, 'error')
    send(spoke, 1, 1)
    spoke.send({ type: 'deep', payload: [[[[[]]]]] })
    send(spoke, 2, 2)
    assert.equal((await refused).error.code, 'ERR_IROH_TOO_DEEP')
    await until(() => spoke.session.acknowledged === 3)
    assert.deepEqual([[...got], got.sequence], [[1, 2], 3])
  })

  it('ends both targets at a frame that cannot be skipped, which would only come again', async () => {
    const { spoke, target } = await pair({ maxFrameLength: 1000 })
    spoke.send({ type: 'long', payload: 'x'.repeat(2000) })
    const [here, there] = await Promise.all([spoke.closed, target.closed])
    assert.deepEqual([here.kind, there.kind], ['stream-reset', 'stream-error'])
    assert.equal(here.error.code, 'ERR_IROH_SESSION_LOST')
    assert.equal(here.error.unacknowledged[0].type, 'long')
  })

  it('rejects reserved types, invalid options, and envelopes that are too long', async () => {
    const { hub, spoke } = await pair()
    const usage = { code: 'ERR_IROH_INVALID_ARGUMENT' }
    for (const type of ['hub.register', 'hub.resume', 'hub.ack']) {
      assert.throws(() => spoke.send({ type }), usage)
      assert.throws(() => spoke.send({ type: 'x', toJSON: () => ({ type }) }), usage)
      assert.throws(() => hub.broadcast({ type }), usage)
    }
    assert.throws(() => spoke.send({ type: 'x', payload: 'x'.repeat(1 << 20) }), { code: 'ERR_IROH_FRAME_TOO_LONG' })
    const wrong = [
      { delivery: 'exactly-once' },
      { delivery: undefined, resume: {} },
      { delivery: undefined, spool: directory },
      { resume: { unknown: 1 } },
      { resume: { maxReplayBytes: 1024 } },
      { spool: '' }
    ]
    for (const options of wrong) {
      await assert.rejects(startSpoke(hub, options), usage)
      await assert.rejects(startHub(options), usage)
    }
    await assert.rejects(startHub({ slowSpoke: 'drop-oldest' }), usage)
  })

  it('refuses what its endpoint could never send, and sends all else whatever the bounds of its streams', async () => {
    const endpointOptions = { ...local, maxSendBuffer: 512 * 1024 }
    const { spoke, target } = await pair({ endpointOptions }, { endpointOptions, maxBufferedAmount: 500 })
    const got = record(target)
    const half = 256 * 1024
    for (const [from, payload] of [
      [spoke, 'x'.repeat(half)],
      [target, 'é'.repeat(half / 2)]
    ])
      assert.throws(() => from.send({ type: 'count', payload }), { code: 'ERR_IROH_FRAME_TOO_LONG' })
    const payloads = [1, 'x'.repeat(half - 100), 2, 'é'.repeat(20_000), 3]
    for (const payload of payloads) spoke.send({ type: 'count', payload })
    await until(() => got.length === payloads.length)
    assert.deepEqual([...got], payloads)
    await until(() => spoke.session.acknowledged === payloads.length)

    const patient = { ...local, sendLowWater: 8 << 20 }
    const { spoke: other, target: there } = await pair({}, { endpointOptions: patient })
    const gotThere = record(there)
    const long = 'x'.repeat(100_000)
    for (let count = 0; count < 100; count++) other.send({ type: 'count', payload: long })
    await until(() => gotThere.length === 100)
  })

  it('ends, and says why, if its spool has what its endpoint can never send', async () => {
    const hub = await startHub()
    const secretKey = SecretKey.generate()
    const reconnect = { ...soon, fromStart: true }
    const options = { spool: directory, reconnect }
    const spoke = await startSpoke(hub, { ...options, endpointOptions: { ...local, secretKey } })
    spoke.send({ type: 'long', payload: 'x'.repeat(300_000) })
    await spoke.endpoint.close()
    await spoke.closed
    const endpointOptions = { ...local, secretKey, maxSendBuffer: 512 * 1024 }
    const { error } = await (await startSpoke(hub, { ...options, endpointOptions })).closed
    assert.equal(error.code, 'ERR_IROH_FRAME_TOO_LONG')
  })

  it('delivers what was sent before close(), and tells what is left if that cannot be', async () => {
    const { hub, spoke, target } = await pair()
    const got = record(target)
    send(spoke, 1, 1000)
    await close(spoke)
    assert.equal((await spoke.closed).error, null)
    assert.deepEqual([...got], numbers(1, 1000))
    assert.equal((await target.closed).kind, 'finished')

    const other = await startSpoke(hub)
    const down = once(other, 'disconnected')
    await close(hub)
    await down
    send(other, 1, 3)
    await close(other)
    const { error } = await other.closed
    assert.equal(error.code, 'ERR_IROH_SESSION_LOST')
    assert.deepEqual(
      error.unacknowledged.map(({ payload }) => payload),
      numbers(1, 3)
    )
  })

  it('lets go of a spoke that is denied, for good', async () => {
    const { hub, spoke, target } = await pair({}, { reconnect: false })
    const events = []
    for (const name of ['spokedisconnect', 'spokeclose']) hub.on(name, () => events.push(name))
    hub.deny(spoke.nodeId())
    await Promise.all([target.closed, target.connection.closed(), spoke.closed])
    await new Promise(setImmediate)
    assert.deepEqual([hub.spokes.size, target.state, events], [0, 'closed', ['spokeclose']])
  })

  describe('with a spool that fails', () => {
    const broken = new Map()
    /** From now on this method of every session throws what a full disk does. */
    const breakSession = (holder, name) => {
      broken.set(holder, [name, holder[name]])
      holder[name] = () => {
        throw new IrohError('ERR_IROH_SPOOL', { detail: 'the disk is full' })
      }
    }

    afterEach(() => {
      for (const [holder, [name, method]] of broken) holder[name] = method
      broken.clear()
    })

    it('ends the target when it goes on after a break', async () => {
      const { spoke, target } = await pair({}, { spool: directory })
      target.pause()
      send(spoke, 1, 5)
      await until(() => spoke.bufferedAmount === 0)
      breakSession(Slot.prototype, 'acknowledge')
      target.resume()
      spoke.connection.close(99)
      const { error } = await spoke.closed
      assert.equal(error.code, 'ERR_IROH_SPOOL')
      assert.equal(spoke.state, 'closed')
    })

    it("is told by the hub's 'error' event when no session can begin, and serves the next spoke", async () => {
      const hub = await startHub({ maxPending: 1 })
      const { begin } = Session
      breakSession(Session, 'begin')
      const failing = Session.begin
      Session.begin = (bounds, about) => (about?.established ? failing() : begin.call(Session, bounds, about))
      const told = once(hub, 'error')
      await startSpoke(hub, { reconnect: false })
      assert.equal((await told)[0].code, 'ERR_IROH_SPOOL')
      Session.begin = begin
      await Promise.all([startSpoke(hub), once(hub, 'spoke')])
    })
  })

  it('goes on after both programs were closed and started again, with spools', async () => {
    const spools = { hub: path.join(directory, 'hub'), spoke: path.join(directory, 'spoke') }
    const { first, again } = await lastingHub({ spool: spools.hub })
    const options = { endpointOptions: { ...local, secretKey: SecretKey.generate() }, spool: spools.spoke }
    const [spoke, [target]] = await Promise.all([startSpoke(first, options), once(first, 'spoke')])
    const [atHub, atSpoke] = [record(target), record(spoke)]
    send(spoke, 1, 3)
    send(target, 1, 3)
    await until(() => atHub.length === 3 && atSpoke.length === 3)
    await close(first)
    send(spoke, 4, 6)
    await close(spoke)
    assert.equal((await spoke.closed).error, null)

    const hub = await again()
    const [restored] = await once(hub, 'spoke')
    assert.equal(restored.state, 'disconnected')
    assert.equal(hub.broadcast({ type: 'count', payload: 4 }), 1)
    const atHubAgain = record(restored)
    const spokeAgain = await startSpoke(hub, options)
    const atSpokeAgain = record(spokeAgain)
    await until(() => atHubAgain.length === 3 && atSpokeAgain.length === 1)
    assert.deepEqual([[...atHubAgain], atHubAgain.sequence], [[4, 5, 6], 6])
    assert.deepEqual([[...atSpokeAgain], atSpokeAgain.sequence], [[4], 4])
    assert.equal(spokeAgain.session.id, spoke.session.id)
    await assert.rejects(startSpoke(hub, options), { code: 'ERR_IROH_SPOOL' })
    await assert.rejects(startHub({ spool: spools.hub }), { code: 'ERR_IROH_SPOOL' })
  })
})
