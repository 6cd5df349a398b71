// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { deferred } = require('../base/deferred')
const { check } = require('../base/errors')
const { reportUncaught } = require('../base/guard')
const { Event } = require('../core/events')

const NODE_ID_BYTES = 32
/** In place of the round of a message that was sent to direct neighbours only (IROH_GOSSIP_DIRECT). */
const DIRECT = 0x10000
/** By number (gossip_down_t). */
const DOWN_REASONS = ['', 'closed', 'left', 'dropped', 'evicted']

function nodeIdOf(data) {
  return data.toString('hex', 0, NODE_ID_BYTES)
}

/** A topic of the core and those who have subscribed to it. */
class SharedTopic {
  #core
  #handle
  #admit
  /** NodeId to the last question whether it is admitted, while that is open. */
  #questions = new Map()
  #dialError
  #onLeaving
  #onLeft
  #subscribers = new Set()
  #neighbors = new Set()
  #drained = null
  #left = null

  /**
   * @param {import('../core/core').Core} core
   * @param {number} swarm
   * @param {import('../identity/topic-id').TopicId} topicId
   * @param {object} about
   * @param {(nodeId: string) => boolean | Promise<boolean>} [about.admit]
   * @param {(nodeId: string) => Error} about.dialError why the last dial of a peer failed
   * @param {() => void} about.onLeaving nobody is subscribed any more
   * @param {() => void} about.onLeft nothing more comes
   */
  constructor(core, swarm, topicId, { admit, dialError, onLeaving, onLeft }) {
    this.#core = core
    this.topicId = topicId
    this.#admit = admit
    this.#dialError = dialError
    this.#onLeaving = onLeaving
    this.#onLeft = onLeft
    this.#handle = check(binding.gossipSubscribe(core.handle, swarm, topicId.toBytes(), admit !== undefined))
    core.addStream(this.#handle, this)
  }

  get admit() {
    return this.#admit
  }

  /** @param {{ onEvent: (event: object) => void, onEnd: () => void }} subscriber hears of the neighbours there are */
  add(subscriber) {
    this.#subscribers.add(subscriber)
    for (const nodeId of this.#neighbors) subscriber.onEvent({ type: 'neighborUp', nodeId })
  }

  /** The last to go leaves the topic. @returns {Promise<void>} the neighbours know */
  async remove(subscriber) {
    if (!this.#subscribers.delete(subscriber) || this.#subscribers.size > 0) return
    this.#left = deferred()
    this.#onLeaving()
    if (binding.gossipLeave(this.#core.handle, this.#handle) < 0) this.#forget()
    await this.#left.promise
  }

  /** As if all had left. @returns {Promise<void>} */
  async leaveAll() {
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.leave()))
  }

  /** The core's topic is gone with its swarm or endpoint. */
  end() {
    for (const subscriber of this.#subscribers) subscriber.onEnd()
    this.#subscribers.clear()
    this.#forget()
  }

  /** @returns {boolean} whether it was sent */
  broadcast(bytes, neighborsOnly) {
    return check(binding.gossipBroadcast(this.#core.handle, this.#handle, bytes, neighborsOnly)) === 0
  }

  /** @returns {Promise<void>} little waits to be sent, or the topic is over */
  async drained() {
    if (!this.#drained && binding.gossipDrain(this.#core.handle, this.#handle) !== 0) return
    this.#drained ??= deferred()
    await this.#drained.promise
  }

  /** @throws {IrohError} */
  join(nodeId) {
    check(binding.gossipJoin(this.#core.handle, this.#handle, nodeId), { peer: nodeId })
  }

  /** @returns {string[]} */
  neighbors() {
    return [...this.#neighbors]
  }

  hasNeighbor(nodeId) {
    return this.#neighbors.has(nodeId)
  }

  info() {
    return check(binding.gossipTopicInfo(this.#core.handle, this.#handle))
  }

  /** An event of the core. */
  onEvent(kind, number, _error, data) {
    switch (kind) {
      case Event.GOSSIP_RECEIVED:
        this.#onReceived(number, data)
        break
      case Event.GOSSIP_UP:
        this.#neighbors.add(nodeIdOf(data))
        this.#tell({ type: 'neighborUp', nodeId: nodeIdOf(data) })
        break
      case Event.GOSSIP_DOWN:
        this.#neighbors.delete(nodeIdOf(data))
        this.#tell({ type: 'neighborDown', nodeId: nodeIdOf(data), reason: DOWN_REASONS[number] })
        break
      case Event.GOSSIP_FAILED:
        this.#tell({ type: 'dialFailed', nodeId: nodeIdOf(data), error: this.#dialError(nodeIdOf(data)) })
        break
      case Event.GOSSIP_ADMIT:
        this.#judge(nodeIdOf(data))
        break
      case Event.GOSSIP_DRAINED:
        this.#onDrained()
        break
      case Event.GOSSIP_LEFT:
        this.#forget()
        break
    }
  }

  #onDrained() {
    this.#drained?.resolve()
    this.#drained = null
  }

  #onReceived(number, data) {
    const isDirect = number === DIRECT
    this.#tell({
      type: 'received',
      content: data.subarray(NODE_ID_BYTES),
      deliveredFrom: nodeIdOf(data),
      scope: isDirect ? 'neighbors' : 'swarm',
      round: isDirect ? 0 : number
    })
  }

  #tell(event) {
    for (const subscriber of this.#subscribers) subscriber.onEvent(event)
  }

  /** A peer that came back is asked about anew; what was found of it before counts no longer. */
  async #judge(nodeId) {
    const question = Symbol(nodeId)
    this.#questions.set(nodeId, question)
    let admitted = false
    try {
      admitted = (await this.#admit(nodeId)) === true
    } catch (error) {
      reportUncaught(error)
    }
    if (this.#questions.get(nodeId) !== question) return
    this.#questions.delete(nodeId)
    binding.gossipAdmit(this.#core.handle, this.#handle, nodeId, admitted)
  }

  #forget() {
    this.#core.removeStream(this.#handle)
    this.#onDrained()
    this.#left?.resolve()
    this.#onLeft()
  }
}

module.exports = { SharedTopic, nodeIdOf }
