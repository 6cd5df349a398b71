// SPDX-License-Identifier: MIT
'use strict'

const MINUTE_MS = 60_000

/** So many a minute: counts anew once a minute is over. */
class PerMinute {
  #max
  #left
  #endsAt = Number.NEGATIVE_INFINITY

  /** @param {number} max */
  constructor(max) {
    this.#max = this.#left = max
  }

  /** Whether there is one left. @param {number} now milliseconds */
  has(now) {
    if (now >= this.#endsAt) {
      this.#left = this.#max
      this.#endsAt = now + MINUTE_MS
    }
    return this.#left > 0
  }

  /** Uses one, if there is one left. @param {number} now milliseconds */
  take(now) {
    if (!this.has(now)) return false
    this.#left--
    return true
  }
}

module.exports = { PerMinute }
