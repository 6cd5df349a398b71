// SPDX-License-Identifier: MIT
'use strict'

const { Emitter } = require('../base/emitter')
const { RelayClient, datagramCount } = require('./client')
const { Timers } = require('../base/timers')

/** A relay that was not asked for by configuration is left after this long without sending. */
const IDLE_MS = 60_000
/** What cannot be delivered is dropped after this long. */
const QUEUE_MS = 3000
/** A relay whose sessions fail is no candidate for home so long. */
const BAD_MS = 60_000
/** After this many attempts in a row a relay counts as failing. */
const MAX_FAILURES = 2
/** The best latency of the last five minutes counts. */
const LATENCY_WINDOW_MS = 300_000
const MAX_PEERS = 4096
const MAX_QUEUED = 1024

/**
 * One relay as the manager sees it: its session while there is one, its latencies, what waits to be sent over it, and
 * the peers that sent over it.
 *
 * Events: 'up'; 'down' (error, wasUp); 'datagrams', 'gone', 'displaced' and 'regained' as RelayClient has them; 'idle' when it
 * was left.
 */
class RelayLink extends Emitter {
  #clientOptions
  #clock
  #timers
  #client = null
  #closing = Promise.resolve()
  #referenced = true
  #permanent = false
  #lastSent = 0
  #queue = []
  #queuedBytes = 0
  #maxQueuedBytes
  #latencies = []
  #badUntil = Number.NEGATIVE_INFINITY
  #peers = new Set()
  #lastPeer = null

  /** @type {import('../base/errors').IrohError | null} why it could not be measured last time */
  probeError = null
  /** Whether it answered when it was measured last. */
  answered = false
  /** Whether the program did not name it. */
  isForeign
  /** Datagrams dropped here, for whatever reason. */
  dropped = 0

  /**
   * @param {object} clientOptions of RelayClient; `url` is normalised
   * @param {{ clock: import('../base/clock').Clock, maxQueuedBytes: number, isForeign: boolean }} options
   */
  constructor(clientOptions, { clock, maxQueuedBytes, isForeign }) {
    super()
    this.isForeign = isForeign
    this.url = clientOptions.url
    this.#clientOptions = clientOptions
    this.#clock = clock
    this.#timers = new Timers(clock)
    this.#maxQueuedBytes = maxQueuedBytes
  }

  get isUp() {
    return this.#client?.state === 'up'
  }

  /** As RelayClient's, 'idle' without one. */
  get state() {
    return this.#client?.state ?? 'idle'
  }

  /** Whether another connection with this key has taken over there. */
  get isDisplaced() {
    return this.#client?.isDisplaced ?? false
  }

  /** Where it is connected to, 'ip:port'; null while it is not, and where a proxy is between. */
  get remote() {
    return this.#client?.remote ?? null
  }

  /** What a dial is waiting for, as the words of an error; or null. */
  get lateWords() {
    return this.#client?.lateWords ?? null
  }

  /** Round trip of the session's last ping, or null. */
  get rttMs() {
    return this.#client?.latencyMs ?? null
  }

  /** The best latency measured in the last five minutes, or null. */
  get latencyMs() {
    const since = this.#clock.now() - LATENCY_WINDOW_MS
    this.#latencies = this.#latencies.filter(({ at }) => at >= since)
    return this.#latencies.length > 0 ? Math.min(...this.#latencies.map(({ ms }) => ms)) : null
  }

  /** Why it is not up, or could not be measured. */
  get error() {
    return this.#client?.lastError ?? this.probeError
  }

  /** Whether its sessions failed lately. */
  get isBad() {
    return this.#clock.now() < this.#badUntil
  }

  /** Whether it has a session or tries to get one. */
  get isActive() {
    return this.#client !== null
  }

  /** It answered a measurement. */
  measured(ms) {
    this.answered = true
    this.#latencies.push({ at: this.#clock.now(), ms })
  }

  /** What was held against it no longer counts. */
  forgive() {
    this.#badUntil = Number.NEGATIVE_INFINITY
  }

  /** Dials, unless it is at it. @param {boolean} permanent keep the session although nothing is sent */
  open(permanent) {
    this.#permanent = permanent
    this.#lastSent = this.#clock.now()
    if (!permanent) this.#watchIdle(IDLE_MS)
    if (!this.#client) this.#connect()
  }

  /** From now on it may be left when idle; at once if there is no session. */
  release() {
    this.#permanent = false
    if (this.isUp) this.open(false)
    else this.close()
  }

  /** Looks whether the session is still there. */
  networkChanged() {
    this.#client?.networkChanged()
  }

  /** Whether this peer is reachable here: it sent something, and has not left. @param {string} peer as peerKey() */
  reaches(peer) {
    return this.isUp && this.#peers.has(peer)
  }

  /** Sends over the session. @returns {boolean} false: dropped */
  send(nodeId, ecn, segmentSize, data) {
    this.#lastSent = this.#clock.now()
    const sent = this.#client.send(nodeId, ecn, segmentSize, data)
    if (!sent) this.dropped += datagramCount(segmentSize, data)
    return sent
  }

  /** Keeps a copy until there is a session, three seconds at most. @returns {boolean} false: dropped */
  queue(nodeId, ecn, segmentSize, data) {
    this.#lastSent = this.#clock.now()
    if (this.#queue.length === MAX_QUEUED || this.#queuedBytes + data.length > this.#maxQueuedBytes) {
      this.dropped += datagramCount(segmentSize, data)
      return false
    }
    const item = { at: this.#lastSent, nodeId: Buffer.from(nodeId), ecn, segmentSize, data: Buffer.from(data) }
    this.#queue.push(item)
    this.#queuedBytes += data.length
    if (!this.#timers.has('queue')) this.#timers.set('queue', QUEUE_MS, () => this.#expire())
    return true
  }

  setReferenced(referenced) {
    this.#referenced = referenced
    this.#timers.setReferenced(referenced)
    if (referenced) this.#client?.ref()
    else this.#client?.unref()
  }

  /** Leaves the relay; it can be opened again. Resolves once the socket is gone. */
  close() {
    this.#timers.clearAll()
    this.#dropQueued(this.#queue.length)
    this.#peers.clear()
    this.#lastPeer = null
    if (this.#client) {
      this.#closing = Promise.all([this.#closing, this.#client.close()])
      this.#client = null
    }
    return this.#closing
  }

  #connect() {
    const client = new RelayClient(this.#clientOptions)
    this.#client = client
    if (!this.#referenced) client.unref()
    let wasUp = false
    client.on('up', () => {
      wasUp = true
      this.forgive()
      this.#flush()
      this.emit('up')
    })
    client.on('down', (error) => {
      if (client.failures >= MAX_FAILURES) this.#blame()
      const lost = wasUp
      wasUp = false
      this.#peers.clear()
      this.#lastPeer = null
      this.emit('down', error, lost)
    })
    client.on('denied', () => this.#blame())
    client.on('displaced', (times) => this.emit('displaced', times))
    client.on('regained', () => this.emit('regained'))
    client.on('datagrams', (source, ecn, segmentSize, bytes) => {
      this.#heard(source)
      this.emit('datagrams', source, ecn, segmentSize, bytes)
    })
    client.on('gone', (id) => {
      this.#peers.delete(peerKey(id))
      this.#lastPeer = null
      this.emit('gone', id)
    })
    client.connect()
  }

  #blame() {
    this.#badUntil = this.#clock.now() + BAD_MS
  }

  /** Remembers the last so many peers; a run of datagrams of one costs a comparison each. */
  #heard(source) {
    if (this.#lastPeer?.equals(source)) return
    this.#lastPeer = source
    const peer = peerKey(source)
    this.#peers.delete(peer)
    this.#peers.add(peer)
    if (this.#peers.size > MAX_PEERS) this.#peers.delete(this.#peers.values().next().value)
  }

  #flush() {
    this.#timers.clear('queue')
    const queued = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    for (const { nodeId, ecn, segmentSize, data } of queued) this.send(nodeId, ecn, segmentSize, data)
  }

  #expire() {
    const since = this.#clock.now() - QUEUE_MS
    const kept = this.#queue.findIndex(({ at }) => at > since)
    this.#dropQueued(kept === -1 ? this.#queue.length : kept)
    if (this.#queue.length > 0) this.#timers.set('queue', this.#queue[0].at - since, () => this.#expire())
  }

  #dropQueued(count) {
    for (const { segmentSize, data } of this.#queue.splice(0, count)) {
      this.#queuedBytes -= data.length
      this.dropped += datagramCount(segmentSize, data)
    }
  }

  /** One timer that looks again, instead of one that every datagram moves. */
  #watchIdle(ms) {
    this.#timers.set('idle', ms, () => {
      if (this.#permanent) return
      const left = IDLE_MS - (this.#clock.now() - this.#lastSent)
      if (left > 0) {
        this.#watchIdle(left)
        return
      }
      this.close()
      this.emit('idle')
    })
  }
}

/** A node id as the key of a Set. @param {Uint8Array} nodeId 32 bytes */
function peerKey(nodeId) {
  return (Buffer.isBuffer(nodeId) ? nodeId : Buffer.from(nodeId)).toString('latin1')
}

module.exports = { RelayLink, peerKey }
