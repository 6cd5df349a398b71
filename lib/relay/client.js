// SPDX-License-Identifier: MIT
'use strict'

const { checkFunction, checkInteger, checkOptions } = require('../base/check')
const { Emitter } = require('../base/emitter')
const { IrohError } = require('../base/errors')
const { guarded } = require('../base/guard')
const { brief } = require('../base/printable')
const { SecretKey } = require('../identity/secret-key')
const { Displacements, wordOf } = require('./client-displacements')
const { Keepalive } = require('./client-keepalive')
const { RelaySession } = require('./client-session')
const { systemClock } = require('../base/clock')
const { Timers } = require('../base/timers')
const { checkToken, normalizeRelayUrl } = require('../base/relay-url')
const { BATCH_HEADER, FrameType, MAX_SEND_FRAME, Status, encodePing, encodePong, encodeSend } = require('./protocol')

const KNOWN = ['url', 'secretKey', 'token', 'ca', 'proxies', 'admits', 'maxBufferedBytes', 'clock', 'log']

const MIN_BACKOFF_MS = 10
const MAX_BACKOFF_MS = 16_000
/** Sessions that work but never last are redialled at once only this often. */
const QUICK_REDIAL_MS = 1000
const MAX_BATCH_BYTES = MAX_SEND_FRAME - BATCH_HEADER

const STATUS_TEXTS = new Map([
  [Status.HEALTHY, 'healthy again'],
  [Status.REPLACED, 'another connection with this key took over'],
  [Status.RATE_LIMITED, 'rate limited']
])

/** The parts of a batch that fit a frame each, cut between datagrams. */
function* framesOf(segmentSize, data) {
  const fits = segmentSize === 0 || data.length <= MAX_BATCH_BYTES
  const step = fits ? data.length : Math.max(1, Math.floor(MAX_BATCH_BYTES / segmentSize)) * segmentSize
  for (let at = 0; at < data.length; at += step) yield data.subarray(at, at + step)
}

/** How many datagrams a batch holds. */
function datagramCount(segmentSize, data) {
  return segmentSize > 0 ? Math.ceil(data.length / segmentSize) : 1
}

/**
 * A client of one relay: keeps one session open, and dials again whenever it is lost, until it is closed.
 *
 * `state` is 'idle' before connect(), then 'connecting', 'up' and 'down' (waiting to dial again) in turn, and 'closed'
 * in the end.
 *
 * Events:
 * - 'up': the relay confirmed the session
 * - 'down' (error: IrohError): it ended, or an attempt to dial failed
 * - 'denied' (reason: string): the relay does not want this key; 'down' follows, and the next attempt with it
 * - 'datagrams' (source: Buffer of 32 bytes, ecn: 0..3, segmentSize: 0 for one datagram, bytes: Buffer)
 * - 'gone' (id: Buffer of 32 bytes): a peer that had sent to us left the relay
 * - 'status' ({ code: number | null, text }): the relay's word on this session; code is null for version 1
 * - 'displaced' (times: number): another connection with this key took over at the relay, so many times within ten
 *   minutes: what is sent to this NodeId goes there
 * - 'regained': that one has left
 * - 'restarting' ({ reconnectInMs, tryForMs }): the relay announces its restart
 */
class RelayClient extends Emitter {
  #options
  #maxBufferedBytes
  #clock
  #log
  #timers
  #session = null
  #keepalive = null
  #gone = Promise.resolve()
  #referenced = true
  #attempt = 0
  #ponged = false
  #quickRedialAt = Number.NEGATIVE_INFINITY
  #displacements
  #restart = null
  #state = 'idle'
  #counters = {
    dials: 0,
    sessions: 0,
    framesSent: 0,
    framesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    droppedDown: 0,
    droppedFull: 0
  }

  /** Attempts that failed since the last session, or since the beginning. */
  failures = 0
  /** @type {IrohError | null} why it is not up */
  lastError = null

  /**
   * @param {object} options
   * @param {string} options.url of the relay: http, https, ws or wss
   * @param {SecretKey} options.secretKey
   * @param {string} [options.token] sent as `Authorization: Bearer`
   * @param {string | Buffer | (string | Buffer)[]} [options.ca] PEM; trusted for this relay instead of Node's own roots
   * @param {import('../outbound/proxies').Proxies} [options.proxies] default: as the environment says
   * @param {(address: string) => boolean} [options.admits] whether an address of the relay may be connected to
   * @param {number} [options.maxBufferedBytes] beyond this many bytes that the socket has not taken, send() drops;
   *   default 1 MiB
   * @param {import('../base/clock').Clock} [options.clock] for tests
   * @param {(line: string) => void} [options.log] is told of each change of state
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_KEY
   */
  constructor(options) {
    super()
    const { url, secretKey, token, ca, proxies, admits, maxBufferedBytes, clock, log } = checkOptions(
      options,
      KNOWN,
      'RelayClient'
    )
    /** Normalised. */
    this.url = normalizeRelayUrl(url)
    this.#clock = clock ?? systemClock
    this.#timers = new Timers(this.#clock)
    this.#displacements = new Displacements(this.#clock)
    this.#log = guarded(checkFunction(log, 'log'))
    this.#maxBufferedBytes = checkInteger(maxBufferedBytes, 'maxBufferedBytes', { min: 1, fallback: 1 << 20 })
    const key = SecretKey.from(secretKey)
    this.#options = { url: this.url, secretKey: key, token: checkToken(token), ca, proxies, admits, clock: this.#clock }
  }

  /** 'idle', 'connecting', 'up', 'down' or 'closed' */
  get state() {
    return this.#state
  }

  /** Round trip to the relay by its last pong, in milliseconds; null before the first of this session. */
  get latencyMs() {
    return this.#keepalive?.latencyMs ?? null
  }

  /** The session's protocol version, 1 or 2; null while not up. */
  get version() {
    return this.#state === 'up' ? this.#session.version : null
  }

  /** How this session proved the key: 'challenge', or 'exporter' for the TLS shortcut; null while not up. */
  get proof() {
    return this.#state === 'up' ? this.#session.proof : null
  }

  /** Whether another connection with this key has taken over at the relay. */
  get isDisplaced() {
    return this.#state === 'up' && this.#displacements.isDisplaced
  }

  /** Where it is connected to, 'ip:port'; null while it is not, and where a proxy is between. */
  get remote() {
    return this.#session?.remote ?? null
  }

  /** While it dials: what is being waited for, as the words of an error; or null. */
  get lateWords() {
    return this.#state === 'connecting' ? this.#session.lateWords : null
  }

  /** Bytes sent that the socket has not taken yet. */
  get bufferedAmount() {
    return this.#session?.bufferedAmount ?? 0
  }

  /** Counters since the beginning; dropped* count datagrams. */
  metrics() {
    return { ...this.#counters }
  }

  /** Starts to dial; events tell the rest. Does nothing when started already. @throws {IrohError} ERR_IROH_CLOSED */
  connect() {
    if (this.#state === 'closed') throw new IrohError('ERR_IROH_CLOSED')
    if (this.#state === 'idle') this.#dial()
  }

  /**
   * Looks whether the relay is still there: a session from an address that this host has no more is over and dialled
   * anew at once, another one is pinged, and a dial that waits or is under way begins anew.
   */
  networkChanged() {
    if (this.#state === 'up' && this.#session.isAtHome) {
      this.#keepalive.check()
    } else if (this.#state === 'down') {
      this.#dial()
    } else if (this.#state === 'up' || (this.#state === 'connecting' && !this.#session.isAtHome)) {
      this.#attempt = this.failures = 0
      this.#session.abort(new IrohError('ERR_IROH_UNREACHABLE', { detail: 'the address it was dialled from is gone' }))
      if (this.#state === 'down') this.#dial()
    }
  }

  /**
   * Sends datagrams to a peer through the relay; what is sent in one turn of the event loop leaves together.
   * @param {Uint8Array} nodeId 32 bytes
   * @param {number} ecn the IP header's two bits
   * @param {number} segmentSize bytes of each datagram but the last, which may be shorter; 0: data is one datagram
   * @param {Uint8Array} data copied
   * @returns {boolean} false: dropped, because the session is not up or too much is buffered
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT for a datagram that is longer than a frame
   */
  send(nodeId, ecn, segmentSize, data) {
    if (this.#state !== 'up') return this.#drop('droppedDown', segmentSize, data)
    for (const payload of framesOf(segmentSize, data)) {
      if (this.#session.bufferedAmount > this.#maxBufferedBytes) return this.#drop('droppedFull', segmentSize, payload)
      this.#sendFrame(encodeSend({ id: nodeId, ecn, segmentSize, payload }))
    }
    return true
  }

  /** The client keeps the process alive (the default). */
  ref() {
    return this.#setReferenced(true)
  }

  /** The client does not keep the process alive. */
  unref() {
    return this.#setReferenced(false)
  }

  /** Ends the session for good. Resolves once the socket is gone; never rejects. */
  close() {
    if (this.#state !== 'closed') {
      const wasUp = this.#state === 'up'
      this.#state = 'closed'
      this.#timers.clearAll()
      this.#keepalive?.stop()
      const error = new IrohError('ERR_IROH_LOCALLY_CLOSED')
      this.#session?.close(error)
      if (wasUp) this.emit('down', error)
    }
    return this.#gone
  }

  #setReferenced(referenced) {
    this.#referenced = referenced
    this.#timers.setReferenced(referenced)
    this.#session?.setReferenced(referenced)
    return this
  }

  #drop(counter, segmentSize, data) {
    this.#counters[counter] += datagramCount(segmentSize, data)
    return false
  }

  #sendFrame(frame) {
    this.#counters.framesSent++
    this.#counters.bytesSent += frame.length
    this.#session.send(frame)
  }

  #dial() {
    this.#timers.clear('redial')
    this.#state = 'connecting'
    this.#ponged = false
    this.#restart = null
    this.#displacements.begin()
    this.#counters.dials++
    const session = new RelaySession(this.#options)
    this.#session = session
    this.#gone = session.closed
    this.#keepalive = new Keepalive(
      this.#timers,
      this.#clock.now,
      (data) => this.#sendFrame(encodePing(data)),
      (error) => session.abort(error)
    )
    if (!this.#referenced) session.setReferenced(false)
    session.on('up', () => this.#onUp())
    session.on('denied', (reason) => this.#state !== 'closed' && this.emit('denied', reason))
    session.on('frame', (frame) => this.#onFrame(frame))
    session.on('end', (error) => this.#onEnd(error))
  }

  #onUp() {
    this.#state = 'up'
    this.failures = 0
    this.lastError = null
    this.#counters.sessions++
    this.#log?.(`relay ${this.url}: up, version ${this.#session.version}`)
    this.#keepalive.start()
    this.emit('up')
  }

  #onEnd(error) {
    if (this.#state === 'closed') return
    const wasUp = this.#state === 'up'
    this.#state = 'down'
    this.#keepalive.stop()
    this.lastError = error
    if (!wasUp) this.failures++
    const delay = this.#redialDelay()
    this.#log?.(`relay ${this.url}: down (${error.message}), next attempt in ${Math.round(delay)} ms`)
    this.#timers.set('redial', delay, () => this.#dial())
    this.emit('down', error)
  }

  /** When a restarting relay said so; at once after a session that worked; otherwise later and later. */
  #redialDelay() {
    const now = this.#clock.now()
    if (this.#displacements.isDisplaced) return this.#displacements.patience()
    if (this.#restart) {
      this.#attempt = 0
      return Math.min(this.#restart.reconnectInMs, MAX_BACKOFF_MS) * (1 + Math.random() / 4)
    }
    if (this.#ponged && now - this.#quickRedialAt >= QUICK_REDIAL_MS) {
      this.#quickRedialAt = now
      this.#attempt = 0
      return 0
    }
    const backoff = Math.min(MIN_BACKOFF_MS * 2 ** this.#attempt, MAX_BACKOFF_MS)
    if (backoff < MAX_BACKOFF_MS) this.#attempt++
    return backoff * (0.75 + Math.random() / 2)
  }

  #onStatus(code, text) {
    this.emit('status', { code, text })
    const word = wordOf(code, text)
    if (word === null || this.#state !== 'up') return
    const times = this.#displacements.take(word)
    if (times === 0) return
    this.#log?.(`relay ${this.url}: ${word}`)
    this.emit(word, times)
  }

  #onFrame(frame) {
    this.#keepalive.received()
    this.#counters.framesReceived++
    switch (frame.type) {
      case FrameType.RECV:
      case FrameType.RECV_BATCH:
        this.#counters.bytesReceived += frame.payload.length
        this.emit('datagrams', frame.id, frame.ecn, frame.segmentSize, frame.payload)
        break
      case FrameType.PING:
        this.#sendFrame(encodePong(frame.data))
        break
      case FrameType.PONG:
        if (this.#keepalive.pong(frame.data)) this.#ponged = true
        break
      case FrameType.GONE:
        this.emit('gone', frame.id)
        break
      case FrameType.STATUS:
        this.#onStatus(frame.status, STATUS_TEXTS.get(frame.status) ?? `unknown (${frame.status})`)
        break
      case FrameType.HEALTH:
        this.#onStatus(null, brief(frame.problem))
        break
      case FrameType.RESTARTING:
        this.#restart = { reconnectInMs: frame.reconnectInMs, tryForMs: frame.tryForMs }
        this.emit('restarting', this.#restart)
        break
    }
  }
}

module.exports = { RelayClient, datagramCount }
