// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('./deferred')

/** Items on one side, waiting takers on the other. Once ended, what is left is still taken first. */
class AsyncQueue {
  #items = []
  #takers = []
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
    const taker = this.#takers.shift()
    if (taker) {
      taker.resolve(item)
      return
    }
    this.#items.push(item)
    if (this.#items.length > this.#max) {
      this.#items.shift()
      this.dropped++
    }
  }

  /** @returns {Promise<any>} the next item; once ended and empty, what end() or fail() said */
  take() {
    const taker = deferred()
    if (this.#items.length > 0) taker.resolve(this.#items.shift())
    else if (this.#ending) this.#ending(taker)
    else this.#takers.push(taker)
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
    return this.#items.splice(0)
  }

  #finish(ending) {
    if (this.#ending) return
    this.#ending = ending
    for (const taker of this.#takers.splice(0)) ending(taker)
  }
}

module.exports = { AsyncQueue }
