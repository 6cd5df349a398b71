// SPDX-License-Identifier: MIT
// Event targets over a topic: envelopes, authors, what is dropped and what is refused.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createPubSub } = require('@graphql-yoga/subscription')
const {
  createGossipEventTarget,
  Gossip,
  GossipEvent,
  IrohError,
  pubsubEventTarget,
  SecretKey,
  TopicId,
  verifySignature
} = require('event-target-iroh')
const { EventContent, writeContent } = require('../../lib/gossip/event-content')
const { useEndpoints } = require('../helpers/endpoints.js')
const { seededRandom } = require('../helpers/events.js')
const { fakeTopics } = require('../helpers/fake-topic.js')

const topicId = TopicId.fromName('a topic')
const envelope = { type: 'said', id: 'room-1', payload: { text: 'Grüße' } }
const json = JSON.stringify(envelope)

describe('a gossip event target', () => {
  const { create } = useEndpoints()
  const open = []
  afterEach(() => Promise.all(open.splice(0).map((target) => target.close())))

  /** Two of one topic, and a stranger who uses the topic as it is. */
  function pair(options) {
    const topics = fakeTopics(3, topicId)
    const [near, far] = topics.slice(0, 2).map((topic) => createGossipEventTarget(topic, options))
    open.push(near, far)
    return { near, far, nearTopic: topics[0], farTopic: topics[1], stranger: topics[2] }
  }

  function gather(target, type) {
    const events = []
    target.addEventListener(type, (event) => events.push(event))
    return events
  }

  /** Broadcasts as they are; resolves once `target` has dealt with them. */
  async function broadcast(stranger, target, ...contents) {
    const after = once(target, 'after')
    for (const content of contents) stranger.broadcast(content)
    stranger.broadcast(writeContent(topicId, '{"type":"after"}', stranger.endpoint.secretKey()))
    await after
  }

  it('dispatches at all others what is dispatched at one, and not there, with its author', async () => {
    const { near, far, nearTopic, stranger } = pair()
    const third = createGossipEventTarget(stranger)
    open.push(third)
    const here = gather(near, 'said:room-1')
    const there = [far, third].map((target) => once(target, 'said:room-1'))
    assert.equal(near.dispatchEvent(new CustomEvent('any', { detail: envelope })), true)
    for (const [event] of await Promise.all(there)) {
      assert.ok(event instanceof GossipEvent && event instanceof CustomEvent)
      assert.deepEqual(event.detail, envelope)
      assert.equal(event.author, nearTopic.nodeId)
      assert.equal(event.deliveredFrom, nearTopic.nodeId)
    }
    assert.equal(here.length, 0)
    assert.deepEqual(near.stats(), { sent: 1, received: 0, unproven: 0, refused: 0, missed: 0 })
    assert.deepEqual(far.stats(), { sent: 0, received: 1, unproven: 0, refused: 0, missed: 0 })
  })

  it('does not swallow an event that was sent before', async () => {
    const { near, far } = pair({ sign: false })
    const events = gather(far, 'said:room-1')
    const last = once(far, 'last')
    for (let index = 0; index < 100; index++) near.send(envelope)
    near.send({ type: 'last' })
    assert.equal((await last)[0].author, null)
    assert.equal(events.length, 100)
  })

  it('is what createPubSub() takes', async () => {
    const { near, far } = pair()
    const [publisher, subscriber] = [near, far].map((target) =>
      createPubSub({ eventTarget: pubsubEventTarget(target) })
    )
    const heard = subscriber.subscribe('message', 'room-1')
    const next = heard.next()
    publisher.publish('message', 'room-1', { text: 'a' })
    assert.deepEqual((await next).value, { text: 'a' })
    await heard.return()
  })

  it('dispatches nothing before a listener can be added, in the turn of its making or the next', async () => {
    const [topic, stranger] = fakeTopics(2, topicId)
    stranger.broadcast(json)
    const target = createGossipEventTarget(topic)
    open.push(target)
    await null
    const [event] = await once(target, 'said:room-1')
    assert.deepEqual(event.detail, envelope)
  })

  for (const sign of [true, false]) {
    it(`names the limit of an envelope, and sends up to it (${sign ? 'signed' : 'unsigned'})`, async () => {
      const { near, far } = pair({ sign })
      const most = near.maxEnvelopeLength
      const around = JSON.stringify({ type: 'a', payload: 'é' }).length + 1
      const of = (length) => ({ type: 'a', payload: `é${'x'.repeat(length - around)}` })
      const heard = once(far, 'a')
      near.send(of(most))
      assert.deepEqual((await heard)[0].detail, of(most))
      const message = new RegExp(`has ${most + 1} bytes, at most ${most} fit`)
      assert.throws(() => near.send(of(most + 1)), { code: 'ERR_IROH_TOO_LONG', message })
      assert.equal(near.stats().sent, 1)
    })
  }

  it('writes what others read as JSON, signed as documented', async () => {
    const { near, nearTopic, stranger } = pair()
    near.send(envelope)
    const { value } = await stranger[Symbol.asyncIterator]().next()
    const { gossip, ...rest } = JSON.parse(value.content)
    assert.deepEqual(rest, envelope)
    assert.equal(gossip.author, nearTopic.nodeId)
    const nonce = Buffer.from(gossip.nonce, 'base64url')
    assert.equal(nonce.length, 12)
    const signed = [
      'event-target-iroh gossip event 1\0',
      topicId.toBytes(),
      nonce,
      Buffer.from(gossip.author, 'hex'),
      json
    ]
    const bytes = Buffer.concat(signed.map((part) => Buffer.from(part)))
    assert.ok(verifySignature(gossip.author, bytes, Buffer.from(gossip.signature, 'base64url')))
  })

  it('reads envelopes of others as they are, also one with a member of that name', async () => {
    const { near, far, stranger } = pair()
    const plain = gather(far, 'said:room-1')
    const nested = gather(far, 'nested')
    await broadcast(stranger, far, json)
    assert.deepEqual(plain[0].detail, envelope)
    assert.equal(plain[0].author, null)
    const odd = { type: 'nested', gossip: { nonce: 'a' }, payload: { gossip: { nonce: 'abcdefghijklmnop' } } }
    const heard = once(far, 'nested')
    near.send(odd)
    await heard
    assert.deepEqual(nested[0].detail, odd)
  })

  describe('with verify', () => {
    it('drops what is unsigned, forged or made for another topic, and counts it', async () => {
      const { far, stranger } = pair({ verify: true })
      const [key, other] = [SecretKey.generate(), SecretKey.generate()]
      const good = writeContent(topicId, json, key).toString()
      const at = good.lastIndexOf('","signature":"')
      const last = good.at(-4)
      const wrong = [
        json,
        'no JSON',
        Buffer.from([0xff, 0xfe]),
        writeContent(topicId, json, null),
        writeContent(TopicId.random(), json, key),
        good.replace('Grüße', 'Gruß'),
        good.replace(key.nodeId(), other.nodeId()),
        good.replace(key.nodeId(), `02${'0'.repeat(62)}`), // no public key
        good.replace(/"nonce":"./, (text) => `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`),
        `${good.slice(0, at + 15)}${'A'.repeat(86)}"}}`,
        `${good.slice(0, -4)}${last === 'A' ? 'B' : 'A'}"}}`, // another text for the signature's last bits
        `${good} `
      ]
      const heard = gather(far, 'said:room-1')
      const errors = gather(far, 'error')
      await broadcast(stranger, far, ...wrong)
      assert.deepEqual([heard.length, errors.length], [0, 0])
      assert.equal(far.stats().unproven, wrong.length)
      await broadcast(stranger, far, good)
      assert.equal(heard[0].author, key.nodeId())
      assert.equal(heard[0].deliveredFrom, stranger.nodeId)
    })

    it('believes no event of which a byte is another, is missing or was added', () => {
      const random = seededRandom(1)
      const below = (limit) => Math.floor(random() * limit)
      const key = SecretKey.generate()
      for (let index = 0; index < 2500; index++) {
        const content = writeContent(topicId, json, key)
        assert.equal(new EventContent(topicId, content).author, key.nodeId())
        const at = below(content.length)
        const kind = index % 3
        const byte = Buffer.from([(content[at] + 1 + below(255)) % 256])
        const middle = [byte, Buffer.alloc(0), Buffer.concat([byte, content.subarray(at, at + 1)])][kind]
        const damaged = Buffer.concat([content.subarray(0, at), middle, content.subarray(at + 1)])
        if (damaged.equals(content)) continue
        const read = new EventContent(topicId, damaged)
        assert.equal(read.author, null, damaged.toString())
        try {
          assert.equal(typeof read.envelope().type, 'string')
        } catch (error) {
          assert.ok(error instanceof IrohError, error.stack)
        }
      }
    })

    it('still refuses what is signed and no envelope', async () => {
      const { far, stranger } = pair({ verify: true })
      const errors = gather(far, 'error')
      await broadcast(stranger, far, writeContent(topicId, '{"kind":1}', SecretKey.generate()))
      assert.equal(errors[0].error.code, 'ERR_IROH_NOT_ENVELOPE')
    })
  })

  it('tells without verify, too, whether an author is proven', async () => {
    const { far, stranger } = pair()
    const heard = gather(far, 'said:room-1')
    const good = writeContent(topicId, json, SecretKey.generate()).toString()
    await broadcast(stranger, far, good.replace('Grüße', 'Gruß'))
    assert.deepEqual(heard[0].detail.payload, { text: 'Gruß' })
    assert.equal(heard[0].author, null)
  })

  it("raises 'error' with a code and the neighbour for each bad input, and goes on", async () => {
    const { far, stranger } = pair()
    const bad = {
      ERR_IROH_NOT_JSON: ['', '{', 'no', Buffer.from([0x22, 0xff, 0x22]), '\ufeff{"type":"a"}', '{"type":"a"} x'],
      ERR_IROH_NOT_ENVELOPE: ['1', 'null', '[]', '{}', '{"type":1}', '{"type":"a","id":1}'],
      ERR_IROH_TOO_DEEP: [`{"type":"a","payload":${'['.repeat(256)}${']'.repeat(256)}}`],
      ERR_IROH_FORBIDDEN_KEY: ['{"type":"a","__proto__":{}}', '{"type":"a","payload":[{"\\u005f_proto__":1}]}']
    }
    const errors = gather(far, 'error')
    const contents = Object.values(bad).flat()
    await broadcast(stranger, far, ...contents)
    const expected = Object.entries(bad).flatMap(([code, each]) => each.map(() => code))
    assert.deepEqual(
      errors.map(({ error }) => error.code),
      expected
    )
    assert.ok(errors.every(({ error }) => error instanceof IrohError && error.peer === stranger.nodeId))
    assert.equal(far.stats().refused, contents.length)
    const deepest = `{"type":"deep","payload":${'['.repeat(255)}${']'.repeat(255)}}`
    const heard = once(far, 'deep')
    stranger.broadcast(deepest)
    await heard
  })

  it("gives an event that a peer named 'error' an error too", async () => {
    const { near, far } = pair()
    const heard = once(far, 'message-after')
    const errors = gather(far, 'error')
    near.send({ type: 'error', payload: 1 })
    near.send({ type: 'message-after' })
    await heard
    assert.equal(errors[0].error.code, 'ERR_IROH_NOT_ENVELOPE')
    assert.match(errors[0].message, /a peer named an event 'error'/)
    assert.equal(errors[0].detail.payload, 1)
  })

  it('refuses what cannot be sent', () => {
    const { near } = pair()
    const circular = { type: 'a' }
    circular.payload = circular
    assert.throws(() => near.send({ id: 'a' }), { code: 'ERR_IROH_NOT_ENVELOPE' })
    assert.throws(() => near.send(circular), { code: 'ERR_IROH_NOT_SERIALIZABLE' })
    assert.throws(() => near.dispatchEvent({ detail: envelope }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    assert.equal(near.stats().sent, 0)
  })

  it("passes the topic's own events on, and counts what was missed", async () => {
    const { far, farTopic } = pair()
    const seen = ['neighborUp', 'neighborDown', 'dialFailed', 'lagged'].map((type) => once(far, type))
    const error = new IrohError('ERR_IROH_TIMEOUT')
    farTopic.emit({ type: 'neighborUp', nodeId: 'a' })
    farTopic.emit({ type: 'neighborDown', nodeId: 'a', reason: 'left' })
    farTopic.emit({ type: 'dialFailed', nodeId: 'b', error })
    farTopic.emit({ type: 'lagged', missed: 7 })
    const [[up], [down], [failed], [lagged]] = await Promise.all(seen)
    assert.equal(up.nodeId, 'a')
    assert.equal(down.reason, 'left')
    assert.equal(failed.error, error)
    assert.equal(lagged.missed, 7)
    assert.equal(far.stats().missed, 7)
  })

  it('holds events back between pause() and resume()', async () => {
    const { near, far } = pair()
    const heard = gather(far, 'said:room-1')
    far.addEventListener('said:room-1', () => far.pause(), { once: true })
    const first = once(far, 'said:room-1')
    near.send(envelope)
    near.send(envelope)
    await first
    await new Promise(setImmediate)
    assert.equal(heard.length, 1)
    const second = once(far, 'said:room-1')
    far.resume()
    await second
    assert.equal(heard.length, 2)
  })

  it('drained() waits for the neighbours to take what was sent, and rejects when the target closes before', async () => {
    const { near, nearTopic } = pair()
    await near.drained()
    nearTopic.waitingBytes = 1_000_000
    assert.equal(near.bufferedAmount, 1_000_000)
    let isDrained = false
    const drained = near.drained().then(() => (isDrained = true))
    await new Promise(setImmediate)
    assert.equal(isDrained, false)
    nearTopic.take()
    await drained
    nearTopic.waitingBytes = 1
    const waiting = near.drained()
    await near.close()
    await assert.rejects(waiting, { code: 'ERR_IROH_CLOSED' })
    assert.equal(near.bufferedAmount, 0)
  })

  it('closes once, leaves the topic, and is silent from then on', async () => {
    const { near, far, stranger } = pair()
    const closes = gather(far, 'close')
    const heard = gather(far, 'said:room-1')
    near.send(envelope)
    far.pause()
    await Promise.all([far.close(), far.close()])
    near.send(envelope)
    assert.deepEqual(await far.closed, { kind: 'locally-closed', code: 0, reason: '', error: null })
    assert.deepEqual([closes.length, heard.length], [1, 0])
    assert.throws(() => far.send(envelope), { code: 'ERR_IROH_CLOSED' })
    await assert.rejects(far.drained(), { code: 'ERR_IROH_CLOSED' })
    await stranger.leave()
  })

  it('ends when its topic does, and tells why if it failed', async () => {
    const { near, far, nearTopic, farTopic } = pair()
    const error = new IrohError('ERR_IROH_CLOSED')
    await nearTopic.leave()
    farTopic.fail(error)
    assert.equal((await near.closed).error, null)
    assert.equal((await far.closed).error, error)
    assert.throws(() => far.send(envelope), error)
  })

  it('reaches everyone in a topic of endpoints, with its author, whoever passed it on', async () => {
    const members = []
    for (let index = 0; index < 5; index++) {
      const endpoint = await create()
      const gossip = await Gossip.spawn(endpoint)
      const before = members.at(-1)?.endpoint.addr() // a chain at first
      const topic = before ? await gossip.subscribeAndJoin(topicId, [before]) : await gossip.subscribe(topicId)
      const target = createGossipEventTarget(topic, { verify: true })
      open.push(target)
      members.push({ endpoint, target })
    }
    for (const sender of members) {
      const others = members.filter((member) => member !== sender)
      const heard = others.map(({ target }) => once(target, 'said:room-1'))
      sender.target.send(envelope)
      for (const [event] of await Promise.all(heard)) {
        assert.equal(event.author, sender.endpoint.nodeId())
        assert.deepEqual(event.detail, envelope)
      }
    }
    assert.deepEqual(
      members.map(({ target }) => target.stats().received),
      [4, 4, 4, 4, 4]
    )
  })

  it('takes a topic and known options only', () => {
    const [topic] = fakeTopics(1)
    for (const value of [undefined, {}, topicId]) {
      assert.throws(() => createGossipEventTarget(value), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
    for (const options of [{ sign: 1 }, { verify: 'yes' }, { signed: true }]) {
      assert.throws(() => createGossipEventTarget(topic, options), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
  })
})
