// SPDX-License-Identifier: MIT
// Several relays: which of them is home, and how datagrams find their way over the others.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const os = require('node:os')
const { SecretKey } = require('event-target-iroh')
const { RelayManager } = require('../../lib/relay/manager')
const protocol = require('../../lib/relay/protocol')
const { until } = require('../helpers/events.js')
const { FakeClock } = require('../helpers/fake-clock.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')

const { FrameType } = protocol
const hello = Buffer.from('hello')

describe('RelayManager', () => {
  const { listen, stop } = useFakeRelays()
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((manager) => manager.close()))
    open.clear()
  })

  /** A manager that has started; `homes`, `relays` and `heard` collect its events. */
  function start(relays, options) {
    const manager = new RelayManager({ relays, secretKey: SecretKey.generate(), ...options })
    manager.homes = []
    manager.relays = []
    manager.heard = []
    manager.on('home', (url) => manager.homes.push(url))
    manager.on('relay', (url, state) => manager.relays.push([url, state]))
    manager.on('datagrams', (url, source, ecn, segmentSize, bytes) => {
      manager.heard.push({ url, source, ecn, segmentSize, text: bytes.toString() })
    })
    open.add(manager)
    manager.start()
    return manager
  }

  async function online(relays, options) {
    const manager = start(relays, options)
    await manager.online()
    return manager
  }

  function stateOf(manager, { url }) {
    return manager.report().find((relay) => relay.url === url)
  }

  /** Lets a relay that holds its pings back answer three of them, each after so long. */
  async function answer(relay, clock, ms) {
    for (let sample = 0; sample < 3; sample++) {
      await until(() => relay.held.length > 0)
      clock.advance(ms)
      relay.release()
    }
  }

  const peer = () => Buffer.from(SecretKey.generate().nodeId(), 'hex')

  it('refuses wrong options', () => {
    const secretKey = SecretKey.generate()
    const wrong = [
      { relays: 'http://a' },
      { relays: [1] },
      { relays: [{ url: 'http://a', key: 1 }] },
      { maxRelays: -1 }
    ]
    for (const options of wrong) {
      assert.throws(() => new RelayManager({ secretKey, ...options }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
    assert.throws(() => new RelayManager({ relays: [] }), { code: 'ERR_IROH_INVALID_KEY' })
  })

  describe('#online', () => {
    it('resolves at once without relays', async () => {
      const manager = await online([])
      assert.equal(manager.home(), null)
      assert.deepEqual(manager.report(), [])
    })

    it('resolves with the session of the home relay', async () => {
      const relay = await listen()
      const manager = await online([{ url: relay.url, token: 'let-me-in' }, relay.url.slice(0, -1)])
      assert.equal(manager.home(), relay.url)
      assert.deepEqual(manager.homes, [relay.url])
      assert.equal(relay.session.request.headers.authorization, 'Bearer let-me-in')
      await until(() => stateOf(manager, relay).rttMs !== null)
      const [{ latencyMs, rttMs, ...rest }] = manager.report()
      assert.deepEqual(rest, { url: relay.url, state: 'up', isHome: true, error: null })
      assert.ok(latencyMs > 0 && rttMs > 0)
    })

    it('does not wait for a relay that does not answer', async () => {
      const [relay, silent] = [await listen(), await listen({ ping: 'hold' })]
      const clock = new FakeClock()
      const manager = await online([silent.url, relay.url], { clock })
      assert.equal(manager.home(), relay.url)
      await until(() => silent.held.length === 1)
      clock.advance(3000)
      await until(() => stateOf(manager, silent).error)
      assert.equal(stateOf(manager, silent).error.code, 'ERR_IROH_TIMEOUT')
    })

    it('can be given up, and says what is wrong', async () => {
      const relay = await listen({ ping: 500 })
      const clock = new FakeClock()
      const manager = start([relay.url], { clock })
      await assert.rejects(manager.online({ signal: AbortSignal.abort() }), { code: 'ERR_IROH_ABORTED' })
      const controller = new AbortController()
      const aborted = manager.online({ signal: controller.signal })
      controller.abort()
      await assert.rejects(aborted, { code: 'ERR_IROH_ABORTED' })
      await until(() => stateOf(manager, relay).error)
      const late = manager.online({ timeoutMs: 100 })
      clock.advance(100)
      await assert.rejects(late, { code: 'ERR_IROH_TIMEOUT', message: /500/ })
      assert.equal(relay.sessions.length, 0)
      assert.equal(manager.home(), null)
    })

    it('rejects when the manager is closed', async () => {
      const manager = start([(await listen({ ping: 'hold' })).url])
      const waiting = manager.online()
      await Promise.all([assert.rejects(waiting, { code: 'ERR_IROH_CLOSED' }), manager.close()])
      await assert.rejects(manager.online(), { code: 'ERR_IROH_CLOSED' })
    })
  })

  describe('the home', () => {
    it('is the fastest, and changes only for one that is much faster', async () => {
      const [near, far] = [await listen({ ping: 'hold' }), await listen({ ping: 'hold' })]
      const clock = new FakeClock()
      const manager = start([far.url, near.url], { clock })
      await until(() => far.held.length > 0)
      await answer(near, clock, 20)
      await answer(far, clock, 100)
      await until(() => stateOf(manager, far).latencyMs === 100)
      await manager.online()
      assert.deepEqual(manager.homes, [near.url])
      for (const latency of [14, 13]) {
        manager.networkChanged()
        await until(() => far.held.length > 0)
        await answer(near, clock, 20)
        await answer(far, clock, latency)
        await until(() => stateOf(manager, far).latencyMs === latency)
        if (latency === 14) assert.equal(stateOf(manager, far).state, 'idle')
      }
      await until(() => manager.homes.length === 2)
      assert.equal(manager.home(), far.url)
      assert.deepEqual(manager.relays, [
        [near.url, 'up'],
        [far.url, 'up']
      ])
      assert.equal(stateOf(manager, near).state, 'up')
    })

    it('is looked for again every 20 to 26 seconds', async () => {
      const relay = await listen()
      const clock = new FakeClock()
      const manager = await online([relay.url], { clock })
      await until(() => relay.pings === 3 && stateOf(manager, relay).rttMs !== null && clock.pending === 2)
      clock.advance(14_000)
      relay.session.send(protocol.encodeGone(peer()))
      await once(manager, 'gone')
      clock.advance(5_999)
      assert.equal(clock.pending, 2)
      for (let seconds = 0; seconds < 7 && clock.pending === 2; seconds++) clock.advance(1000)
      await until(() => relay.pings > 3)
    })

    it('stays, though another is faster, when that one cannot be connected', async () => {
      const [home, other] = [await listen({ ping: 'hold' }), await listen({ ping: 'hold', denies: 'not you' })]
      const clock = new FakeClock()
      const manager = start([home.url, other.url], { clock })
      await until(() => other.held.length > 0)
      await answer(home, clock, 50)
      await answer(other, clock, 10)
      await until(() => stateOf(manager, other).latencyMs === 10)
      await until(() => other.sessions.length === 1 && stateOf(manager, other).state === 'idle')
      assert.deepEqual(manager.homes, [home.url])
      assert.equal(stateOf(manager, home).state, 'up')
    })

    it('is another when the first does not take us, and stays that', async () => {
      const [first, second] = [await listen({ denies: 'not you' }), await listen({ ping: 'hold' })]
      const clock = new FakeClock()
      const manager = start([first.url, second.url], { clock })
      await until(() => manager.home() === first.url && second.held.length > 0)
      await answer(second, clock, 30)
      await manager.online()
      assert.equal(manager.home(), second.url)
      clock.advance(1000)
      await until(() => clock.pending === 2)
      for (const { url } of [first, second]) assert.equal(stateOf(manager, { url }).isHome, url === second.url)
      assert.deepEqual(manager.homes, [first.url, second.url])
    })

    it('is another when the first goes away', async () => {
      const [first, second] = [await listen(), await listen({ ping: 'hold' })]
      const clock = new FakeClock()
      const manager = start([first.url, second.url], { clock })
      await until(() => second.held.length > 0)
      await answer(second, clock, 30)
      await manager.online()
      assert.equal(manager.home(), first.url)
      second.behaviour.ping = 200
      await until(() => stateOf(manager, first).rttMs !== null)
      await stop(first)
      await until(() => stateOf(manager, first).state !== 'up')
      clock.advance(1000)
      await until(() => manager.home() === second.url)
      await manager.online()
      assert.equal(stateOf(manager, first).state, 'idle')
    })

    it('is dialled again when it is the only one', async () => {
      const relay = await listen()
      const { port, url } = relay
      const manager = await online([url])
      await until(() => stateOf(manager, relay).rttMs !== null)
      await stop(relay)
      await until(() => manager.relays.length === 2)
      await listen({ port })
      await until(() => manager.relays.length === 3)
      assert.deepEqual(manager.relays.at(-1), [url, 'up'])
      assert.deepEqual(manager.homes, [url])
    })
  })

  describe('#send', () => {
    it('reaches a peer at another relay, which is dialled for it', async () => {
      const [here, there] = [await listen(), await listen()]
      const a = await online([{ url: here.url, token: 'of-here' }])
      const b = await online([there.url])
      const [idOfA, idOfB] = [here.session.nodeId, there.session.nodeId].map((id) => Buffer.from(id, 'hex'))
      assert.ok(a.send(there.url.slice(0, -1), idOfB, 2, 3, hello))
      await until(() => b.heard.length === 1)
      assert.deepEqual(b.heard, [{ url: there.url, source: idOfA, ecn: 2, segmentSize: 3, text: 'hello' }])
      assert.equal(there.session.request.headers.authorization, undefined)
      assert.ok(b.send(there.url, idOfA, 0, 0, hello))
      await until(() => a.heard.length === 1)
      assert.equal(a.heard[0].url, there.url)
      assert.equal(stateOf(a, there).isHome, false)
      assert.deepEqual(a.homes, [here.url])
    })

    it('leaves such a relay after 60 s without sending', async () => {
      const relay = await listen()
      const clock = new FakeClock()
      const manager = start([], { clock })
      const id = peer()
      manager.send(relay.url, id, 0, 0, hello)
      await once(manager, 'relay')
      await until(() => stateOf(manager, relay).rttMs !== null)

      /** The relay speaks every ten seconds, so that there are no pings. */
      async function pass(seconds) {
        for (let left = seconds; left > 0; left -= 10) {
          relay.session.send(protocol.encodeGone(peer()))
          await once(manager, 'gone')
          clock.advance(10_000)
        }
      }

      await pass(50)
      manager.send(relay.url, id, 0, 0, hello)
      await pass(50)
      assert.equal(stateOf(manager, relay).state, 'up')
      await pass(10)
      assert.deepEqual(manager.report(), [])
      await relay.session.closed
      assert.deepEqual(manager.relays.at(-1), [relay.url, 'down'])
      manager.send(relay.url, id, 0, 0, hello)
      await until(() => manager.relays.length === 3)
    })

    it('uses a relay that the peer was heard over while there is no other', async () => {
      const [home, wanted] = [await listen(), await listen({ onSession: () => {} })]
      const manager = await online([home.url])
      const id = peer()
      home.session.send(protocol.encodeRecv({ id, payload: hello }))
      await until(() => manager.heard.length === 1)
      assert.ok(manager.send(wanted.url, id, 0, 0, hello))
      await until(() => home.session.framesOf(FrameType.SEND).length === 1)
      home.session.send(protocol.encodeGone(id))
      await once(manager, 'gone')
      assert.ok(manager.send(wanted.url, id, 0, 0, hello))
      await until(() => wanted.session)
      assert.equal(home.session.framesOf(FrameType.SEND).length, 1)
      wanted.session.challenge()
      await until(() => wanted.session.framesOf(FrameType.SEND).length === 1)
      assert.equal(manager.dropped, 0)
    })

    it('drops what waits for 3 s, or is too much', async () => {
      const relay = await listen({ onSession: () => {} })
      const clock = new FakeClock()
      const manager = start([], { clock, maxQueuedBytes: 1000 })
      const id = peer()
      assert.ok(manager.send(relay.url, id, 0, 100, Buffer.alloc(400)))
      await until(() => relay.session)
      clock.advance(1000)
      assert.ok(manager.send(relay.url, id, 0, 0, Buffer.alloc(600)))
      assert.equal(manager.send(relay.url, id, 0, 0, hello), false)
      assert.equal(manager.dropped, 1)
      clock.advance(2000)
      assert.equal(manager.dropped, 5)
      relay.session.challenge()
      await until(() => relay.session.framesOf(FrameType.SEND).length === 1)
      assert.equal(relay.session.framesOf(FrameType.SEND)[0].payload.length, 600)
      assert.equal(manager.dropped, 5)
    })

    it('dials only so many relays', async () => {
      const relays = [await listen(), await listen()]
      const manager = start([], { maxRelays: 1 })
      assert.deepEqual(
        relays.map(({ url }) => manager.send(url, peer(), 0, 0, hello)),
        [true, false]
      )
      assert.equal(manager.dropped, 1)
    })

    it('refuses what is no relay URL', () => {
      const manager = start([])
      assert.throws(() => manager.send('relay', peer(), 0, 0, hello), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    })
  })

  it('looks after its sessions when the network changes', async () => {
    const relay = await listen()
    const manager = await online([relay.url])
    await until(() => relay.pings === 3 && stateOf(manager, relay).rttMs !== null)
    const { session } = relay
    manager.networkChanged()
    await until(() => session.framesOf(FrameType.PING).length === 2 && relay.pings > 3)
  })

  describe('when the network changes', () => {
    const { networkInterfaces } = os

    afterEach(() => {
      os.networkInterfaces = networkInterfaces
    })

    it('dials anew at once where the address of a session is gone', async () => {
      const relay = await listen()
      const clock = new FakeClock()
      const manager = await online([relay.url], { clock })
      os.networkInterfaces = () => ({ eth0: [{ address: '192.0.2.7', family: 'IPv4', internal: false }] })
      manager.networkChanged()
      await until(() => relay.sessions.length === 2 && stateOf(manager, relay).state === 'up')
      await relay.sessions[0].closed
    })

    it('gives a session that does not answer 2.5 s', async () => {
      const relay = await listen({ answersPings: false })
      const clock = new FakeClock()
      const manager = await online([relay.url], { clock })
      manager.networkChanged()
      clock.advance(2499)
      assert.equal(stateOf(manager, relay).state, 'up')
      clock.advance(51)
      assert.notEqual(stateOf(manager, relay).state, 'up')
    })
  })

  describe('#close', () => {
    it('leaves every relay', async () => {
      const [home, other] = [await listen(), await listen()]
      const clock = new FakeClock()
      const manager = await online([home.url], { clock })
      manager.send(other.url, peer(), 0, 0, hello)
      await until(() => manager.relays.length === 2)
      await Promise.all([manager.close(), manager.close()])
      await Promise.all([home.session.closed, other.session.closed])
      assert.equal(clock.pending, 0)
      assert.equal(manager.send(other.url, peer(), 0, 0, hello), false)
      assert.throws(() => manager.start(), { code: 'ERR_IROH_CLOSED' })
    })

    it('stops to measure', async () => {
      const relay = await listen({ ping: 'hold' })
      const manager = start([relay.url])
      await until(() => relay.held.length === 1)
      await manager.close()
      assert.equal(manager.home(), null)
    })
  })
})
