// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('./deferred')

/** Items on one side, waiting takers on the other. Once ended, what is left is still taken first. */
class AsyncQueue {
  /** Items, or takers when `#takersWait`; never both. */
  #waiting = []
  #takersWait = false
  #ending = null
  #max
  /** Items dropped because `max` were waiting. */
  dropped = 0

  /** @param {number} [max] beyond this many waiting items the oldest is dropped */
  constructor(max = Number.POSITIVE_INFINITY) {
    this.#max = max
  }

  push(item) {
    if (this.#ending) return
    if (this.#takersWait && this.#waiting.length > 0) {
      this.#waiting.shift().resolve(item)
      return
    }
    this.#takersWait = false
    this.#waiting.push(item)
    if (this.#waiting.length > this.#max) {
      this.#waiting.shift()
      this.dropped++
    }
  }

  /** Items that wait to be taken. */
  get length() {
    return this.#takersWait ? 0 : this.#waiting.length
  }

  /** @returns {Promise<any>} the next item; once ended and empty, what end() or fail() said */
  take() {
    const taker = deferred()
    if (!this.#takersWait && this.#waiting.length > 0) taker.resolve(this.#waiting.shift())
    else if (this.#ending) this.#ending(taker)
    else this.#wait(taker)
    return taker.promise
  }

  /** From now on take() resolves with null. */
  end() {
    this.#finish((taker) => taker.resolve(null))
  }

  /** From now on take() rejects with `error`. */
  fail(error) {
    this.#finish((taker) => taker.reject(error))
  }

  /** The items nobody took. */
  drain() {
    return this.#takersWait ? [] : this.#waiting.splice(0)
  }

  #wait(taker) {
    this.#takersWait = true
    this.#waiting.push(taker)
  }

  #finish(ending) {
    if (this.#ending) return
    this.#ending = ending
    if (this.#takersWait) for (const taker of this.#waiting.splice(0)) ending(taker)
  }
}

module.exports = { AsyncQueue }
