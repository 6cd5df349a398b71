// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

/**
 * Characters of JSON that are read while it holds still, so that envelopes which pass a pause are seen. After that the
 * core gives no credit, and the peer's buffer fills instead of ours.
 */
const AHEAD = 256 * 1024

/** What the owner of a value answers when another is to have it, who owns the channel from now on. */
const AGAIN = Symbol('again')

/**
 * The receiving half of an event target. What the core gives comes out in order: envelopes, refused frames, the end. It
 * holds still until start() and between pause() and resume(). Two things do not wait then: an envelope that its owner
 * takes ahead of the others, and the loss of the connection.
 */
class Inbox {
  #stream
  #give
  #started = false
  #paused = false
  #moving = false
  #over = false
  #receivedLength = 0
  /** What came while it held still: arrays of values, and functions. */
  #waiting = []
  #aheadLength = 0
  /** Why the connection ended, until that is reported. */
  #loss = null
  #isLeftover = false
  #isEnded = false

  /**
   * @param {import('../connection/stream-handle').StreamHandle} stream
   * @param {(what: string, about?: any, goesOn?: boolean) => any} give gets 'value' (the value), 'bad-frame' (error,
   *   whether the stream goes on), 'end', 'reset' (code), 'gone' (why the connection ended), 'emptied' (what was kept by
   *   keep() has come out), and 'ahead' (a value that would have to wait): true means that it was taken
   */
  constructor(stream, give, { maxFrameLength, maxDepth }) {
    this.#stream = stream
    this.#give = give
    stream.call('streamPause', true)
    stream.call('streamSetFramed', maxFrameLength, maxDepth)
    stream.takeReceiver(this)
  }

  /** Characters of JSON that came. */
  get receivedLength() {
    return this.#receivedLength
  }

  /** Lets the first values out. */
  start() {
    this.#started = true
    if (this.#paused) this.#stream.tryCall('streamPause', false)
    this.#move()
  }

  pause() {
    this.#paused = true
    if (!this.#moving) this.#tellLoss()
  }

  /** What waited comes out in a later turn of the event loop; what keep() kept, in the next microtask. */
  resume() {
    if (!this.#paused) return
    this.#paused = false
    if (this.#isLeftover) queueMicrotask(() => this.#move())
    else setImmediate(() => this.#move())
  }

  /** Nothing comes out any more. */
  stop(code) {
    this.#waiting = []
    this.#finish(code)
  }

  /** Nothing more comes in; the envelopes that came before come out after resume(), and then 'emptied'. */
  keep(code) {
    this.#waiting = this.#waiting.filter(Array.isArray)
    this.#isLeftover = true
    this.#finish(code)
  }

  /** Whether envelopes wait. */
  get isHolding() {
    return this.#waiting.some(Array.isArray)
  }

  /** Characters of JSON that came while it held still, since it moved last. */
  get heldLength() {
    return this.#aheadLength
  }

  /** Whether the peer has ended its half in good order, be it after what waits. */
  get isEnded() {
    return this.#isEnded
  }

  onFrames(text) {
    this.#receivedLength += text.length
    let values
    try {
      values = JSON.parse(text)
    } catch (cause) {
      this.#put(() => this.#give('bad-frame', new IrohError('ERR_IROH_INTERNAL', { cause }), true))
      return
    }
    if (this.#still()) this.#hold(values, text.length)
    else this.#deliver(values)
  }

  onFrameError(error, goesOn) {
    this.#put(() => {
      if (!goesOn) this.#done()
      this.#give('bad-frame', error, goesOn)
    })
  }

  /** An end that nothing waits before does not wait for resume(). */
  onEnd() {
    this.#isEnded = true
    const end = () => {
      this.#done()
      this.#give('end')
    }
    if (this.#paused && this.#waiting.length === 0) end()
    else this.#put(end)
  }

  onReset(code) {
    const reset = () => {
      this.#done()
      this.#give('reset', code)
    }
    if (this.#paused) reset()
    else this.#put(reset)
  }

  /** Told after what comes out by itself, and before what waits for resume(). */
  onLost(error) {
    this.#loss = error
    if (this.#paused || !this.#still()) this.#tellLoss()
  }

  onReadable() {}

  #tellLoss() {
    const error = this.#loss
    this.#loss = null
    if (error) this.#give('gone', error)
  }

  #finish(code) {
    if (this.#over) return
    this.#stream.tryCall('streamStop', code)
    this.#done()
  }

  #hold(values, length) {
    const left = this.#passAhead(values)
    if (left.length > 0) this.#waiting.push(left)
    this.#aheadLength += length
    if (this.#aheadLength >= AHEAD) this.#stream.tryCall('streamPause', true)
  }

  #passAhead(values) {
    return values.filter((value) => !this.#give('ahead', value))
  }

  #done() {
    this.#over = true
    this.#stream.doneReceiving()
  }

  #still() {
    return !this.#started || this.#paused || this.#waiting.length > 0
  }

  #put(action) {
    if (this.#still()) this.#waiting.push(action)
    else action()
  }

  /** A listener may pause in the middle: the rest waits. */
  #deliver(values) {
    for (let index = 0; index < values.length; index++) {
      if (this.#paused) {
        const left = this.#passAhead(values.slice(index))
        if (left.length > 0) this.#waiting.unshift(left)
        return
      }
      if (this.#give('value', values[index]) === AGAIN) index--
    }
  }

  #move() {
    if (!this.#started || this.#paused || this.#moving) return
    this.#moving = true
    while (this.#waiting.length > 0 && !this.#paused) {
      const next = this.#waiting.shift()
      if (typeof next === 'function') next()
      else this.#deliver(next)
    }
    this.#moving = false
    if (!this.#paused) this.#goOn()
    this.#tellLoss()
  }

  #goOn() {
    this.#aheadLength = 0
    if (this.#isLeftover) this.#give('emptied')
    else this.#stream.tryCall('streamPause', false)
  }
}

module.exports = { AGAIN, Inbox }
