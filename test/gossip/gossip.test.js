// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { Gossip, Router, SecretKey, TopicId } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')
const { Heard, useGossip } = require('../helpers/gossip.js')

const topicId = TopicId.fromName('a test')
const hex64 = /^[0-9a-f]{64}$/

describe('gossip', () => {
  const { create, createMany, pair } = useGossip()
  const endpoints = useEndpoints()

  describe('messages', () => {
    it('go both ways between two peers', async () => {
      const [one, two, near, far] = await pair(topicId)
      assert.equal(near.topic.broadcast('hello'), true)
      assert.deepEqual(await far.received('hello'), {
        type: 'received',
        content: Buffer.from('hello'),
        deliveredFrom: one.nodeId,
        scope: 'swarm',
        round: 0
      })
      far.topic.broadcast(Buffer.from([0, 1, 255]))
      assert.equal((await near.received([0, 1, 255])).deliveredFrom, two.nodeId)
    })

    it('reach every one of ten peers once, from each of them', async () => {
      const peers = await createMany(10)
      const heard = []
      for (const [index, peer] of peers.entries()) {
        heard.push(await peer.in(topicId, peers.slice(0, Math.min(index, 1))))
        if (index > 0) await heard[index].up()
      }
      for (let round = 0; round < 5; round++)
        for (const [index, { topic }] of heard.entries()) topic.broadcast(`${index}/${round}`)
      for (const [index, one] of heard.entries())
        for (let other = 0; other < 10; other++)
          for (let round = 0; round < 5; round++) if (other !== index) await one.received(`${other}/${round}`)
      for (const one of heard) assert.deepEqual(one.rest('received'), [])
    })

    it('may have 4057 bytes and no more', async () => {
      const [, , near, far] = await pair(topicId)
      assert.equal(near.topic.maxContentLength, 4057)
      near.topic.broadcast(Buffer.alloc(4057, 1))
      assert.equal((await far.received(Buffer.alloc(4057, 1))).content.length, 4057)
      assert.throws(() => near.topic.broadcast(Buffer.alloc(4058)), { code: 'ERR_IROH_TOO_LONG', message: /4057/ })
      near.topic.broadcastNeighbors(Buffer.alloc(4058, 2))
      await far.received(Buffer.alloc(4058, 2))
      assert.throws(() => near.topic.broadcastNeighbors(Buffer.alloc(4059)), { message: /4058/ })
      near.topic.broadcast('')
      assert.equal((await far.received('')).content.length, 0)
    })

    it('come as fast as they are sent, and those too that came before the end of a connection', async () => {
      const [one, , near, far] = await pair(topicId)
      for (let i = 0; i < 20_000; i++) {
        near.topic.broadcast(`${i}`)
        if (i % 100 === 99) await near.topic.drained()
      }
      await one.gossip.close()
      await far.down()
      assert.equal(far.rest('received').length, 20_000)
      assert.deepEqual(far.rest('lagged'), [])
    })

    it('may be longer where all agree', async () => {
      const [, , near, far] = await pair(topicId, { maxMessageSize: 100_000 })
      const content = Buffer.alloc(near.topic.maxContentLength, 3)
      assert.ok(content.length > 99_900)
      near.topic.broadcast(content)
      await far.received(content)
    })

    it('are sent once while they are remembered', async () => {
      const [, , near, far] = await pair(topicId)
      assert.equal(near.topic.broadcast('same'), true)
      assert.equal(near.topic.broadcast('same'), false)
      await far.received('same')
      assert.equal(far.topic.broadcast('same'), false)
      assert.equal(near.topic.broadcastNeighbors('again'), true)
      assert.equal(near.topic.broadcastNeighbors('again'), true)
      assert.equal((await far.received('again')).scope, 'neighbors')
      await far.received('again')
    })

    it('for neighbours are not passed on', async () => {
      const [middle, left, right] = await createMany(3)
      const mid = await middle.in(topicId)
      const only = { admit: (nodeId) => nodeId === middle.nodeId }
      const ends = [await left.in(topicId, [middle], only), await right.in(topicId, [middle], only)]
      await Promise.all([mid.up(left.nodeId), mid.up(right.nodeId), ends[0].up(), ends[1].up()])
      ends[0].topic.broadcastNeighbors('here')
      ends[0].topic.broadcast('everywhere')
      assert.equal((await ends[1].received('everywhere')).round, 1)
      await mid.received('here')
      assert.deepEqual(ends[1].rest('received'), [])
    })
  })

  describe('joining', () => {
    it('resolves with the first neighbour and does not swallow its event', async () => {
      const [one, two] = await createMany(2)
      await one.in(topicId)
      const topic = await two.gossip.subscribeAndJoin(topicId, [one.addr], { timeoutMs: 10_000 })
      assert.deepEqual(topic.neighbors(), [one.nodeId])
      const { value } = await topic[Symbol.asyncIterator]().next()
      assert.deepEqual(value, { type: 'neighborUp', nodeId: one.nodeId })
    })

    it('ends in time, and when it is aborted, and has left the topic then', async () => {
      const one = await create()
      const late = one.gossip.subscribeAndJoin(topicId, [], { timeoutMs: 20 })
      await assert.rejects(late, { code: 'ERR_IROH_TIMEOUT' })
      const ending = new AbortController()
      const joining = one.gossip.subscribeAndJoin(topicId, [], { signal: ending.signal })
      ending.abort(new Error('enough'))
      await assert.rejects(joining, { code: 'ERR_IROH_ABORTED', cause: new Error('enough') })
      await assert.rejects(one.gossip.subscribe(topicId, [], { signal: ending.signal }), { code: 'ERR_IROH_ABORTED' })
      assert.deepEqual(one.gossip.topics(), [])
    })

    it('of two that dial each other at once ends with one connection', async () => {
      for (let round = 0; round < 5; round++) {
        const [one, two] = await createMany(2, { idleMs: 100 })
        const [near, far] = await Promise.all([one.in(topicId, [two]), two.in(topicId, [one])])
        await Promise.all([near.up(), far.up()])
        near.topic.broadcast('there')
        await far.received('there')
        far.topic.broadcast('back')
        await near.received('back')
        const count = () => one.gossip.metrics().connections + two.gossip.metrics().connections
        for (let i = 0; count() > 2; i++) {
          near.topic.broadcast(`there ${i}`)
          far.topic.broadcast(`back ${i}`)
          await Promise.all([far.received(`there ${i}`), near.received(`back ${i}`)])
        }
        assert.deepEqual([near.rest('neighborDown'), far.rest('neighborDown')], [[], []])
      }
    })

    it('of more peers tells what became of each', async () => {
      const [one, two] = await createMany(2)
      await one.in(topicId)
      const heard = await two.in(topicId)
      const nobody = { nodeId: SecretKey.generate().nodeId(), directAddresses: [] }
      const outcomes = await heard.topic.joinPeers([one.addr, nobody, two.nodeId, one.nodeId])
      assert.deepEqual(
        outcomes.map(({ nodeId, joined, error }) => [nodeId, joined, error?.code]),
        [
          [one.nodeId, true, undefined],
          [nobody.nodeId, false, 'ERR_IROH_NO_ADDRESS'],
          [two.nodeId, false, 'ERR_IROH_SELF_CONNECT'],
          [one.nodeId, true, undefined]
        ]
      )
      const failed = await heard.next(({ type }) => type === 'dialFailed')
      assert.deepEqual([failed.nodeId, failed.error.code], [nobody.nodeId, 'ERR_IROH_NO_ADDRESS'])
    })

    it('of a peer that closes the connection at once fails, and is tried again', async () => {
      const server = await endpoints.create({ alpns: ['/iroh-gossip/1'] })
      const closing = server.accept().then((connection) => connection.close(7, 'not now'))
      const two = await create()
      const heard = await two.in(topicId, [server.addr()])
      assert.equal((await heard.next(({ type }) => type === 'dialFailed')).nodeId, server.nodeId())
      await closing
      server.setAlpns([])
      const near = new Heard(await (await Gossip.spawn(server)).subscribe(topicId))
      await Promise.all([near.up(two.nodeId), heard.up(server.nodeId())])
    })

    it('of a peer that is not in the topic ends in time', async () => {
      const [one, two] = await createMany(2)
      await one.in(TopicId.random())
      const heard = await two.in(topicId)
      const [{ joined, error }] = await heard.topic.joinPeers([one.addr], { timeoutMs: 50 })
      assert.deepEqual([joined, error.code, error.peer], [false, 'ERR_IROH_TIMEOUT', one.nodeId])
    })

    it('of a peer that subscribes a little later is not lost', async () => {
      const [one, two] = await createMany(2)
      await one.in(TopicId.random())
      const far = await two.in(topicId, [one])
      await until(() => one.gossip.metrics().connections === 1)
      await one.in(topicId)
      await far.up(one.nodeId)
    })

    it('takes a topic as TopicId, bytes, hex or base32, and refuses what is none', async () => {
      const { gossip } = await create()
      for (const form of [topicId, topicId.toBytes(), topicId.toString(), topicId.toBase32()]) {
        const topic = await gossip.subscribe(form)
        assert.ok(topic.topicId.equals(topicId))
        await topic.leave()
      }
      await assert.rejects(gossip.subscribe('x'), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      await assert.rejects(gossip.subscribe(topicId, 'x'), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      await assert.rejects(gossip.subscribe(topicId, ['x']), { code: 'ERR_IROH_INVALID_NODE_ID' })
      await assert.rejects(gossip.subscribe(topicId, [], { admit: 1 }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      assert.deepEqual(gossip.topics(), [])
    })
  })

  describe('neighbours', () => {
    it('go with a reason: left, closed', async () => {
      const [one, two, near, far] = await pair(topicId)
      await far.topic.leave()
      assert.deepEqual(await near.down(), { type: 'neighborDown', nodeId: two.nodeId, reason: 'left' })
      assert.deepEqual(near.topic.neighbors(), [])
      await far.over
      const again = await two.in(topicId, [one])
      await Promise.all([near.up(two.nodeId), again.up(one.nodeId)])
      await two.endpoint.close()
      assert.deepEqual(await near.down(), { type: 'neighborDown', nodeId: two.nodeId, reason: 'closed' })
      await again.over
    })

    it('are only those whom an admit function lets in, at once or later', async () => {
      const [one, friend, stranger] = await createMany(3)
      const asked = []
      const admit = async (nodeId) => {
        asked.push(nodeId)
        await new Promise(setImmediate)
        return nodeId === friend.nodeId
      }
      const near = await one.in(topicId, [], { admit })
      const outside = await stranger.in(topicId, [one])
      const inside = await friend.in(topicId, [one])
      await inside.up(one.nodeId)
      await until(() => asked.length === 2)
      outside.topic.broadcast('let me in')
      inside.topic.broadcast('hello')
      await near.received('hello')
      assert.deepEqual(near.topic.neighbors(), [friend.nodeId])
      assert.deepEqual(near.rest('received'), [])
      await assert.rejects(one.gossip.subscribe(topicId, [], { admit: () => true }), {
        code: 'ERR_IROH_INVALID_ARGUMENT'
      })
    })
  })

  describe('a topic', () => {
    it('can be subscribed to more than once', async () => {
      const [one, two, near, far] = await pair(topicId)
      const second = await one.in(topicId)
      assert.deepEqual(await second.up(), { type: 'neighborUp', nodeId: two.nodeId })
      far.topic.broadcast('to both')
      await Promise.all([near.received('to both'), second.received('to both')])
      await second.topic.leave()
      await second.over
      far.topic.broadcast('to one')
      await near.received('to one')
      assert.throws(() => second.topic.broadcast('x'), { code: 'ERR_IROH_CLOSED' })
      assert.deepEqual(second.topic.neighbors(), [])
    })

    it('can be split, and is left when both halves are closed', async () => {
      const [, two, near, far] = await pair(topicId)
      const { sender, receiver } = far.topic.split()
      assert.equal(sender.broadcast('from a half'), true)
      await near.received('from a half')
      assert.deepEqual(receiver.neighbors(), far.topic.neighbors())
      await sender.close()
      await sender.close()
      assert.equal(far.topic.isOver, false)
      await receiver.close()
      assert.equal((await near.down(two.nodeId)).reason, 'left')
    })

    it('tells how many events were missed', async () => {
      const [one, two] = await createMany(2, { maxEvents: 10 })
      const topic = await one.gossip.subscribe(topicId)
      const far = await two.in(topicId, [one])
      await far.up()
      for (let i = 0; i < 30; i++) far.topic.broadcast(`${i}`)
      await until(() => topic.metrics().received === 30)
      assert.equal(topic.metrics().queuedEvents, 10)
      const events = topic[Symbol.asyncIterator]()
      const taken = []
      while (taken.at(-1)?.type !== 'lagged') taken.push((await events.next()).value)
      assert.equal(taken.filter(({ type }) => type === 'received').length + taken.at(-1).missed, 30)
      far.topic.broadcast('after')
      assert.equal(String((await events.next()).value.content), 'after')
    })

    it('shares a connection with 149 others', async () => {
      const [one, two] = await createMany(2)
      const ids = Array.from({ length: 150 }, () => TopicId.random())
      const near = await Promise.all(ids.map((id) => one.in(id)))
      const far = await Promise.all(ids.map((id) => two.in(id, [one])))
      await Promise.all(far.map((heard) => heard.up(one.nodeId)))
      for (const [index, { topic }] of near.entries()) topic.broadcast(`in ${index}`)
      await Promise.all(far.map((heard, index) => heard.received(`in ${index}`)))
      assert.equal(one.gossip.metrics().connections, 1)
      await near[0].topic.leave()
      await far[0].down()
      near[1].topic.broadcast('still here')
      await far[1].received('still here')
      assert.equal(two.gossip.metrics().connections, 1)
    })

    it('has its stream also where a peer allows fewer than there are topics: over more connections', async () => {
      const [one, two] = await createMany(2, { maxStreams: 100 })
      const ids = Array.from({ length: 150 }, () => TopicId.random())
      const near = await Promise.all(ids.map((id) => one.in(id)))
      const far = await Promise.all(ids.map((id) => two.in(id, [one])))
      await Promise.all([...near, ...far].map((heard) => heard.up()))
      for (const [index, { topic }] of near.entries()) topic.broadcast(`in ${index}`)
      await Promise.all(far.map((heard, index) => heard.received(`in ${index}`)))
      for (const [index, { topic }] of far.entries()) topic.broadcast(`back in ${index}`)
      await Promise.all(near.map((heard, index) => heard.received(`back in ${index}`)))
      const { connections } = one.gossip.metrics()
      assert.ok(connections >= 2 && connections <= 4, `${connections} connections`)
    })

    it('has counters, and gossip their sums', async () => {
      const [one, , near, far] = await pair(topicId)
      near.topic.broadcast('counted')
      await far.received('counted')
      const { broadcasts, neighbors, memory } = near.topic.metrics()
      assert.deepEqual([broadcasts, neighbors], [1, 1])
      assert.ok(memory > 0)
      const metrics = one.gossip.metrics()
      assert.deepEqual([metrics.topics, metrics.connections, metrics.broadcasts], [1, 1, 1])
    })
  })

  describe('closing', () => {
    it('ends the events and refuses calls; the endpoint stays', async () => {
      const [one, two, near, far] = await pair(topicId)
      await far.topic.endpoint.connect(one.addr, 'x').catch(() => {})
      await two.gossip.close()
      await far.over
      assert.equal((await near.down()).reason, 'left')
      assert.throws(() => far.topic.broadcast('x'), { code: 'ERR_IROH_CLOSED' })
      assert.throws(() => two.gossip.metrics(), { code: 'ERR_IROH_CLOSED' })
      await assert.rejects(two.gossip.subscribe(topicId), { code: 'ERR_IROH_CLOSED' })
      await far.topic.leave()
      await two.gossip.close()
      const next = await Gossip.spawn(two.endpoint)
      const again = await next.subscribeAndJoin(topicId, [one.addr], { timeoutMs: 10_000 })
      near.topic.broadcast('again')
      await new Heard(again).received('again')
    })

    it('of the endpoint ends everything, also what waits', async () => {
      const [one, two, near] = await pair(topicId)
      const waiting = two.gossip.subscribeAndJoin(TopicId.random(), [])
      const leaving = near.topic.leave()
      await Promise.all([one.endpoint.close(), two.endpoint.close()])
      await assert.rejects(waiting, { code: 'ERR_IROH_CLOSED' })
      await Promise.all([leaving, near.over])
    })

    it('closes connections that no topic needs', async () => {
      const [one, two, near, far] = await pair(topicId, { idleMs: 100 })
      await Promise.all([near.topic.leave(), far.topic.leave()])
      await until(() => one.gossip.metrics().connections === 0 && two.gossip.metrics().connections === 0)
      assert.deepEqual([one.gossip.metrics().peers, two.gossip.metrics().peers], [0, 0])
    })
  })

  describe('beside others', () => {
    it('can be a handler of a router', async () => {
      const server = await endpoints.create()
      const gossip = await Gossip.spawn(server)
      const admitted = []
      const admit = (nodeId) => admitted.push(nodeId) > 0
      const router = Router.builder(server)
        .accept('/iroh-gossip/1', gossip, { admit })
        .accept('other/1', () => {})
        .spawn()
      const near = new Heard(await gossip.subscribe(topicId))
      const two = await create()
      const far = await two.in(topicId, [server.addr()])
      await Promise.all([near.up(), far.up()])
      assert.deepEqual(admitted, [two.nodeId])
      await router.shutdown()
      assert.equal((await far.down()).reason, 'left')
    })

    it('goes over a relay, where a third learns from the second how to reach the first', async () => {
      const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 })
      const peers = await Promise.all([1, 2, 3].map(() => create(undefined, { relays: [relay.url] })))
      await Promise.all(peers.map(({ endpoint }) => endpoint.online()))
      const overRelay = peers.map(({ nodeId }) => ({ nodeId, relayUrl: relay.url }))
      const heard = [await peers[0].in(topicId)]
      heard.push(await peers[1].in(topicId, [overRelay[0]]))
      await heard[1].up(peers[0].nodeId)
      heard.push(await peers[2].in(topicId, [overRelay[1]]))
      await Promise.all([heard[2].up(peers[0].nodeId), heard[0].up(peers[2].nodeId)])
      heard[2].topic.broadcast('from the third')
      await Promise.all([heard[0].received('from the third'), heard[1].received('from the third')])
      await Promise.all(peers.map(({ endpoint }) => endpoint.close()))
      await relay.close()
    })

    it('has an ALPN of its own choosing, once', async () => {
      const [one, two] = await createMany(2, { alpn: 'ours/1' })
      const near = await one.in(topicId)
      await two.in(topicId, [one])
      await near.up(two.nodeId)
      await assert.rejects(Gossip.spawn(one.endpoint, { alpn: 'ours/1' }), { code: 'ERR_IROH_BUSY' })
      const other = await Gossip.spawn(one.endpoint)
      assert.equal(other.alpn, '/iroh-gossip/1')
      assert.throws(() => Router.builder(two.endpoint).accept('/iroh-gossip/1', other), {
        code: 'ERR_IROH_INVALID_ARGUMENT'
      })
    })

    it('rejects invalid options', async () => {
      const endpoint = await endpoints.create()
      for (const options of [{ maxMessageSize: 511 }, { alpn: '' }, { maxEvents: 0 }, { unknown: 1 }, null]) {
        await assert.rejects(Gossip.spawn(endpoint, options), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      }
      await assert.rejects(Gossip.spawn({}), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      await endpoint.close()
      await assert.rejects(Gossip.spawn(endpoint), { code: 'ERR_IROH_CLOSED' })
      assert.match(topicId.toString(), hex64)
    })
  })
})
