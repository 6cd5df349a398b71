// SPDX-License-Identifier: MIT
'use strict'

const { performance } = require('node:perf_hooks')

/** So much per second, and a burst at once. It may be overdrawn: what is taken is taken. */
class TokenBucket {
  #perMs
  #burst
  #tokens
  #at

  /** A full bucket. */
  constructor(perSecond, burst, now = performance.now()) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** @returns {number} the milliseconds until the bucket is no longer overdrawn; 0 if it is not */
  take(amount, now = performance.now()) {
    this.#refill(now)
    this.#tokens -= amount
    return this.#tokens < 0 ? -this.#tokens / this.#perMs : 0
  }

  /** Takes what is there, and nothing otherwise: who asks too often gets no less later. @returns {boolean} */
  tryTake(amount, now = performance.now()) {
    this.#refill(now)
    if (this.#tokens < amount) return false
    this.#tokens -= amount
    return true
  }

  #refill(now) {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs)
    this.#at = now
  }
}

module.exports = { TokenBucket }
