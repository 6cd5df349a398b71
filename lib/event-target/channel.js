// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('../core/close-reason')
const { deferred } = require('../base/deferred')
const { isEnvelope } = require('./envelope')
const { IrohError } = require('../base/errors')
const { Inbox } = require('./inbox')
const { Outbox } = require('./outbox')
const { kAsk, kIsHeard, kStream } = require('../base/symbols')
const { within } = require('../base/within')

/** More than this is not an accident. */
const MAX_REFUSED = 1000
/** How long what is sent waits for what was sent by an older channel. */
const SENT_MS = 8000

const FINISHED = Object.freeze({ kind: 'finished', code: CloseCode.NORMAL, reason: '', error: null })

/**
 * The events of one bidirectional stream, both ways, and how it ends. What happens is told to its owner, in later turns of
 * the event loop than the one that made it.
 * @typedef {object} ChannelOwner
 * @property {(envelope: object) => unknown} onEnvelope AGAIN: it has given the channel to another, who is to have it
 * @property {(envelope: object) => boolean} [onAhead] an envelope that waits for resume(); true: it is taken now, and does
 *   not come out again
 * @property {(length: number) => boolean} [keepsHeld] asked before onOver, when envelopes wait for resume(), so many
 *   characters of JSON: whether they are to come out after it
 * @property {() => void} [onEmptied] those have come out
 * @property {(error: IrohError) => void} onRefused a frame that is not dispatched; it may go on after it
 * @property {(error: IrohError) => void} onError something about the stream; it may go on after it
 * @property {(ending: { kind: string, code: number, reason: string, error: IrohError | null }, isKept: boolean) => void}
 *   onOver once; last, unless envelopes are kept
 */
class Channel {
  #connection
  #outbox
  #inbox
  #owner
  #ending = null
  #isOver = false
  #isKept = false
  #ended = deferred()
  #refused = 0

  /**
   * @param {import('../connection/send-stream').SendStream} send
   * @param {import('../connection/recv-stream').RecvStream} recv
   * @param {{ maxFrameLength: number, maxDepth: number, maxBufferedAmount: number }} options
   */
  constructor(send, recv, options) {
    const [sender, receiver] = [send[kStream], recv[kStream]]
    this.#connection = sender.connection
    this.#outbox = new Outbox(sender, { ...options, onStopped: (error) => this.#onStopped(error) })
    this.#inbox = new Inbox(receiver, (what, about, goesOn) => this.#onInput(what, about, goesOn), options)
    sender.takeSender(this.#outbox)
    setImmediate(() => this.#inbox.start())
  }

  /** From now on this one is told; the first is named in the turn of the channel's making. @param {ChannelOwner} owner */
  giveTo(owner) {
    this.#owner = owner
  }

  get connection() {
    return this.#connection
  }

  /** Whether one of the sides has ended it, or it is over. */
  get isEnding() {
    return this.#ending !== null || this.#isOver
  }

  /** Resolves when the peer has ended its half, and what it sent has come out, or when the channel is over. */
  get ended() {
    return this.#ended.promise
  }

  /** Takes the JSON of one envelope, whole or not at all. @throws {IrohError} as Outbox.push() */
  push(json) {
    this.#outbox.push(json)
  }

  /** Takes frames, or the JSON of one, whole or not at all. @throws {IrohError} as Outbox.pushFrames() */
  pushFrames(content) {
    this.#outbox.pushFrames(content)
  }

  /** How much of the buffer it takes. @throws {IrohError} if it can be sent at no time */
  measure(json) {
    return this.#outbox.measure(json)
  }

  get bufferedAmount() {
    return this.#outbox.bufferedAmount
  }

  /** Asks the peer's endpoint for a sign of life. */
  ask() {
    this.#connection[kAsk]()
  }

  /** Whether it was heard since ask(). */
  get isHeard() {
    return this.#connection[kIsHeard]()
  }

  /** What drained() lets be unsent. */
  get lowWater() {
    return this.#outbox.lowWater
  }

  get receivedLength() {
    return this.#inbox.receivedLength
  }

  drained() {
    return this.#outbox.drained()
  }

  pause() {
    this.#inbox.pause()
  }

  resume() {
    this.#inbox.resume()
  }

  /** Ends our half after what was sent, and goes on reading. */
  finishSending() {
    this.#outbox.finish()
  }

  /** Ends our half of an older channel; what is sent here leaves once the peer has all that was sent there. */
  sendAfter(older) {
    older.finishSending()
    this.#outbox.waitFor(older.sent())
  }

  /** Resolves when the peer has all that was sent before finishSending(), or will not have it; eight seconds at most. */
  sent() {
    return within(this.#outbox.done, SENT_MS)
  }

  /** Ends our half after what was sent; it is over once the peer has it all, or the connection is gone. */
  finish() {
    this.#end({ kind: 'locally-closed', code: CloseCode.NORMAL, reason: '', error: null })
  }

  /** What was to come out after the end does not. */
  discard() {
    this.#isKept = false
    this.#inbox.stop(CloseCode.NORMAL)
  }

  /** Whether envelopes wait for resume(). */
  get isHolding() {
    return this.#inbox.isHolding
  }

  #onInput(what, about, goesOn) {
    switch (what) {
      case 'value':
        return this.#onValue(about)
      case 'ahead':
        return !this.#isOver && isEnvelope(about) && this.#owner.onAhead?.(about) === true
      case 'emptied':
        this.#owner.onEmptied()
        break
      case 'bad-frame':
        this.#onBadFrame(about, goesOn)
        break
      case 'end':
        this.#ended.resolve()
        this.#end(FINISHED)
        break
      case 'reset':
        this.#onPeerReset(about)
        break
      case 'gone':
        this.#complete(this.#ending ?? this.#lossEnding(about))
        break
    }
    return false
  }

  /** A peer that had ended its half before has left in good order. */
  #lossEnding(error) {
    return this.#inbox.isEnded ? FINISHED : { ...connectionEnd(this.#connection), error }
  }

  #onValue(value) {
    if (this.#isOver && !this.#isKept) return undefined
    if (isEnvelope(value)) return this.#owner.onEnvelope(value)
    return this.#onBadFrame(this.#error('ERR_IROH_NOT_ENVELOPE'), true)
  }

  #onBadFrame(error, goesOn) {
    if (this.#isOver) return
    this.#owner.onRefused(error)
    if (!goesOn || ++this.#refused > MAX_REFUSED)
      this.#abandon(CloseCode.BAD_FRAME, { kind: 'stream-error', code: CloseCode.BAD_FRAME, reason: '', error })
  }

  #onPeerReset(code) {
    if (this.#isOver) return
    const error = this.#error('ERR_IROH_STREAM_RESET', { quicError: code })
    this.#owner.onError(error)
    this.#abandon(CloseCode.NORMAL, { kind: 'stream-reset', code, reason: '', error })
  }

  /** The peer reads no more but may still send: its end, or the connection's, will close the channel. */
  #onStopped(error) {
    if (!this.#isOver && error.quicError !== CloseCode.NORMAL) this.#owner.onError(error)
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
    if (this.#isOver) return
    this.#isOver = true
    this.#isKept = this.#inbox.isHolding && this.#owner.keepsHeld?.(this.#inbox.heldLength) === true
    if (this.#isKept) this.#inbox.keep(CloseCode.NORMAL)
    else this.#inbox.stop(CloseCode.NORMAL)
    this.#ended.resolve()
    this.#owner.onOver(Object.freeze(ending), this.#isKept)
  }

  #error(code, about) {
    return new IrohError(code, { peer: this.#connection.remoteNodeId(), ...about })
  }
}

function connectionEnd(connection) {
  const { kind, code, reason } = connection.closeReason()
  return { kind, code, reason }
}

module.exports = { Channel }
