// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger, checkOptions } = require('./check')
const { CloseCode } = require('./close-reason')
const { Connection } = require('./connection')
const { quietDeferred } = require('./deferred')
const { encodeEnvelope, eventName, isEnvelope } = require('./envelope')
const { IrohError, invalid } = require('./errors')
const { IrohCloseEvent, IrohErrorEvent, PeerErrorEvent } = require('./events')
const { Inbox } = require('./inbox')
const { Outbox } = require('./outbox')
const { RecvStream } = require('./recv-stream')
const { SendStream } = require('./send-stream')
const { asyncDispose, kBusy, kSendJson, kStream } = require('./symbols')

const MIB = 1024 * 1024
const MAX = 1024 * MIB
const REGISTER = 'hub.register'
/** A peer that sends more than these is not one that slipped. */
const MAX_REFUSED = 1000
const TARGET_OPTIONS = ['maxFrameLength', 'maxDepth', 'maxBufferedAmount', 'operations']

/** Reads the options of an event target, of a hub or of a spoke. */
function readTargetOptions(given, known = TARGET_OPTIONS, where = 'event target') {
  const options = checkOptions(given, known, where)
  const { operations } = options
  if (operations !== undefined && !Array.isArray(operations)) throw invalid('operations must be an array')
  return {
    maxFrameLength: checkInteger(options.maxFrameLength, 'maxFrameLength', { min: 2, max: MAX, fallback: MIB }),
    maxDepth: checkInteger(options.maxDepth, 'maxDepth', { min: 1, max: 1024, fallback: 256 }),
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
class IrohEventTarget extends EventTarget {
  #connection
  #outbox
  #inbox
  #ending = null
  #over = false
  #refused = 0
  #closed = quietDeferred()
  #registered = null

  /** @private use the create… functions */
  constructor(send, recv, options) {
    super()
    const [sender, receiver] = [send[kStream], recv[kStream]]
    this.#connection = sender.connection
    this.#outbox = new Outbox(sender, { ...options, onStopped: (error) => this.#onStopped(error) })
    this.#inbox = new Inbox(receiver, (what, about, goesOn) => this.#onInput(what, about, goesOn), options)
    sender.takeSender(this.#outbox)
    if (options.operations) this.#register(options.operations)
    setImmediate(() => this.#inbox.start())
  }

  /** The connection under the stream. */
  get connection() {
    return this.#connection
  }

  /** The NodeId the peer proved. */
  get remoteNodeId() {
    return this.#connection.remoteNodeId()
  }

  /**
   * Sends an envelope to the peer, in the order of the calls, with the others of this turn of the event loop.
   * @param {{ type: string, id?: string, payload?: unknown }} envelope read now; later changes are not sent
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, _NOT_SERIALIZABLE, _FRAME_TOO_LONG, _BUFFER_FULL (see drained()), or
   *   _CLOSED or why the connection ended. What throws is not sent.
   */
  send(envelope) {
    this.#outbox.push(encodeEnvelope(envelope))
  }

  /** Sends the event's `detail`, an envelope; it does not fire locally. See send(). */
  dispatchEvent(event) {
    if (!(event instanceof Event)) throw invalid('dispatchEvent takes an Event')
    this.send(event.detail)
    return true
  }

  /** @private */
  [kSendJson](json) {
    this.#outbox.push(json)
  }

  /** Bytes handed to send() that have not left yet; characters, for what was sent in this turn. */
  get bufferedAmount() {
    return this.#outbox.bufferedAmount
  }

  /** Resolves when bufferedAmount is at most the endpoint's sendLowWater; rejects if the target closes before. */
  drained() {
    return this.#outbox.drained()
  }

  /** No events come out, and the peer is held back by flow control. */
  pause() {
    this.#inbox.pause()
  }

  /** Events come out again, from a later turn of the event loop on. */
  resume() {
    this.#inbox.resume()
  }

  /**
   * With the `operations` option: a promise of what the peer exposes, { operations }; it rejects if the target closes
   * before. Without: null.
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
    this.#end({ kind: 'locally-closed', code: CloseCode.NORMAL, reason: '', error: null })
    await this.#closed.promise
  }

  [asyncDispose]() {
    return this.close()
  }

  /** What the inbox gives. */
  #onInput(what, about, goesOn) {
    switch (what) {
      case 'value':
        this.#onValue(about)
        break
      case 'bad-frame':
        this.#onBadFrame(about, goesOn)
        break
      case 'end':
        this.#end({ kind: 'finished', code: CloseCode.NORMAL, reason: '', error: null })
        break
      case 'reset':
        this.#onPeerReset(about)
        break
      case 'gone':
        this.#complete(this.#ending ?? { ...connectionEnd(this.#connection), error: about })
        break
    }
  }

  #onValue(value) {
    if (this.#over) return
    if (!isEnvelope(value)) {
      this.#onBadFrame(this.#error('ERR_IROH_NOT_ENVELOPE'), true)
      return
    }
    const name = eventName(value)
    if (name === REGISTER && this.#registered) this.#onRegister(value)
    super.dispatchEvent(
      name === 'error' ? new PeerErrorEvent(name, { detail: value }) : new CustomEvent(name, { detail: value })
    )
  }

  #onBadFrame(error, goesOn) {
    if (this.#over) return
    this.#fire(new IrohErrorEvent(error))
    if (!goesOn || ++this.#refused > MAX_REFUSED)
      this.#abandon(CloseCode.BAD_FRAME, { kind: 'stream-error', code: CloseCode.BAD_FRAME, reason: '', error })
  }

  #onPeerReset(code) {
    if (this.#over) return
    const error = this.#error('ERR_IROH_STREAM_RESET', { quicError: code })
    this.#fire(new IrohErrorEvent(error))
    this.#abandon(CloseCode.NORMAL, { kind: 'stream-reset', code, reason: '', error })
  }

  /** The peer reads no more but may still send: its end, or the connection's, will close the target. */
  #onStopped(error) {
    if (!this.#over && error.quicError !== CloseCode.NORMAL) this.#fire(new IrohErrorEvent(error))
  }

  #register(operations) {
    this.#registered = quietDeferred()
    this.send({ type: REGISTER, id: '', payload: { operations } })
  }

  #onRegister({ payload }) {
    if (Array.isArray(payload?.operations)) this.#registered.resolve(payload)
    else
      this.#fire(
        new IrohErrorEvent(this.#error('ERR_IROH_NOT_ENVELOPE', { detail: 'hub.register without operations' }))
      )
  }

  /** Ends our half in good order; the rest follows when the peer has it. */
  #end(ending) {
    if (this.#ending) return
    this.#ending = ending
    this.#outbox.finish()
    this.#outbox.done.then(() => this.#complete(ending))
  }

  /** Ends our half at once. */
  #abandon(code, ending) {
    this.#ending ??= ending
    this.#outbox.reset(code, ending.error)
    this.#complete(this.#ending)
  }

  #complete(ending) {
    if (this.#over) return
    this.#over = true
    this.#inbox.stop(CloseCode.NORMAL)
    const error = ending.error ?? this.#error('ERR_IROH_CLOSED')
    this.#registered?.reject(error)
    this.#closed.resolve(Object.freeze(ending))
    this.#fire(new IrohCloseEvent(ending))
  }

  #fire(event) {
    super.dispatchEvent(event)
  }

  #error(code, about) {
    return new IrohError(code, { peer: this.remoteNodeId, ...about })
  }
}

function connectionEnd(connection) {
  const { kind, code, reason } = connection.closeReason()
  return { kind, code, reason }
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
  return new IrohEventTarget(send, recv, readTargetOptions(options))
}

/** The dialling side: opens the stream, and lets the peer know of it. */
async function createSpokeIrohEventTarget(connection, options) {
  checkConnection(connection)
  const checked = readTargetOptions(options)
  return openTarget(connection, (send, recv) => new IrohEventTarget(send, recv, checked))
}

/** Opens a stream and gives its halves to `make`. */
async function openTarget(connection, make) {
  const { send, recv } = await connection.openBi()
  send[kStream].call('streamAnnounce')
  return make(send, recv)
}

/** The accepting side: takes the next stream the peer opens. */
async function createHubIrohEventTarget(connection, options) {
  checkConnection(connection)
  const checked = readTargetOptions(options)
  const { send, recv } = await connection.acceptBi()
  return new IrohEventTarget(send, recv, checked)
}

module.exports = {
  IrohEventTarget,
  TARGET_OPTIONS,
  createHubIrohEventTarget,
  createIrohEventTarget,
  createSpokeIrohEventTarget,
  openTarget,
  readTargetOptions
}
