// SPDX-License-Identifier: MIT
'use strict'

const { systemClock } = require('./clock')

/** A time limit is counted in so many parts. */
const PARTS = 8

/**
 * A time limit for somebody who owes an answer. Time in which this program was too busy to read its sockets hardly counts:
 * each uninterrupted piece of work as an eighth of the limit at most, and the sockets are read once more before the limit
 * is over. So it is at latest over after nine such pieces of work.
 */
class Patience {
  #clock
  #onOver
  #part
  #left = PARTS
  #extra = 1
  #dueAt = 0
  #timer = null
  #immediate = null
  #referenced = true

  /**
   * It begins at once.
   * @param {number} ms
   * @param {() => void} onOver
   * @param {import('./clock').Clock} [clock]
   */
  constructor(ms, onOver, clock = systemClock) {
    this.#clock = clock
    this.#onOver = onOver
    this.#part = ms / PARTS
    this.#wait()
  }

  stop() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    if (this.#immediate !== null) this.#clock.clearImmediate(this.#immediate)
    this.#timer = this.#immediate = null
  }

  /** It does not keep the process alive. */
  unref() {
    this.#referenced = false
    this.#timer?.unref?.()
    this.#immediate?.unref?.()
    return this
  }

  ref() {
    this.#referenced = true
    this.#timer?.ref?.()
    this.#immediate?.ref?.()
    return this
  }

  #wait() {
    this.#dueAt = this.#clock.now() + this.#part
    this.#timer = this.#clock.setTimeout(() => this.#onPart(), this.#part)
    if (!this.#referenced) this.#timer.unref?.()
  }

  #onPart() {
    this.#timer = null
    this.#left--
    const wasBusy = this.#clock.now() - this.#dueAt > this.#part
    if (this.#left === 0 && wasBusy && this.#extra-- > 0) this.#left = 1
    if (this.#left > 0) this.#wait()
    else this.#readOnce()
  }

  #readOnce() {
    this.#immediate = this.#clock.setImmediate(() => {
      this.#immediate = null
      this.#onOver()
    })
    if (!this.#referenced) this.#immediate.unref?.()
  }
}

module.exports = { Patience }
