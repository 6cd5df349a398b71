// SPDX-License-Identifier: MIT
// Gossip topics without a network, for what is built on them: each content reaches all others of a room, once.
'use strict'

const { SecretKey, TopicId } = require('event-target-iroh')
const { quietDeferred } = require('../../lib/base/deferred.js')
const { AsyncQueue } = require('../../lib/base/async-queue.js')

class FakeTopic {
  #room
  #events = new AsyncQueue()
  #secretKey = SecretKey.generate()
  maxContentLength = 4057
  isOver = false
  /** Bytes that its neighbours have not taken yet. */
  waitingBytes = 0
  #drained = quietDeferred()
  endpoint = { secretKey: () => this.#secretKey }

  constructor(room, topicId) {
    this.#room = room
    this.topicId = topicId
  }

  get nodeId() {
    return this.#secretKey.nodeId()
  }

  broadcast(content) {
    const bytes = Buffer.from(content)
    if (this.#room.seen.has(bytes.toString('latin1'))) return false
    this.#room.seen.add(bytes.toString('latin1'))
    for (const other of this.#room.topics) {
      if (other !== this)
        other.emit({ type: 'received', content: bytes, deliveredFrom: this.nodeId, scope: 'swarm', round: 0 })
    }
    return true
  }

  emit(event) {
    this.#events.push(event)
  }

  metrics() {
    return { waitingBytes: this.waitingBytes }
  }

  /** Settled by take(), or when it is left. */
  drained() {
    return this.waitingBytes === 0 ? Promise.resolve() : this.#drained.promise
  }

  /** The neighbours have taken everything. */
  take() {
    this.waitingBytes = 0
    this.#drained.resolve()
    this.#drained = quietDeferred()
  }

  async leave() {
    this.take()
    this.isOver = true
    this.#room.topics.delete(this)
    this.#events.end()
  }

  fail(error) {
    this.#events.fail(error)
  }

  async *[Symbol.asyncIterator]() {
    for (let event = await this.#events.take(); event !== null; event = await this.#events.take()) yield event
  }
}

/** So many topics that hear each other. */
function fakeTopics(count, topicId = TopicId.fromName('fake')) {
  const room = { topics: new Set(), seen: new Set() }
  for (let index = 0; index < count; index++) room.topics.add(new FakeTopic(room, topicId))
  return [...room.topics]
}

module.exports = { fakeTopics }
