// SPDX-License-Identifier: MIT
'use strict'

const { Arrivals, FIRST_LISTENER_MS } = require('./arrivals')
const { Channel } = require('./channel')
const { checkInteger, checkOptions } = require('../base/check')
const { Connection } = require('../connection/connection')
const { quietDeferred } = require('../base/deferred')
const { encodeEnvelope, eventName } = require('./envelope')
const { IrohError, invalid } = require('../base/errors')
const { IrohCloseEvent, IrohErrorEvent, eventOf, forgedEvent } = require('./events')
const { MAX_DEPTH } = require('./json-bounds')
const { ListenerTarget } = require('./listener-target')
const { RecvStream } = require('../connection/recv-stream')
const { SendStream } = require('../connection/send-stream')
const {
  asyncDispose,
  kAdopt,
  kAhead,
  kAttach,
  kBroadcastJson,
  kBusy,
  kCheckType,
  kComplete,
  kDetached,
  kEnvelope,
  kFinish,
  kFire,
  kGreet,
  kHalfClose,
  kHearFirst,
  kHold,
  kKeepsHeld,
  kListen,
  kMeasure,
  kMove,
  kOwnNames,
  kReceivedLength,
  kRefused,
  kSendJson,
  kStream,
  kTake,
  kTap,
  kUnsent
} = require('../base/symbols')

const MIB = 1024 * 1024
const MAX = 1024 * MIB
const REGISTER = 'hub.register'
const OWN_NAMES = new Set(['error', 'close'])
const TARGET_OPTIONS = ['maxFrameLength', 'maxDepth', 'maxBufferedAmount', 'operations']

/** The envelope that tells what a side exposes. */
function registration(operations) {
  return { type: REGISTER, id: '', payload: { operations } }
}

/** Reads the options of an event target, of a hub or of a spoke. */
function readTargetOptions(given, known = TARGET_OPTIONS, where = 'event target') {
  const options = checkOptions(given, known, where)
  const { operations } = options
  const maxDepth = checkInteger(options.maxDepth, 'maxDepth', { min: 1, max: 1024, fallback: MAX_DEPTH })
  const maxSendDepth = Math.max(maxDepth, MAX_DEPTH)
  if (operations !== undefined && !Array.isArray(operations)) throw invalid('operations must be an array')
  if (operations) encodeEnvelope(registration(operations), maxSendDepth) // says at once what cannot be sent
  return {
    maxFrameLength: checkInteger(options.maxFrameLength, 'maxFrameLength', { min: 2, max: MAX, fallback: MIB }),
    maxDepth,
    /** What receivers take by default, or more if this side takes more. */
    maxSendDepth,
    maxBufferedAmount: checkInteger(options.maxBufferedAmount, 'maxBufferedAmount', {
      min: 1,
      max: MAX,
      fallback: 64 * MIB
    }),
    operations
  }
}

/**
 * An EventTarget whose other end is a peer: what is dispatched here fires there. Local events are 'error' (with `error`)
 * and 'close' (with `kind`, `code`, `reason`, `error`).
 */
class IrohEventTarget extends ListenerTarget {
  #options
  #remoteNodeId
  #channel = null
  #connection = null
  #arrivals
  /** A second channel of the peer's. */
  #heir = null
  #isClosing = false
  #isOver = false
  #failure = null
  #closed = quietDeferred()
  #registered = null
  #isRegistered = false
  #sent = 0
  #received = 0
  /** Characters that came over channels before this one. */
  #receivedBefore = 0
  #connectedAt = 0
  #tap = null

  /** @private use the create… functions */
  constructor(remoteNodeId, options) {
    super()
    this.#remoteNodeId = remoteNodeId
    this.#options = options
    this.#arrivals = new Arrivals(options.maxBufferedAmount, () => this.#warnUnheard())
    if (options.operations) this.#registered = quietDeferred()
  }

  /** The connection under the stream; the last one there was. */
  get connection() {
    return this.#connection
  }

  /** The NodeId the peer proved. */
  get remoteNodeId() {
    return this.#remoteNodeId
  }

  /**
   * Sends an envelope to the peer, in the order of the calls, with the others of this turn of the event loop.
   * @param {{ type: string, id?: string, payload?: unknown }} envelope read now; later changes are not sent
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, _NOT_SERIALIZABLE, _TOO_DEEP, _FORBIDDEN_KEY, _FRAME_TOO_LONG,
   *   _BUFFER_FULL (see drained()), or _CLOSED or why the connection ended. What throws is not sent.
   */
  send(envelope) {
    this[kSendJson](encodeEnvelope(envelope, this.#options.maxSendDepth, this[kCheckType]))
  }

  /** @private Throws for types that are not to be sent. @type {((type: string) => void) | undefined} */
  get [kCheckType]() {
    return undefined
  }

  /** Sends the event's `detail`, an envelope; it does not fire locally. See send(). */
  dispatchEvent(event) {
    if (!(event instanceof Event)) throw invalid('dispatchEvent takes an Event')
    this.send(event.detail)
    return true
  }

  /** @private */
  [kSendJson](json) {
    if (this.#channel === null) throw this[kUnsent]()
    this.#channel.push(json)
    this.#sent++
  }

  /** @private */
  [kBroadcastJson](json, sharers) {
    this[kSendJson](json, sharers)
  }

  /** @private */
  [kMeasure](json) {
    if (this.#channel === null) throw this[kUnsent]()
    return this.#channel.measure(json)
  }

  /** What is promised of events: 'at-most-once', or 'resume' while the peer keeps the session, too. */
  get delivery() {
    return 'at-most-once'
  }

  /** With `delivery: 'resume'`: where the session is, { id, sent, acknowledged, received, replaySize }. Else null. */
  get session() {
    return null
  }

  /** Bytes handed to send() that have not left yet; characters, for what was sent in this turn. */
  get bufferedAmount() {
    return this.#channel?.bufferedAmount ?? 0
  }

  /**
   * Events sent and received since the beginning, events dropped because the peer does not keep up (only by hubs that are
   * told to), bytes unsent, and when the stream began, in milliseconds since 1970.
   */
  stats() {
    return {
      sent: this.#sent,
      received: this.#received,
      dropped: 0,
      bufferedAmount: this.bufferedAmount,
      connectedAtMs: this.#connectedAt
    }
  }

  /** Resolves when bufferedAmount is at most the endpoint's sendLowWater; rejects if the target closes before. */
  async drained() {
    if (this.#channel === null) throw this[kUnsent]()
    await this.#channel.drained()
  }

  /**
   * From a later turn on events come to the listener; the first one of an event of the peer lets out what has waited for
   * it, ten seconds at most.
   */
  addEventListener(name, listener, options) {
    super.addEventListener(name, listener, options)
    if (!this[kOwnNames].has(`${name}`)) this.#arrivals.heard()
  }

  /** @private */
  [kListen](name, listener) {
    super.addEventListener(name, listener)
  }

  /** @private */
  get [kTap]() {
    return this.#tap
  }

  set [kTap](tap) {
    this.#tap = tap
    this.#arrivals.heard()
  }

  /**
   * No events of the peer come out, and it is held back by flow control. Local events do come, the end of the connection
   * among them: what had arrived before it comes out after resume().
   */
  pause() {
    this.#arrivals.pause()
  }

  /** Events come out again, from a later turn of the event loop on. */
  resume() {
    this.#arrivals.resume()
  }

  /**
   * With the `operations` option: a promise of what the peer exposes, { operations }; it rejects if the target closes
   * before. A spoke has a new one from each 'connected' event on, if the one before is fulfilled. Without: null.
   */
  get registered() {
    return this.#registered?.promise ?? null
  }

  /** Resolves with { kind, code, reason, error } once the target is over; never rejects. */
  get closed() {
    return this.#closed.promise
  }

  /**
   * Ends the stream after what was sent. Resolves once the peer acknowledged all of it, or the connection is gone; no
   * event comes out after that. The connection stays open.
   */
  async close() {
    this.#isClosing = true
    if (this.#channel) this[kFinish](this.#channel)
    await this.#closed.promise
    this.#arrivals.discard()
  }

  [asyncDispose]() {
    return this.close()
  }

  /** @private Goes on over this stream: one at a time. */
  [kAttach](send, recv) {
    this[kTake](new Channel(send, recv, this.#options), false)
  }

  /** @private A channel that it had before is not heard any more. */
  [kTake](channel, isGreeted) {
    this.#leaveChannel()
    this.#own(channel)
    this.#channel = channel
    if (this.#heir === channel) this.#heir = null
    this.#connection = channel.connection
    this.#connectedAt = Date.now()
    this.#arrivals.take(channel)
    if (this.#options.operations) this.#expectRegistration()
    if (!isGreeted) this[kGreet](channel)
  }

  /**
   * @private The peer has opened a second channel, which takes the place of this one if the peer closes this one. Its
   * events wait.
   */
  [kAdopt](channel) {
    this.#heir = channel
    channel.pause()
    this.#own(channel)
  }

  /** @private The events of the second channel come before others, until it is over. */
  [kHearFirst](channel) {
    if (this.#heir === channel) this.#arrivals.precede(channel)
  }

  /**
   * @private It goes on over the second channel, in order, after what is on the one before.
   * @returns {Promise<void>} resolved when the peer has what was sent on that
   */
  [kMove](channel, isGreeted) {
    const older = this.#channel
    this.#arrivals.precede(older)
    channel.sendAfter(older)
    this[kTake](channel, isGreeted)
    return older.sent()
  }

  /** @private With the `operations` option, says what this side exposes. */
  [kGreet](channel) {
    const { operations } = this.#options
    if (!operations) return
    channel.push(encodeEnvelope(registration(operations), this.#options.maxSendDepth))
    this.#sent++
  }

  /** @private */
  [kHold](isHeld) {
    this.#arrivals.hold(isHeld)
  }

  /** @private */
  get [kReceivedLength]() {
    return this.#receivedBefore + (this.#channel?.receivedLength ?? 0)
  }

  /** @private */
  get [kOwnNames]() {
    return OWN_NAMES
  }

  /** @private Dispatches an envelope of the peer; with a number if it has one. */
  [kEnvelope](envelope, sequence, session) {
    this.#received++
    this.#tap?.(envelope)
    const name = eventName(envelope)
    if (name === REGISTER && this.#registered) this.#onRegister(envelope)
    const isOwn = this[kOwnNames].has(name)
    this[kFire]((isOwn ? forgedEvent : eventOf)(name, envelope, sequence, session))
  }

  /** @private What the peer exposes is known before its event comes, and that event waits for no listener. */
  [kAhead](envelope) {
    if (eventName(envelope) !== REGISTER) return false
    if (this.#arrivals.isUnheard) {
      this[kEnvelope](envelope)
      return true
    }
    if (this.#registered && Array.isArray(envelope.payload?.operations)) this.#onRegister(envelope)
    return false
  }

  /** @private Not after close(). */
  [kKeepsHeld]() {
    return !this.#isClosing
  }

  /** @private */
  [kRefused]() {}

  /** @private */
  [kFinish](channel) {
    channel.finish()
  }

  /** @private Ends the sending half; a peer that has dispatched everything ends the other. */
  [kHalfClose]() {
    this.#channel?.finishSending()
  }

  /** @private The stream is over: so is the target, unless it knows better. */
  [kDetached](ending) {
    this[kComplete](ending)
  }

  /** @private Why nothing can be sent without a stream. */
  [kUnsent]() {
    return this.#failure ?? this.#error('ERR_IROH_CLOSED', { detail: 'the event target is closed' })
  }

  /** @private The end of the target. */
  [kComplete](ending) {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = ending.error
    this.#registered?.reject(ending.error ?? this.#error('ERR_IROH_CLOSED'))
    this.#closed.resolve(ending)
    this[kFire](new IrohCloseEvent(ending))
  }

  #onRefused(error) {
    this[kFire](new IrohErrorEvent(error))
    this[kRefused]()
  }

  #leaveChannel() {
    this.#receivedBefore = this[kReceivedLength]
    this.#channel = null
  }

  /** What happens on a channel concerns this target from now on. */
  #own(channel) {
    const isMine = () => this.#channel === channel || this.#heir === channel
    channel.giveTo({
      onEnvelope: (envelope) => this.#arrivals.has(channel) && this[kEnvelope](envelope),
      onAhead: (envelope) => this.#channel === channel && this[kAhead](envelope),
      onEmptied: () => this.#arrivals.forget(channel),
      onRefused: (error) => isMine() && this.#onRefused(error),
      onError: (error) => isMine() && this[kFire](new IrohErrorEvent(error)),
      keepsHeld: (length) => (isMine() || this.#arrivals.has(channel)) && this.#keepHeld(channel, length),
      onOver: (ending, isKept) => this.#onChannelOver(channel, ending, isKept)
    })
  }

  #onChannelOver(channel, ending, isKept) {
    if (channel === this.#channel) this.#onOver(ending)
    else if (!isKept) this.#arrivals.forget(channel)
    if (this.#heir === channel) this.#heir = null
  }

  /** A peer that closes a connection in favour of another goes on over that. */
  #onOver(ending) {
    if (this.#heir && ending.kind === 'application-closed') {
      this[kTake](this.#heir, false)
      return
    }
    this.#leaveChannel()
    this.#arrivals.take(null)
    this[kDetached](ending)
  }

  /** Whether what has come over this connection, and waits, comes out although it is over. */
  #keepHeld(channel, length) {
    if (!this[kKeepsHeld]()) return false
    if (this.#arrivals.keep(channel, length)) return true
    const detail = 'events that came while the target was paused are dropped'
    this[kFire](new IrohErrorEvent(this.#error('ERR_IROH_BUFFER_FULL', { detail })))
    return false
  }

  #warnUnheard() {
    const text = `events of ${this.#remoteNodeId} came, and no listener was added in ${FIRST_LISTENER_MS / 1000} s`
    process.emitWarning(text, { type: 'IrohWarning', code: 'IROH_NO_LISTENER' })
  }

  /** What the peer said over an earlier stream holds no longer; who still waits for it goes on to wait. */
  #expectRegistration() {
    if (this.#isRegistered) this.#registered = quietDeferred()
    this.#isRegistered = false
  }

  #onRegister({ payload }) {
    if (Array.isArray(payload?.operations)) {
      this.#isRegistered = true
      this.#registered.resolve(payload)
    } else {
      const error = this.#error('ERR_IROH_NOT_ENVELOPE', { detail: 'hub.register without operations' })
      this[kFire](new IrohErrorEvent(error))
    }
  }

  #error(code, about) {
    return new IrohError(code, { peer: this.#remoteNodeId, ...about })
  }
}

function checkConnection(connection) {
  if (!(connection instanceof Connection)) throw invalid('expected a Connection')
}

/**
 * An event target over a stream there is; it takes both halves over.
 * @param {SendStream} send
 * @param {RecvStream} recv
 * @param {object} [options] { maxFrameLength, maxDepth, maxBufferedAmount, operations }
 * @throws {IrohError} ERR_IROH_BUSY while a read() or write() waits on it
 */
function createIrohEventTarget(send, recv, options) {
  if (!(send instanceof SendStream && recv instanceof RecvStream))
    throw invalid('expected a SendStream and a RecvStream')
  if (send[kBusy] || recv[kBusy]) throw new IrohError('ERR_IROH_BUSY')
  return targetOver(send, recv, readTargetOptions(options))
}

/** The dialling side: opens the stream, and lets the peer know of it. */
async function createSpokeIrohEventTarget(connection, options) {
  checkConnection(connection)
  const checked = readTargetOptions(options)
  const { send, recv } = await openStream(connection)
  return targetOver(send, recv, checked)
}

function targetOver(send, recv, options) {
  const target = new IrohEventTarget(send[kStream].connection.remoteNodeId(), options)
  target[kAttach](send, recv)
  return target
}

/** Opens a stream for events, and lets the peer know of it. */
async function openStream(connection) {
  return announced(await connection.openBi())
}

/** Lets the peer know of a stream. */
function announced(stream) {
  stream.send[kStream].call('streamAnnounce')
  return stream
}

/** The accepting side: takes the next stream the peer opens. */
async function createHubIrohEventTarget(connection, options) {
  checkConnection(connection)
  const checked = readTargetOptions(options)
  const { send, recv } = await connection.acceptBi()
  return targetOver(send, recv, checked)
}

module.exports = {
  IrohEventTarget,
  TARGET_OPTIONS,
  announced,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpokeIrohEventTarget,
  openStream,
  readTargetOptions
}
