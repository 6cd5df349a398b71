// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { MAX_DURATION_MS, checkFunction, checkInteger, checkOptions, checkSignal } = require('../base/check')
const { IrohError, check, invalid } = require('../base/errors')
const { asyncDispose, kCore, kDenies, kDial, kHandOver, kLooksUp, kServe } = require('../base/symbols')
const { CloseCode } = require('../core/close-reason')
const { Connection } = require('../connection/connection')
const { Event } = require('../core/events')
const { Endpoint } = require('../endpoint/endpoint')
const { decodeAddrInfo, encodeAddrInfo } = require('./addr-info')
const { readGossipOptions } = require('./options')
const { SharedTopic, nodeIdOf } = require('./shared-topic')
const { GossipTopic, checkPeers } = require('./topic')
const { TopicId } = require('../identity/topic-id')

const NODE_ID_BYTES = 32
/** Peers of which is kept why the last dial failed. */
const DIAL_ERRORS_MAX = 256
/** 'network' events after which the endpoint may be elsewhere. */
const MOVES = new Set(['addresses', 'home-relay', 'rebound'])

/**
 * Topics at an endpoint, in which any number of peers tell each other without a broker (iroh-gossip): each keeps a few
 * neighbours, and what one broadcasts goes from neighbour to neighbour until all have it, once.
 */
class Gossip {
  #endpoint
  #core
  #options
  #handle
  #topics = new Map()
  /** Those that wait for their neighbours to know. */
  #leaving = new Set()
  #dials = new Map()
  #dialErrors = new Map()
  #stopServing
  #onConnection = (connection) => this.accept(connection)
  #onNetwork = ({ type }) => MOVES.has(type) && this.#tellWhere()
  #closed = null
  #isOver = false

  /**
   * Begins to serve gossip at an endpoint.
   * @param {Endpoint} endpoint
   * @param {object} [options] GossipOptions of index.d.ts
   * @returns {Promise<Gossip>}
   * @throws {IrohError} ERR_IROH_BUSY when the endpoint serves the ALPN already; ERR_IROH_INVALID_ARGUMENT, _CLOSED
   */
  static async spawn(endpoint, options) {
    if (!(endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
    return new Gossip(endpoint, readGossipOptions(options))
  }

  /** @private use Gossip.spawn() */
  constructor(endpoint, options) {
    this.#endpoint = endpoint
    this.#core = endpoint[kCore]()
    this.#options = options
    this.#handle = check(
      binding.gossipOpen(this.#core.handle, { ...options.native, needsData: endpoint[kLooksUp]() ? 0 : 1 })
    )
    try {
      this.#stopServing = endpoint[kServe](options.alpn, (connection) => this.#onConnection(connection))
    } catch (error) {
      binding.gossipClose(this.#core.handle, this.#handle)
      throw error
    }
    this.#core.addStream(this.#handle, this)
    this.#tellWhere()
    endpoint.on('network', this.#onNetwork)
    this.#core.closed.then(() => this.#end())
  }

  get endpoint() {
    return this.#endpoint
  }

  /** The protocol it serves. */
  get alpn() {
    return this.#options.alpn
  }

  /** Bytes that a message may have, its framing included. */
  get maxMessageSize() {
    return this.#options.native.maxMessageSize
  }

  /** The topics that are subscribed to. @returns {TopicId[]} */
  topics() {
    return [...this.#topics.values()].map((shared) => shared.topicId)
  }

  /**
   * Subscribes to a topic and asks the bootstrap peers to let this one in; without any it waits for others to come.
   * @param {TopicId | Uint8Array | string} topicId
   * @param {Iterable<string | object>} [bootstrap] NodeIds, NodeAddrs or tickets
   * @param {{ admit?: (nodeId: string) => boolean | Promise<boolean>, signal?: AbortSignal }} [options] `admit` lets a
   *   peer become a neighbour with true only; asked once for each while it is connected. It is the first subscriber's
   * @returns {Promise<GossipTopic>} at once
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT and those of a malformed peer, _ABORTED, _CLOSED, _LIMIT
   */
  async subscribe(topicId, bootstrap = [], options = {}) {
    const { admit, signal } = checkOptions(options, ['admit', 'signal'], 'subscribe')
    return this.#subscribe(topicId, bootstrap, { admit, signal })
  }

  /**
   * subscribe() and waits for the first neighbour, whose event is the topic's first.
   * @param {TopicId | Uint8Array | string} topicId
   * @param {Iterable<string | object>} bootstrap
   * @param {{ timeoutMs?: number, signal?: AbortSignal, admit?: Function }} [options] without timeoutMs it waits for ever
   * @returns {Promise<GossipTopic>}
   * @throws {IrohError} also ERR_IROH_TIMEOUT; what it throws, it has left the topic
   */
  async subscribeAndJoin(topicId, bootstrap = [], options = {}) {
    const { admit, signal, timeoutMs } = checkOptions(options, ['admit', 'signal', 'timeoutMs'], 'subscribeAndJoin')
    if (timeoutMs !== undefined) checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: MAX_DURATION_MS })
    const topic = this.#subscribe(topicId, bootstrap, { admit, signal })
    try {
      await topic.joined({ signal, timeoutMs })
      return topic
    } catch (error) {
      await topic.leave()
      throw error
    }
  }

  /** Takes a connection of its ALPN: a router calls it. */
  accept(connection) {
    if (!(connection instanceof Connection)) throw invalid('expected a Connection')
    if (connection.alpn() !== this.alpn) throw invalid(`expected a connection of ${this.alpn}`)
    this.#take(connection)
  }

  /** Counters and gauges; those of topics are the sums of the subscribed ones. docs/reference/gossip.md names them. */
  metrics() {
    this.#assertOpen()
    const metrics = check(binding.gossipInfo(this.#core.handle, this.#handle))
    for (const shared of this.#topics.values()) {
      for (const [name, value] of Object.entries(shared.info())) {
        if (name !== 'waitingBytes' && name !== 'memory') metrics[name] = (metrics[name] ?? 0) + value
      }
    }
    return metrics
  }

  /** Leaves all topics and closes the connections. Never rejects; the endpoint stays open. */
  close() {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [asyncDispose]() {
    return this.close()
  }

  /** @private Connections of its ALPN go to `onConnection` first; gives back what ends that. */
  [kServe](onConnection) {
    this.#onConnection = onConnection
    return () => {
      this.#onConnection = (connection) => this.accept(connection)
    }
  }

  /** @private an event of the core */
  onEvent(kind, _number, _error, data) {
    if (kind === Event.GOSSIP_DIAL) this.#dial(nodeIdOf(data), data.subarray(NODE_ID_BYTES))
  }

  #assertOpen() {
    if (this.#isOver) throw new IrohError('ERR_IROH_CLOSED', { detail: 'gossip is closed' })
  }

  #subscribe(topic, bootstrap, { admit, signal }) {
    const topicId = TopicId.from(topic)
    const peers = checkPeers(bootstrap, 'bootstrap')
    checkFunction(admit, 'admit')
    checkSignal(signal)
    if (this.#closed) throw new IrohError('ERR_IROH_CLOSED', { detail: 'gossip is closed' })
    this.#assertOpen()
    if (signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { cause: signal.reason })
    const shared = this.#topics.get(topicId.toString()) ?? this.#begin(topicId, admit)
    if (admit && shared.admit !== admit) throw invalid('the topic is subscribed to with another `admit`, or none')
    const subscribed = new GossipTopic(this.#endpoint, shared, {
      maxMessageSize: this.maxMessageSize,
      events: this.#options.maxEvents,
      bytes: this.#options.maxEventBytes
    })
    subscribed.bootstrap(peers)
    return subscribed
  }

  #begin(topicId, admit) {
    const key = topicId.toString()
    const shared = new SharedTopic(this.#core, this.#handle, topicId, {
      admit,
      dialError: (peer) => this.#dialErrors.get(peer) ?? new IrohError('ERR_IROH_UNREACHABLE', { peer }),
      onLeaving: () => {
        this.#topics.delete(key)
        this.#leaving.add(shared)
      },
      onLeft: () => this.#leaving.delete(shared)
    })
    this.#topics.set(key, shared)
    return shared
  }

  /** What peers are told of where this endpoint is. */
  #tellWhere() {
    const data = encodeAddrInfo(this.#endpoint.addr())
    binding.gossipSetData(this.#core.handle, this.#handle, data)
  }

  async #dial(nodeId, said) {
    const ending = new AbortController()
    const { signal } = ending
    this.#dials.set(nodeId, ending)
    try {
      // Others name it: it would be a neighbour again.
      if (this.#endpoint[kDenies](nodeId)) throw new IrohError('ERR_IROH_DENIED', { peer: nodeId })
      const timeoutMs = this.#options.dialTimeoutMs
      const hint = decodeAddrInfo(said, nodeId) ?? { directAddresses: [] }
      const connection = await this.#endpoint[kDial](nodeId, this.alpn, { hint, signal, timeoutMs })
      this.#dials.delete(nodeId)
      check(this.#take(connection), { peer: nodeId })
    } catch (error) {
      this.#dials.delete(nodeId)
      this.#keepError(nodeId, error)
      if (!this.#isOver) binding.gossipDialFailed(this.#core.handle, this.#handle, nodeId)
    }
  }

  /** @returns {number} negative: it cannot be used */
  #take(connection) {
    if (!this.#isOver) return binding.gossipAddConn(this.#core.handle, this.#handle, connection[kHandOver]())
    connection.close(CloseCode.NORMAL, 'gossip is closed')
    return 0
  }

  #keepError(nodeId, error) {
    this.#dialErrors.delete(nodeId)
    this.#dialErrors.set(nodeId, error)
    if (this.#dialErrors.size > DIAL_ERRORS_MAX) this.#dialErrors.delete(this.#dialErrors.keys().next().value)
  }

  async #close() {
    this.#stopServing()
    await Promise.all([...this.#topics.values()].map((shared) => shared.leaveAll()))
    this.#end()
  }

  #end() {
    if (this.#isOver) return
    this.#isOver = true
    this.#closed ??= Promise.resolve()
    this.#endpoint.off('network', this.#onNetwork)
    for (const ending of this.#dials.values()) ending.abort()
    for (const shared of [...this.#topics.values(), ...this.#leaving]) shared.end()
    this.#topics.clear()
    this.#core.removeStream(this.#handle)
    binding.gossipClose(this.#core.handle, this.#handle)
  }
}

module.exports = { Gossip }
