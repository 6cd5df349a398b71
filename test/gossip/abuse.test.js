// SPDX-License-Identifier: MIT
// Peers that do what no honest one does, over real connections: the others go on, and what is held stays bounded.
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const { TopicId } = require('event-target-iroh')
const { until } = require('../helpers/events.js')
const { useGossip } = require('../helpers/gossip.js')
const { RawStream, messageId, messages, useRawGossip } = require('../helpers/raw-gossip.js')

const topicId = TopicId.fromName('abuse')
const topic = topicId.toString()
const KIB = 1024
const MIB = 1024 * KIB

const randomId = () => crypto.randomBytes(32).toString('hex')
const at = (peer) => ({ nodeId: peer.nodeId, addresses: peer.endpoint.boundAddresses() })

describe('gossip with hostile peers', () => {
  const { createMany, pair } = useGossip()
  const rawPeer = useRawGossip()

  /** Both still hear each other. */
  async function assertAlive(near, far) {
    const [there, back] = [`${randomId()} there`, `${randomId()} back`]
    near.topic.broadcast(there)
    await far.received(there)
    far.topic.broadcast(back)
    await near.received(back)
  }

  it('a stream without its header holds up no other', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const connection = await raw.dial(at(one))
    const silent = await RawStream.open(connection)
    await silent.write(Buffer.from([0, 0]))
    const stream = await RawStream.open(connection, topic)
    await stream.say(messages.join(raw.data))
    await raw.next(topic, '0004')
    await near.up(raw.nodeId)
    await stream.say(messages.gossip('beside a silent one', 0))
    await Promise.all([near.received('beside a silent one'), far.received('beside a silent one')])
    await assertAlive(near, far)
    await silent.write(Buffer.concat([Buffer.from([0, 32]), Buffer.from(topic, 'hex')]))
    await silent.say(messages.gossip('late, but here', 0))
    await near.received('late, but here')
  })

  it('an invalid frame stops its stream and nothing else', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const { connection, stream } = await raw.join(at(one), topic)
    const length = (value) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes
    }
    const bad = {
      'longer than a message may be': [topic, (s) => s.write(length(4097))],
      'of 4 GiB': [topic, (s) => s.write(length(0xffffffff))],
      'of an unknown kind': [topic, (s) => s.say('0900')],
      empty: [topic, (s) => s.write(length(0))],
      'of a list that has not so many': [topic, (s) => s.say('0103ff01')],
      'a short header': [topic.slice(2), () => {}]
    }
    for (const [header, say] of Object.values(bad)) {
      const other = await RawStream.open(connection, header)
      await say(other)
      assert.equal(await other.stopped, 0)
    }
    assert.equal(one.gossip.metrics().streamsStopped, Object.keys(bad).length)
    await stream.say(messages.gossip('goes on', 0))
    await far.received('goes on')
    await assertAlive(near, far)
  })

  it('a connection with nothing but such streams is closed', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const connection = await raw.dial(at(one))
    for (let i = 0; i < 16; i++) await (await RawStream.open(connection, topic)).say('0900').catch(() => {})
    assert.equal((await connection.closed()).code, 0)
    await assertAlive(near, far)
  })

  it('a peer that does not read gets ids instead of messages, and the others all messages', async () => {
    const [one, , near, far] = await pair(topicId, { maxOutbox: 256 * KIB, maxPayloadBytes: 64 * KIB })
    const slow = await rawPeer({ streamWindow: 16 * KIB })
    const connection = await slow.dialWithoutReading(at(one))
    const stream = await RawStream.open(connection, topic)
    await stream.say(messages.join(slow.data))
    await near.up(slow.nodeId)
    const contents = Array.from({ length: 1000 }, (_, i) => Buffer.alloc(4000, `${i} `))
    for (const content of contents) {
      near.topic.broadcast(content)
      await far.received(content)
    }
    const { waitingBytes, memory, refused } = near.topic.metrics()
    assert.ok(waitingBytes <= 256 * KIB + 64 * KIB, `${waitingBytes} bytes wait`)
    assert.ok(refused > 0)
    assert.ok(memory < MIB, `${memory} bytes of memory`)
    await assertAlive(near, far)
    near.topic.leave() // which the slow one does not acknowledge
    await far.down(one.nodeId)
  })

  it('a flood of ids that lead nowhere is bounded', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const { stream } = await raw.join(at(one), topic)
    const flood = () => messages.ihave(...Array.from({ length: 116 }, () => [randomId(), 1]))
    for (let i = 0; i < 300; i++) await stream.say(flood())
    await stream.say(messages.gossip('behind the flood', 0))
    await far.received('behind the flood')
    const { memory, graftsSent } = near.topic.metrics()
    assert.ok(memory < 2 * MIB, `${memory} bytes of memory`)
    assert.ok(graftsSent < 20_000, `${graftsSent} grafts`)
    await assertAlive(near, far)
  })

  it('asking again and again for a message is answered a few times', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const { stream } = await raw.join(at(one), topic)
    const content = Buffer.alloc(4000, 7)
    near.topic.broadcast(content)
    await far.received(content)
    const before = near.topic.metrics().payloadsSent
    const graft = messages.graft(messageId(content), 0)
    for (let i = 0; i < 20; i++) await stream.say(...Array.from({ length: 100 }, () => graft))
    await stream.say(messages.gossip('after them', 0))
    await far.received('after them')
    const answered = near.topic.metrics().payloadsSent - before
    assert.ok(answered < 10, `${answered} payloads for 2000 grafts`)
    await assertAlive(near, far)
  })

  it('a storm of joining strangers leaves the others in touch', async () => {
    const peers = await createMany(3, { idleMs: 500 })
    const heard = [await peers[0].in(topicId)]
    for (const peer of peers.slice(1)) heard.push(await peer.in(topicId, [peers[0]]))
    await Promise.all([heard[0].up(peers[1].nodeId), heard[0].up(peers[2].nodeId), heard[1].up(), heard[2].up()])
    const strangers = await Promise.all(Array.from({ length: 40 }, () => rawPeer()))
    await Promise.all(
      strangers.map(async (raw) => {
        const stream = await RawStream.open(await raw.dial(at(peers[0])), topic)
        for (let i = 0; i < 20; i++) await stream.say(messages.join(raw.data)).catch(() => {})
      })
    )
    heard[0].topic.broadcast('through the storm')
    await Promise.all([heard[1].received('through the storm'), heard[2].received('through the storm')])
    assert.ok(heard[0].topic.metrics().neighbors <= 6)
    assert.ok(heard[0].topic.metrics().memory < MIB)
    await assertAlive(heard[0], heard[1])
    await Promise.all(strangers.map((raw) => raw.close()))
    await until(() => peers[0].gossip.metrics().connections <= 8)
  })

  it('what a peer says of itself at length is not kept or passed on', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const stream = await RawStream.open(await raw.dial(at(one)), topic)
    const before = near.topic.metrics().memory
    await stream.say(messages.join('ab'.repeat(4000)))
    await near.up(raw.nodeId)
    assert.ok(near.topic.metrics().memory - before < 2 * KIB)
    const other = await rawPeer()
    await other.join(at(one), topic)
    await near.up(other.nodeId)
    await stream.say(messages.gossip('goes on', 0))
    await far.received('goes on')
    await assertAlive(near, far)
  })

  it('streams that gossip has not, and datagrams, are refused', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const connection = await raw.dial(at(one))
    const { send, recv } = await connection.openBi()
    await send.writeAll(Buffer.from('hello?'))
    assert.equal(await send.stopped(), 12)
    await assert.rejects(recv.readToEnd(100), { code: 'ERR_IROH_STREAM_RESET' })
    connection.sendDatagram(Buffer.from('hello?'))
    await assertAlive(near, far)
  })

  it('a topic on many streams, one after the other, leaves nothing behind', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const { connection } = await raw.join(at(one), topic)
    for (let i = 0; i < 1500; i++) {
      const stream = await RawStream.open(connection, topic)
      await stream.say(messages.gossip(`on stream ${i}`, 0))
      await stream.finish()
    }
    await far.received('on stream 1499')
    assert.equal(near.rest('received').length, 1500)
    await assertAlive(near, far)
  })

  it('more connections of one peer than it needs are closed', async () => {
    const [one, , near, far] = await pair(topicId)
    const raw = await rawPeer()
    const connections = []
    for (let i = 0; i < 12; i++) connections.push(await raw.dial(at(one)))
    await Promise.all(connections.slice(0, 4).map((connection) => connection.closed()))
    assert.ok(one.gossip.metrics().connections <= 9)
    await assertAlive(near, far)
  })

  it('beyond maxConnections those that no topic needs go first', async () => {
    const [one, , near, far] = await pair(topicId, { maxConnections: 10 })
    const strangers = await Promise.all(Array.from({ length: 25 }, () => rawPeer()))
    for (const raw of strangers) await raw.dial(at(one))
    await until(() => one.gossip.metrics().connections <= 10)
    await assertAlive(near, far)
  })
})
