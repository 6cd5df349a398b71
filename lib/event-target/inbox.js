// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

/**
 * The receiving half of an event target. What the core gives comes out in order: envelopes, refused frames, the end. It
 * holds still until start() and between pause() and resume(); then the core gives no credit, so that the peer's buffer
 * fills and not ours.
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

  /**
   * @param {import('../streams/stream-handle').StreamHandle} stream
   * @param {(what: string, about?: any, goesOn?: boolean) => void} give gets 'value' (the value), 'bad-frame' (error,
   *   whether the stream goes on), 'end', 'reset' (code) and 'gone' (why the connection ended)
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
    this.#move()
  }

  pause() {
    if (this.#paused) return
    this.#paused = true
    if (this.#started) this.#stream.tryCall('streamPause', true)
  }

  /** What waited comes out in a later turn of the event loop. */
  resume() {
    if (!this.#paused) return
    this.#paused = false
    setImmediate(() => this.#move())
  }

  /** Nothing comes out any more. */
  stop(code) {
    this.#waiting = []
    if (this.#over) return
    this.#stream.tryCall('streamStop', code)
    this.#done()
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
    if (this.#still()) this.#waiting.push(values)
    else this.#deliver(values)
  }

  onFrameError(error, goesOn) {
    this.#put(() => {
      if (!goesOn) this.#done()
      this.#give('bad-frame', error, goesOn)
    })
  }

  onEnd() {
    this.#put(() => {
      this.#done()
      this.#give('end')
    })
  }

  onReset(code) {
    this.#put(() => {
      this.#done()
      this.#give('reset', code)
    })
  }

  onLost(error) {
    this.#put(() => this.#give('gone', error))
  }

  onReadable() {}

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
        this.#waiting.unshift(values.slice(index))
        return
      }
      this.#give('value', values[index])
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
    if (!this.#paused) this.#stream.tryCall('streamPause', false)
  }
}

module.exports = { Inbox }
