// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { parsePeer } = require('../tickets/peer')
const { MAX_DURATION_MS, checkInteger, checkOptions, checkSignal, toBytes } = require('../base/check')
const { quietDeferred } = require('../base/deferred')
const { IrohError, invalid } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { Patience } = require('../base/patience')
const { asyncDispose } = require('../base/symbols')
const { EventQueue } = require('./event-queue')

const JOIN_TIMEOUT_MS = 15_000

/** @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }[]} */
function checkPeers(peers, name) {
  if (typeof peers === 'string' || typeof peers?.[Symbol.iterator] !== 'function') {
    throw invalid(`${name} must be an array of NodeIds, NodeAddrs or tickets`)
  }
  return Array.from(peers, parsePeer)
}

/** Subscribed to a topic: sends to it, and has its events in a queue of its own. */
class GossipTopic {
  #endpoint
  #shared
  #queue
  #limits
  /** What waits for a neighbour: called with each event. */
  #watchers = new Set()
  #isOver = false
  #halves = 0
  #left = null

  /**
   * @private use gossip.subscribe()
   * @param {import('../endpoint/endpoint').Endpoint} endpoint
   * @param {import('./shared-topic').SharedTopic} shared
   * @param {{ maxMessageSize: number, events: number, bytes: number }} limits
   */
  constructor(endpoint, shared, limits) {
    this.#endpoint = endpoint
    this.#shared = shared
    this.#limits = limits
    this.#queue = new EventQueue(limits)
    shared.add(this)
  }

  get topicId() {
    return this.#shared.topicId
  }

  get endpoint() {
    return this.#endpoint
  }

  /** Bytes a broadcast may have: 4057 with the usual maxMessageSize. */
  get maxContentLength() {
    return binding.gossipMaxContent(this.#limits.maxMessageSize, false)
  }

  /** Whether it was left, or has ended with its gossip or endpoint. */
  get isOver() {
    return this.#isOver
  }

  /**
   * Sends bytes to everyone in the topic. They may be used again at once.
   * @param {Uint8Array | string} content
   * @returns {boolean} false: the same content was sent or received lately (keepIdsMs), and so nothing is sent
   * @throws {IrohError} ERR_IROH_TOO_LONG with the limit, ERR_IROH_CLOSED
   */
  broadcast(content) {
    return this.#send(content, false)
  }

  /**
   * Sends bytes to the neighbours only, all of them, who do not pass them on. The same content may be sent again.
   * @param {Uint8Array | string} content
   * @returns {boolean} true
   * @throws {IrohError} as broadcast()
   */
  broadcastNeighbors(content) {
    return this.#send(content, true)
  }

  /**
   * Waits until little of what was broadcast waits to be sent: a loop of broadcasts that awaits it goes as fast as the
   * neighbours take them. One that takes nothing for a second is not waited for; it gets ids, and asks for what it can.
   * @returns {Promise<void>} at once if nothing has to wait, or the topic is over
   */
  async drained() {
    if (!this.#isOver) await this.#shared.drained()
  }

  /**
   * Asks more peers to let this one in.
   * @param {Iterable<string | object>} peers NodeIds, NodeAddrs or tickets
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options] timeoutMs: how long each may take to become a
   *   neighbour, default 15000
   * @returns {Promise<{ nodeId: string, joined: boolean, error?: Error }[]>} in the order of `peers`
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT and those of a malformed peer, ERR_IROH_CLOSED
   */
  async joinPeers(peers, options) {
    const { signal, timeoutMs } = checkOptions(options, ['signal', 'timeoutMs'], 'joinPeers')
    checkSignal(signal)
    const limit = checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: MAX_DURATION_MS, fallback: JOIN_TIMEOUT_MS })
    const named = checkPeers(peers, 'peers')
    this.#assertOpen()
    return Promise.all(named.map((peer) => this.#join(peer, { signal, timeoutMs: limit })))
  }

  /** The neighbours now. @returns {string[]} NodeIds */
  neighbors() {
    return this.#isOver ? [] : this.#shared.neighbors()
  }

  /** Counters and gauges of the topic at this peer; docs/reference/gossip.md names them. */
  metrics() {
    this.#assertOpen()
    return { ...this.#shared.info(), queuedEvents: this.#queue.length, queuedBytes: this.#queue.bytes }
  }

  /**
   * Two objects for two parts of a program. The topic is left when close() of both was called.
   * @returns {{ sender: object, receiver: object }} see index.d.ts
   */
  split() {
    this.#assertOpen()
    this.#halves += 2
    return { sender: this.#sender(), receiver: this.#receiver() }
  }

  /**
   * Ends the subscription. The last one of a topic leaves it: its neighbours are told.
   * @returns {Promise<void>} they have acknowledged that, or have acknowledged nothing for two seconds (thirty in all)
   */
  leave() {
    if (!this.#isOver) {
      this.onEnd()
      this.#left = this.#shared.remove(this)
    }
    return this.#left ?? Promise.resolve()
  }

  [asyncDispose]() {
    return this.leave()
  }

  /**
   * The events, each once; several loops share them. Ends when the topic is left or has ended.
   * @yields {object} GossipTopicEvent of index.d.ts
   */
  async *[Symbol.asyncIterator]() {
    for (let event = await this.#queue.take(); event !== null; event = await this.#queue.take()) yield event
  }

  /** @private an event of the topic */
  onEvent(event) {
    this.#queue.push(event)
    for (const watcher of this.#watchers) watcher(event)
  }

  /** @private nothing more comes */
  onEnd() {
    this.#isOver = true
    this.#queue.end()
    for (const watcher of this.#watchers) watcher({ type: 'end' })
  }

  /**
   * @private Resolves with the first neighbour, or at once.
   * @throws {IrohError} ERR_IROH_TIMEOUT, _ABORTED, _CLOSED
   */
  async joined({ signal, timeoutMs }) {
    if (this.neighbors().length > 0) return
    await this.#until(({ type }) => type === 'neighborUp', { signal, timeoutMs })
  }

  /** @private bootstrap peers */
  bootstrap(peers) {
    for (const peer of peers) {
      if (peer.nodeId !== this.#endpoint.nodeId()) this.#ask(peer)
    }
  }

  #assertOpen() {
    if (this.#isOver) throw new IrohError('ERR_IROH_CLOSED', { detail: 'the topic was left' })
  }

  #send(content, neighborsOnly) {
    const bytes = toBytes(content, 'content')
    this.#assertOpen()
    const max = binding.gossipMaxContent(this.#limits.maxMessageSize, neighborsOnly)
    if (bytes.length > max) {
      throw new IrohError('ERR_IROH_TOO_LONG', { detail: `${bytes.length} bytes of content, at most ${max} fit` })
    }
    return this.#shared.broadcast(bytes, neighborsOnly)
  }

  #ask(peer) {
    if (peer.directAddresses.length > 0 || peer.relayUrl !== undefined) this.#endpoint.addNodeAddr(peer)
    this.#shared.join(peer.nodeId)
  }

  async #join(peer, limits) {
    const { nodeId } = peer
    try {
      if (nodeId === this.#endpoint.nodeId()) throw new IrohError('ERR_IROH_SELF_CONNECT', { peer: nodeId })
      if (!this.#shared.hasNeighbor(nodeId)) {
        const up = this.#until((event) => event.nodeId === nodeId && outcomeOf(event), { ...limits, peer: nodeId })
        this.#ask(peer)
        await up
      }
      return { nodeId, joined: true }
    } catch (error) {
      return { nodeId, joined: false, error }
    }
  }

  /** Waits for an event that `matches`; what it throws is thrown. */
  async #until(matches, { signal, timeoutMs, peer }) {
    const about = peer === undefined ? {} : { peer }
    if (signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { ...about, cause: signal.reason })
    const done = quietDeferred()
    const watcher = (event) => {
      try {
        if (event.type === 'end') done.reject(new IrohError('ERR_IROH_CLOSED', about))
        else if (matches(event)) done.resolve()
      } catch (error) {
        done.reject(error)
      }
    }
    const onLate = () => done.reject(new IrohError('ERR_IROH_TIMEOUT', { ...about, detail: 'not joined in time' }))
    const patience = timeoutMs === undefined ? null : new Patience(timeoutMs, onLate)
    this.#watchers.add(watcher)
    const forget = onAbort(signal, () =>
      done.reject(new IrohError('ERR_IROH_ABORTED', { ...about, cause: signal.reason }))
    )
    try {
      await done.promise
    } finally {
      patience?.stop()
      this.#watchers.delete(watcher)
      forget()
    }
  }

  /** Closes one half, once. */
  #closer() {
    let isOpen = true
    return async () => {
      if (!isOpen) return
      isOpen = false
      if (--this.#halves === 0) await this.leave()
    }
  }

  #sender() {
    const close = this.#closer()
    return Object.freeze({
      topicId: this.topicId,
      maxContentLength: this.maxContentLength,
      broadcast: (content) => this.broadcast(content),
      broadcastNeighbors: (content) => this.broadcastNeighbors(content),
      drained: () => this.drained(),
      joinPeers: (peers, options) => this.joinPeers(peers, options),
      close,
      [asyncDispose]: close
    })
  }

  #receiver() {
    const close = this.#closer()
    return Object.freeze({
      topicId: this.topicId,
      neighbors: () => this.neighbors(),
      close,
      [Symbol.asyncIterator]: () => this[Symbol.asyncIterator](),
      [asyncDispose]: close
    })
  }
}

/** Of an event about a peer that is to join. @throws why it does not */
function outcomeOf(event) {
  if (event.type === 'dialFailed') throw event.error
  return event.type === 'neighborUp'
}

module.exports = { GossipTopic, checkPeers }
