// SPDX-License-Identifier: MIT
'use strict'

const { deferred, quietDeferred } = require('../base/deferred')
const { IrohError, errorCode } = require('../base/errors')
const { ALONE, CHUNK, MARK, isFrames } = require('./frame-text')

/**
 * The sending half of an event target. Envelopes of one turn are gathered in one string and handed to the core at once,
 * which writes it into the stream's buffer without another copy.
 */
class Outbox {
  #stream
  #maxFrameLength
  #maxBufferedAmount
  #measured
  #pending = ''
  #pendingBytes = 0
  /** At least as many as are unsent: what was, and everything pushed since. */
  #atMost = 0
  /** Unsent in the core; known until the next flush. */
  #inCore = -1
  #scheduled = false
  #blocked = false
  #waiting = false
  #finishing = false
  #error = null
  #isOver = false
  #drained = []
  #done = quietDeferred()
  #onStopped
  #flushTask = () => {
    this.#scheduled = false
    this.flush()
  }

  /** `onStopped(error)` is called if the peer stops reading before the end. */
  constructor(stream, { maxFrameLength, maxBufferedAmount, onStopped }) {
    this.#stream = stream
    this.#maxFrameLength = Math.min(maxFrameLength, stream.maxSendFrame)
    this.#maxBufferedAmount = Math.min(maxBufferedAmount, stream.maxSendBuffer)
    /** Shorter texts cannot be too long in UTF-8; they are counted in characters until they are handed over. */
    this.#measured = Math.floor(this.#maxFrameLength / 3)
    this.#onStopped = onStopped
  }

  /** Resolves when the sending half is over: acknowledged, stopped, reset or lost. */
  get done() {
    return this.#done.promise
  }

  /**
   * Takes one frame, whole or not at all.
   * @throws {IrohError} ERR_IROH_FRAME_TOO_LONG, ERR_IROH_BUFFER_FULL, or why nothing can be sent any more
   */
  push(json) {
    const length = this.measure(json)
    this.#makeRoom(length)
    if (json.length >= ALONE && this.#sendAlone(json)) return
    this.#pending += MARK + json
    this.#pendingBytes += length
    if (this.#pendingBytes >= CHUNK) this.flush()
    else if (!this.#scheduled) this.#schedule()
  }

  /**
   * Takes a text of frames, see frame-text.js, its UTF-8, or the JSON of one; whole or not at all, and without
   * maxBufferedAmount: callers that batch enforce their own limit.
   * @param {string | Buffer} content
   * @throws {IrohError} ERR_IROH_FRAME_TOO_LONG; ERR_IROH_BUFFER_FULL: the core has no room; why nothing can be sent any
   *   more
   */
  pushFrames(content) {
    const call = this.#callFor(content)
    this.flush()
    if (this.#blocked) throw bufferFull(this.bufferedAmount, this.#maxBufferedAmount)
    this.#stream.call(call, content)
    this.#inCore = -1
    this.#atMost += content.length
  }

  /**
   * How much of the buffer a frame takes, at least.
   * @throws {IrohError} ERR_IROH_FRAME_TOO_LONG, or why nothing can be sent any more
   */
  measure(json) {
    if (this.#error) throw this.#error
    const length = json.length > this.#measured ? Buffer.byteLength(json) : json.length
    if (length > this.#maxFrameLength) throw tooLong(length, this.#maxFrameLength)
    return length + MARK.length
  }

  /** Bytes handed in and not yet sent. Asks the core at most once between two flushes. */
  get bufferedAmount() {
    if (this.#error && !this.#finishing) return 0
    if (this.#pendingBytes === 0) return this.#unsent()
    if (this.#inCore < 0) this.#inCore = this.#unsent()
    return this.#inCore + this.#pendingBytes
  }

  /** What drained() lets be unsent. */
  get lowWater() {
    return this.#stream.sendLowWater
  }

  /** Resolves once little is unsent (the endpoint's sendLowWater); rejects if that can no longer be. */
  drained() {
    const waiter = deferred()
    this.flush()
    if (this.#error && !this.#finishing) waiter.reject(this.#error)
    else if (!this.#blocked && this.bufferedAmount <= this.lowWater) waiter.resolve()
    else this.#drained.push(waiter)
    return waiter.promise
  }

  /** Hands what is pending to the core. */
  flush() {
    if (this.#pendingBytes === 0 || this.#blocked) return
    this.#handOver()
  }

  /** Hands nothing to the core before the promise, which does not reject, is settled. */
  async waitFor(turn) {
    this.#blocked = this.#waiting = true
    await turn
    this.#waiting = false
    if (!this.#isOver) this.onWritable()
  }

  /** No more is pushed; the stream ends after what was. */
  finish() {
    if (this.#error) return
    this.#error = new IrohError('ERR_IROH_CLOSED', { detail: 'the event target is closed' })
    this.#finishing = true
    this.flush()
    if (!this.#blocked) this.#stream.tryCall('streamFinish')
  }

  /** Ends the stream at once. */
  reset(code, error) {
    this.#stream.tryCall('streamReset', code)
    this.#end(error)
  }

  onWritable() {
    if (this.#waiting) return
    if (this.#blocked) {
      this.#handOver()
      if (this.#blocked) return
      if (this.#finishing) this.#stream.tryCall('streamFinish')
    }
    if (this.bufferedAmount > this.lowWater) return
    for (const waiter of this.#drained.splice(0)) waiter.resolve()
  }

  onFinished() {
    this.#end(this.#error)
  }

  onStopped(code) {
    const early = !this.#finishing
    const error = new IrohError('ERR_IROH_STREAM_STOPPED', {
      quicError: code,
      peer: this.#stream.connection.remoteNodeId()
    })
    this.#end(this.#error ?? error)
    if (early) this.#onStopped(error)
  }

  onLost(error) {
    this.#end(this.#error ?? error)
  }

  /** What of the binding takes it. */
  #callFor(content) {
    if (this.#error) throw this.#error
    if (typeof content !== 'string') return 'streamSendFramesBytes'
    if (isFrames(content)) return 'streamSendFrames'
    this.measure(content)
    return 'streamSendFrame'
  }

  /** While the core has no room, what is pending waits for onWritable(). */
  #handOver() {
    const sent = this.#stream.tryCall('streamSendFrames', this.#pending)
    this.#inCore = -1
    this.#blocked = sent < 0 && errorCode(sent) === 'ERR_IROH_BUFFER_FULL'
    if (this.#blocked) return
    this.#pending = ''
    this.#pendingBytes = 0
  }

  /** A long text goes to the core by itself: joining it with others would copy it once more. */
  #sendAlone(json) {
    this.flush()
    if (this.#blocked) return false
    this.#inCore = -1
    return this.#stream.tryCall('streamSendFrame', json) >= 0
  }

  #schedule() {
    this.#scheduled = true
    queueMicrotask(this.#flushTask)
  }

  /** Counts `bytes` in, looking at what is really unsent only when the bound seems reached. */
  #makeRoom(bytes) {
    if (this.#blocked && !this.#waiting && this.#pendingBytes >= CHUNK)
      throw bufferFull(this.bufferedAmount, this.#maxBufferedAmount)
    if (this.#atMost + bytes > this.#maxBufferedAmount) {
      this.#atMost = this.bufferedAmount
      if (this.#atMost + bytes > this.#maxBufferedAmount) throw bufferFull(this.#atMost, this.#maxBufferedAmount)
    }
    this.#atMost += bytes
  }

  #unsent() {
    const unsent = this.#stream.tryCall('streamBuffered')
    return Math.max(unsent, 0)
  }

  #end(error) {
    this.#isOver = true
    this.#error = error
    this.#finishing = false
    this.#pending = ''
    this.#pendingBytes = 0
    for (const waiter of this.#drained.splice(0)) waiter.reject(error)
    this.#stream.doneSending()
    this.#done.resolve()
  }
}

function tooLong(length, max) {
  return new IrohError('ERR_IROH_FRAME_TOO_LONG', { detail: `${length} bytes, maxFrameLength is ${max}` })
}

function bufferFull(amount, max) {
  return new IrohError('ERR_IROH_BUFFER_FULL', { detail: `bufferedAmount is ${amount}, maxBufferedAmount ${max}` })
}

module.exports = { Outbox }
