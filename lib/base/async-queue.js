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
  #weigh
  #weight = 0
  /** Items dropped because `max` were waiting. */
  dropped = 0

  /**
   * @param {number} [max] beyond this many waiting items the oldest is dropped
   * @param {(item: any) => number} [weigh]
   */
  constructor(max = Number.POSITIVE_INFINITY, weigh = () => 1) {
    this.#max = max
    this.#weigh = weigh
  }

  /** What the items that wait weigh together; their number, unless told otherwise. */
  get weight() {
    return this.#weight
  }

  /** Whether the next item would go to somebody who waits for it. */
  get isAwaited() {
    return this.#takersWait && this.#waiting.length > 0
  }

  push(item) {
    if (this.#ending) return
    if (this.isAwaited) {
      this.#waiting.shift().resolve(item)
      return
    }
    this.#takersWait = false
    this.#waiting.push(item)
    this.#weight += this.#weigh(item)
    if (this.#waiting.length > this.#max) this.dropOldest()
  }

  /** @returns {boolean} false: there was none */
  dropOldest() {
    if (this.#takersWait || this.#waiting.length === 0) return false
    this.#next()
    this.dropped++
    return true
  }

  /** Of the items of which `isMeant` is true only the newest `max` stay. */
  keepNewest(max, isMeant) {
    if (this.#takersWait) return
    let extra = this.#waiting.filter(isMeant).length - max
    if (extra <= 0) return
    this.#waiting = this.#waiting.filter((item) => !(isMeant(item) && extra-- > 0))
    this.#weight = this.#waiting.reduce((sum, item) => sum + this.#weigh(item), 0)
  }

  /** Items that wait to be taken. */
  get length() {
    return this.#takersWait ? 0 : this.#waiting.length
  }

  /** @returns {Promise<any>} the next item; once ended and empty, what end() or fail() said */
  take() {
    const taker = deferred()
    if (!this.#takersWait && this.#waiting.length > 0) taker.resolve(this.#next())
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
    if (this.#takersWait) return []
    this.#weight = 0
    return this.#waiting.splice(0)
  }

  #next() {
    const item = this.#waiting.shift()
    this.#weight -= this.#weigh(item)
    return item
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
