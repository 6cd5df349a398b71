// SPDX-License-Identifier: MIT
// The same frames, said to iroh's own gossip and to ours, get the same answers.
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const path = require('node:path')
const { SecretKey } = require('event-target-iroh')
const { useGossipPeers } = require('../../helpers/gossip-peer.js')
const { FIN, RawStream, messageId, messages, useRawGossip } = require('../../helpers/raw-gossip.js')
const { useCrate } = require('../rust/cargo.js')

/** Neighbours that a peer takes. */
const ACTIVE = 5
const LIMIT = 4096
/** What a broadcast has beside its content, if that is long. */
const OVERHEAD = 38

for (const kind of ['real', 'ours']) {
  describe(`the frames of ${kind === 'real' ? "iroh's own gossip" : 'our gossip'}`, () => {
    const start = useGossipPeers()
    const create = useRawGossip()
    let topic

    if (kind === 'real') useCrate(path.join(__dirname, '../rust-gossip'))

    beforeEach(() => {
      topic = randomBytes(32).toString('hex')
    })

    async function subscribed() {
      const peer = await start(kind)
      await peer.subscribe(topic)
      return peer
    }

    /** A peer and one that is its neighbour. */
    async function joined() {
      const peer = await subscribed()
      const raw = await create()
      const { connection, stream } = await raw.join(peer, topic)
      await peer.up(topic, raw)
      return { peer, raw, connection, stream }
    }

    it('answer Join with Neighbor, high', async () => {
      const peer = await subscribed()
      const raw = await create()
      const stream = await RawStream.open(await raw.dial(peer), topic)
      await stream.say(messages.join())
      const [, port] = peer.addresses[0].split(':').map(Number)
      const data = Buffer.from([0, 1, 0, 127, 0, 0, 1, (port & 127) | 128, ((port >> 7) & 127) | 128, port >> 14])
      assert.equal(await raw.next(topic, '0004'), messages.neighbor('high', data.toString('hex')))
    })

    it('are Join and Neighbor towards who is joined', async () => {
      const raw = await create()
      const peer = await start(kind)
      await peer.subscribe(topic, raw)
      assert.match(await raw.next(topic, '0000'), /^000001/)
      const stream = await RawStream.open(await raw.dial(peer), topic)
      await stream.say(messages.neighbor('high'))
      await peer.up(topic, raw)
      assert.match(await raw.next(topic, '0004'), /^00040001/)
    })

    it('ignore what follows in a header and in a message, and take lengths that are written too long', async () => {
      const { peer, connection } = await joined()
      const stream = await RawStream.open(connection, `${topic}0102`)
      const content = Buffer.from('hi')
      await stream.say(`0100${messageId(content)}8200${content.toString('hex')}00800000ff`)
      assert.equal((await peer.received(topic, content)).round, 0)
    })

    it('carry a broadcast at round 0, and take one at any', async () => {
      const { peer, raw, stream } = await joined()
      await peer.broadcast(topic, 'out')
      assert.equal(await raw.next(topic, '0100'), messages.gossip('out', 0))
      for (const round of [0, 1, 127, 128, 300]) {
        await stream.say(messages.gossip(`in ${round}`, round))
        assert.equal((await peer.received(topic, `in ${round}`)).round, round)
      }
      await stream.say(messages.gossip('near'))
      assert.equal((await peer.received(topic, 'near')).scope, 'neighbors')
    })

    it('pass a message on with one round more', async () => {
      const { peer, stream } = await joined()
      const next = await create()
      await next.join(peer, topic)
      await peer.up(topic, next)
      await stream.say(messages.gossip('pass', 6))
      assert.equal(await next.next(topic, '0100'), messages.gossip('pass', 7))
    })

    it('answer a message that is known with Prune, and then push only its id', async () => {
      const { peer, raw, stream } = await joined()
      await peer.broadcast(topic, 'one')
      await raw.next(topic, '0100')
      await stream.say(messages.gossip('one', 1))
      assert.equal(await raw.next(topic, '0101'), messages.prune())
      await peer.broadcast(topic, 'two')
      assert.equal(await raw.next(topic, '0103'), messages.ihave([messageId('two'), 0]))
      assert.ok(!raw.rest(topic).includes(messages.gossip('two', 0)))
    })

    it('answer Graft with the message at the round it had, and nothing where it is unknown', async () => {
      const { peer, raw, stream } = await joined()
      await stream.say(messages.prune())
      await stream.say(messages.gossip('mine', 4), messages.graft(messageId('nothing'), 1))
      await peer.received(topic, 'mine')
      await stream.say(messages.graft(messageId('mine'), 4))
      assert.equal(await raw.next(topic, '01'), messages.gossip('mine', 5))
      await peer.broadcast(topic, 'eager again')
      assert.equal(await raw.next(topic, '01'), messages.gossip('eager again', 0))
    })

    it('ask for a message of which they only hear', async () => {
      const { raw, stream } = await joined()
      await stream.say(messages.ihave([messageId('wanted'), 3]))
      assert.equal(await raw.next(topic, '01'), messages.graft(messageId('wanted'), 3))
    })

    it('move to a shorter way when a message comes by one that is much longer', async () => {
      const { peer, raw: far, stream: long } = await joined()
      const near = await create()
      const { stream: short } = await near.join(peer, topic)
      await peer.up(topic, near)
      await short.say(messages.prune())
      await short.say(messages.ihave([messageId('optimised'), 2]), messages.gossip('marker', 0))
      await peer.received(topic, 'marker')
      await long.say(messages.gossip('optimised', 12))
      assert.equal(await near.next(topic, '0102'), messages.graft(undefined, 2))
      assert.equal(await far.next(topic, '0101'), messages.prune())
    })

    it('drop a message whose id is not that of its content, and read on', async () => {
      const { peer, stream } = await joined()
      await stream.say(messages.gossip('true', 0).replace(messageId('true'), messageId('false')))
      await stream.say(messages.gossip('fine', 0))
      await peer.received(topic, 'fine')
      assert.deepEqual(peer.rest(topic, 'received'), [])
    })

    it('take what is as long as the limit and stop a stream with more', async () => {
      const { peer, connection, stream } = await joined()
      const most = 'm'.repeat(LIMIT - OVERHEAD)
      await stream.say(messages.gossip(most, 0))
      await peer.received(topic, most)
      await stream.say(messages.gossip(`${most}m`, 0))
      assert.equal(await stream.stopped, 0)
      const another = await RawStream.open(connection, topic)
      await another.say(messages.gossip('another', 0))
      await peer.received(topic, 'another')
    })

    for (const [what, hex] of Object.entries({
      'no message': '',
      'an unknown message': '0909',
      'an invalid bool': '00050200',
      'a list that is cut off': '010305',
      'an id that is no key': `000301${'02'.padEnd(64, '0')}00`
    })) {
      it(`stop a stream with ${what}, and no other`, async () => {
        const { peer, connection, stream } = await joined()
        const other = randomBytes(32).toString('hex')
        await peer.subscribe(other)
        const beside = await RawStream.open(connection, other)
        await stream.say(hex)
        if (what !== 'an id that is no key' || kind === 'real') assert.equal(await stream.stopped, 0)
        await beside.say(messages.gossip('beside', 0))
        await peer.received(other, 'beside')
      })
    }

    it('ignore a topic that is not joined, until it is', async () => {
      const peer = await start(kind)
      const raw = await create()
      const stream = await RawStream.open(await raw.dial(peer), topic)
      await stream.say(messages.join(raw.data))
      await peer.subscribe(topic)
      await stream.say(messages.join(raw.data))
      await raw.next(topic, '0004')
    })

    it('refuse a neighbour of low priority when there are enough, with others that it may try', async () => {
      const peer = await subscribed()
      for (let i = 0; i < ACTIVE; i++) {
        const raw = await create()
        await raw.join(peer, topic)
        await peer.up(topic, raw)
      }
      const late = await create()
      const stream = await RawStream.open(await late.dial(peer), topic)
      await stream.say(messages.neighbor('low', late.data))
      assert.match(await late.next(topic, '0003'), /^000305/)
      assert.equal(await late.next(topic, '0005'), messages.disconnect(true))
      assert.equal(await late.next(topic, FIN), FIN)
      assert.equal((await peer.neighbors(topic)).length, ACTIVE)
    })

    it('leave with others to try, Disconnect and the end of the stream', async () => {
      const { peer, raw } = await joined()
      await peer.leave(topic)
      await raw.next(topic, FIN)
      assert.deepEqual(raw.rest(topic).slice(-2), [messages.shuffleReply([]), messages.disconnect(false)])
    })

    it('call one that another brings, at the end of its walk', async () => {
      const { stream } = await joined()
      const brought = await create()
      await stream.say(messages.forwardJoin(brought.nodeId, brought.data, 6))
      assert.match(await brought.next(topic, '0004'), /^00040001/)
      assert.equal(brought.accepted, 1)
    })

    it('answer a Shuffle with as many', async () => {
      const { raw, stream } = await joined()
      const [known, other, offered] = await Promise.all([create(), create(), create()])
      // With addresses: ours, which has no discovery here, would not keep what it cannot reach.
      await stream.say(messages.shuffleReplyWith([known.nodeId], known.data))
      await stream.say(messages.shuffleReplyWith([other.nodeId], other.data))
      await stream.say(messages.shuffle(raw.nodeId, [raw.nodeId, offered.nodeId], 6))
      await raw.next(topic, '000302')
    })

    it('send to the connection that came last, and read both', async () => {
      const { peer, raw, connection, stream } = await joined()
      await peer.broadcast(topic, 'to the first')
      await raw.next(topic, '0100', connection)
      const second = await raw.dial(peer)
      const beside = await RawStream.open(second, topic)
      await beside.say(messages.gossip('second', 0))
      await peer.received(topic, 'second')
      await stream.say(messages.gossip('first', 0))
      await peer.received(topic, 'first')
      await peer.broadcast(topic, 'to the second')
      await raw.next(topic, '0100', second)
      connection.close()
      await peer.broadcast(topic, 'still there')
      await raw.next(topic, '0100', second)
      assert.deepEqual(peer.rest(topic, 'neighborDown'), [])
    })

    if (kind === 'ours') {
      it('reach all neighbours with what is for neighbours, those too that asked for ids only', async () => {
        const { peer, raw, stream } = await joined()
        await stream.say(messages.prune(), messages.gossip('marker', 0))
        await peer.received(topic, 'marker')
        await peer.broadcastNeighbors(topic, 'near')
        assert.equal(await raw.next(topic, '0100'), messages.gossip('near'))
      })
    }

    it('are answered over a new connection when one with the same key begins anew', async () => {
      const secretKey = SecretKey.generate()
      const peer = await subscribed()
      const first = await create({ secretKey })
      await first.join(peer, topic)
      await peer.up(topic, first)
      const again = await create({ secretKey })
      await again.join(peer, topic)
      await peer.broadcast(topic, 'welcome')
      await again.next(topic, '0100')
    })
  })
}
