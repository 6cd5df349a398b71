// SPDX-License-Identifier: MIT
'use strict'

const { AsyncQueue } = require('../base/async-queue')
const binding = require('../binding')
const { checkInteger, toBytes } = require('../base/check')
const { Event } = require('../core/events')
const { deferred } = require('../base/deferred')
const { CloseCode, closeError, readClose } = require('../core/close-reason')
const { check, errorCode, invalid } = require('../base/errors')
const { RecvStream } = require('./recv-stream')
const { SendStream } = require('./send-stream')
const { StreamHandle } = require('./stream-handle')
const { kAsk, kEvent, kHandOver, kIsHeard, kRefuse } = require('../base/symbols')

const UNIDIRECTIONAL = 2
const BIDI_ALLOWED = 1
const UNI_ALLOWED = 2
/** What nobody takes. */
const Refuse = Object.freeze({ BIDI: 1, UNI: 2, DATAGRAMS: 4, ALL: 7 })

/** A QUIC connection whose two ends have proved their NodeIds to each other. */
class Connection {
  #core
  #handle
  #remoteNodeId
  #alpn
  #dialled
  #lastInfo = null
  #streams = new Set()
  #accepted = { bidi: new AsyncQueue(), uni: new AsyncQueue() }
  #opening = { bidi: [], uni: [] }
  #datagrams
  #tell
  #watchers = null
  #isHandedOver = false
  #refuses = 0
  #askedAt = 0
  /** Made when closed() is called before the end. */
  #closed = null
  #closeReason = null
  #closeError = null

  /** @private `tell` gets 'path' (the remote address) and 'closed' */
  constructor(core, handle, tell) {
    this.#core = core
    this.#handle = handle
    this.#tell = tell
    const [remoteNodeId, alpn, dialled] = check(binding.connIdentity(core.handle, handle))
    this.#remoteNodeId = remoteNodeId
    this.#alpn = alpn
    this.#dialled = dialled
    this.#datagrams = new AsyncQueue(core.maxDatagrams, (datagram) => datagram.length)
    core.addConnection(handle, this)
  }

  /** The NodeId the peer proved. */
  remoteNodeId() {
    return this.#remoteNodeId
  }

  /** The protocol both sides agreed on. */
  alpn() {
    return this.#alpn
  }

  /** 'client' if this side dialled, else 'server'. */
  side() {
    return this.#dialled ? 'client' : 'server'
  }

  /**
   * Opens a bidirectional stream; waits while the peer allows no more. The peer learns of it with the first bytes.
   * @returns {Promise<{ send: SendStream, recv: RecvStream }>}
   */
  async openBi() {
    const stream = await this.#open(true)
    return { send: new SendStream(stream), recv: new RecvStream(stream) }
  }

  /** Opens a stream that only this side writes. */
  async openUni() {
    return new SendStream(await this.#open(false))
  }

  /** The next bidirectional stream the peer opened. Rejects with why the connection ended. */
  acceptBi() {
    return this.#takeStream('bidi', Refuse.BIDI)
  }

  /** The next stream that only the peer writes. Rejects with why the connection ended. */
  acceptUni() {
    return this.#takeStream('uni', Refuse.UNI)
  }

  /**
   * Sends one unreliable datagram (RFC 9221).
   * @throws {IrohError} ERR_IROH_DATAGRAM_TOO_LARGE, _DATAGRAM_UNSUPPORTED, or why the connection ended
   */
  sendDatagram(bytes) {
    const data = toBytes(bytes)
    this.#assertOpen()
    this.#check(binding.sendDatagram(this.#core.handle, this.#handle, data))
  }

  /**
   * The next datagram. Beyond `maxDatagrams` unread ones, or what the endpoint keeps of unread ones, the oldest is dropped.
   * Rejects with why the connection ended.
   */
  readDatagram() {
    this.#want(Refuse.DATAGRAMS)
    return this.#counted(this.#datagrams, this.#core.pendingDatagrams, (queue) => queue.take())
  }

  /** The largest datagram that fits now, in bytes; 0 if the peer takes none. */
  maxDatagramSize() {
    return this.#info().maxDatagramSize
  }

  /** The smoothed round-trip time in milliseconds, fractional. */
  rtt() {
    return this.#info().rttMs
  }

  /** Counters and gauges of the connection; after its end the last ones known. */
  stats() {
    const { remoteAddress, localAddress, relay, ...numbers } = this.#info()
    return numbers
  }

  /**
   * The network paths in use: [{ id, remoteAddress, localAddress, isRelay, isSelected, rttMs, stats }]. The remote address
   * of a relayed path is the relay's URL.
   */
  paths() {
    if (this.#closeReason) return []
    const { remoteAddress, localAddress, relay, rttMs } = this.#info()
    const isRelay = relay >= 0
    const ends = isRelay ? { remoteAddress: this.#core.relayUrl(relay) } : { remoteAddress, localAddress }
    return [{ id: 0, ...ends, isRelay, isSelected: true, rttMs, stats: this.stats() }]
  }

  /** Yields paths() now and whenever they change; ends with the connection. */
  async *watchPaths() {
    const changes = new AsyncQueue(16)
    this.#watchers ??= new Set()
    this.#watchers.add(changes)
    try {
      if (this.#closeReason) return
      changes.push(this.paths())
      for (let paths = await changes.take(); paths !== null; paths = await changes.take()) yield paths
    } finally {
      this.#watchers.delete(changes)
    }
  }

  /** Starts a TLS key update. @throws {IrohError} ERR_IROH_BUSY while an earlier one is not confirmed */
  updateKey() {
    this.#assertOpen()
    this.#check(binding.updateKey(this.#core.handle, this.#handle))
  }

  /**
   * Closes the connection at once; what is unsent is dropped.
   * @param {number} [code] application error code, told to the peer
   * @param {string} [reason] at most 255 bytes of it are told
   */
  close(code = 0, reason = '') {
    checkInteger(code, 'code')
    if (typeof reason !== 'string') throw invalid('reason must be a string')
    if (!this.#closeReason) binding.connClose(this.#core.handle, this.#handle, code, reason)
  }

  /** Resolves with the close reason once the connection is over; never rejects. */
  closed() {
    if (this.#closeReason) return Promise.resolve(this.#closeReason)
    this.#closed ??= deferred()
    return this.#closed.promise
  }

  /** { kind, code, reason, errorCode } once it is over, else null. */
  closeReason() {
    return this.#closeReason
  }

  /** @private The core takes the streams by itself from now on. @returns {number} its handle */
  [kHandOver]() {
    this.#isHandedOver = true
    return this.#handle
  }

  /**
   * @private Nobody takes streams and datagrams of the peer: those that wait and those that come are refused, of each kind
   * until the program asks for one.
   */
  [kRefuse]() {
    if (this.#closeReason) return
    this.#refuses = Refuse.ALL
    binding.refuse(this.#core.handle, this.#handle, Refuse.ALL)
    for (const kind of ['bidi', 'uni']) {
      this.#counted(this.#accepted[kind], this.#core.pendingStreams, (queue) => queue.drain()).forEach(refuse)
    }
    this.#counted(this.#datagrams, this.#core.pendingDatagrams, (queue) => queue.drain())
  }

  /** @private Asks the peer for a sign of life. */
  [kAsk]() {
    this.#askedAt = performance.now()
    binding.connSilence(this.#core.handle, this.#handle, true)
  }

  /** @private Whether it was heard since. */
  [kIsHeard]() {
    const silence = binding.connSilence(this.#core.handle, this.#handle, false)
    return silence >= 0 && silence < performance.now() - this.#askedAt
  }

  /** @private one event of the core */
  [kEvent](kind, stream, number, data) {
    switch (kind) {
      case Event.STREAM_OPENED:
        this.#onOpened(stream, number)
        break
      case Event.STREAMS:
        if (number & BIDI_ALLOWED) this.#retry(this.#opening.bidi)
        if (number & UNI_ALLOWED) this.#retry(this.#opening.uni)
        break
      case Event.DATAGRAM:
        this.#onDatagram(data)
        break
      case Event.PATH:
        for (const changes of this.#watchers ?? []) changes.push(this.paths())
        this.#tell('path', { remoteAddress: this.paths()[0]?.remoteAddress ?? data })
        break
      case Event.CANDIDATE:
        this.#tell('candidate', { remoteAddress: data })
        break
      case Event.PROBE:
        this.#tell('probe', { remoteAddress: data, rttMs: number / 1000 })
        break
      case Event.CLOSED:
        this.#onClosed(data)
        break
    }
  }

  #onOpened(handle, id) {
    if (this.#isHandedOver) return
    const bidirectional = (id & UNIDIRECTIONAL) === 0
    const stream = this.#hold(handle, id, { sends: bidirectional, receives: true })
    const recv = new RecvStream(stream)
    const accepted = bidirectional ? { send: new SendStream(stream), recv } : recv
    const queue = this.#accepted[bidirectional ? 'bidi' : 'uni']
    const { pendingStreams } = this.#core
    if (!queue.isAwaited && this.#accepted.bidi.weight + this.#accepted.uni.weight >= pendingStreams.most) {
      this.#core.streamsRefused++
      refuse(accepted)
    } else this.#counted(queue, pendingStreams, () => queue.push(accepted))
  }

  #onDatagram(data) {
    const queue = this.#datagrams
    const before = queue.dropped
    const { pendingDatagrams } = this.#core
    const isTooMuch = () => !queue.isAwaited && queue.weight + data.length > pendingDatagrams.most
    this.#counted(queue, pendingDatagrams, () => {
      while (isTooMuch() && queue.dropOldest());
      if (isTooMuch()) queue.dropped++
      else queue.push(data)
    })
    this.#core.datagramsDropped += queue.dropped - before
  }

  /** Does something with a queue, and counts what that changes; once the connection is over nothing is counted. */
  #counted(queue, shares, act) {
    const before = queue.weight
    const result = act(queue)
    if (!this.#closeReason) shares.add(queue.weight - before)
    return result
  }

  #takeStream(kind, bit) {
    this.#want(bit)
    return this.#counted(this.#accepted[kind], this.#core.pendingStreams, (queue) => queue.take())
  }

  /** The program takes these after all. */
  #want(kinds) {
    if (!(this.#refuses & kinds) || this.#closeReason) return
    this.#refuses &= ~kinds
    binding.refuse(this.#core.handle, this.#handle, this.#refuses)
  }

  #onClosed(data) {
    this.#keepInfo()
    this.#core.pendingStreams.add(-(this.#accepted.bidi.weight + this.#accepted.uni.weight))
    this.#core.pendingDatagrams.add(-this.#datagrams.weight)
    this.#closeReason = readClose(data)
    this.#closeError = closeError(data, this.remoteNodeId())
    this.#core.removeConnection(this.#handle)
    for (const stream of this.#streams) stream.lost(this.#closeError)
    this.#streams.clear()
    for (const kind of ['bidi', 'uni']) {
      this.#accepted[kind].fail(this.#closeError)
      this.#retry(this.#opening[kind])
    }
    this.#datagrams.fail(this.#closeError)
    for (const changes of this.#watchers ?? []) changes.end()
    this.#tell('closed')
    this.#closed?.resolve(this.#closeReason)
  }

  async #open(bidirectional) {
    const waiting = this.#opening[bidirectional ? 'bidi' : 'uni']
    for (let first = true; ; first = false) {
      this.#assertOpen()
      const queued = first && waiting.length > 0
      const result = queued ? null : binding.streamOpen(this.#core.handle, this.#handle, bidirectional)
      if (Array.isArray(result)) {
        this.#wakeNext(waiting)
        return this.#hold(result[0], result[1], { sends: true, receives: bidirectional })
      }
      if (result !== null && errorCode(result) !== 'ERR_IROH_STREAM_LIMIT') this.#check(result)
      const turn = deferred()
      if (first) waiting.push(turn)
      else waiting.unshift(turn)
      await turn.promise
    }
  }

  /** The peer allows more streams, or the connection is over: the first in the queue looks again, then the next. */
  #retry(waiting) {
    if (this.#closeReason) for (const turn of waiting.splice(0)) turn.resolve()
    else this.#wakeNext(waiting)
  }

  #wakeNext(waiting) {
    waiting.shift()?.resolve()
  }

  #hold(handle, id, halves) {
    const onReleased = (stream) => this.#streams.delete(stream)
    const stream = new StreamHandle(this.#core, this, handle, id, { ...halves, onReleased })
    this.#streams.add(stream)
    return stream
  }

  /** The handle is dead after this event: what is asked later is answered from here. */
  #keepInfo() {
    const info = binding.connInfo(this.#core.handle, this.#handle)
    if (typeof info !== 'number') this.#lastInfo = info
  }

  #info() {
    return this.#lastInfo ?? this.#check(binding.connInfo(this.#core.handle, this.#handle))
  }

  #assertOpen() {
    if (this.#closeError) throw this.#closeError
  }

  #check(result) {
    return check(result, { peer: this.remoteNodeId() })
  }
}

/** Ends what the peer opened. @param {RecvStream | { send: SendStream, recv: RecvStream }} accepted */
function refuse(accepted) {
  const { send, recv } = accepted instanceof RecvStream ? { recv: accepted } : accepted
  recv.stop(CloseCode.UNWANTED)
  send?.reset(CloseCode.UNWANTED)
}

module.exports = { Connection }
