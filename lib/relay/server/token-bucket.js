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
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs) - amount
    this.#at = now
    return this.#tokens < 0 ? -this.#tokens / this.#perMs : 0
  }
}

module.exports = { TokenBucket }
