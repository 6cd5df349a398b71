// SPDX-License-Identifier: MIT
'use strict'

// A relay sends what is for a NodeId over the newest connection that proves its key, and tells the older ones so. That is
// how a program learns that another one has its key: a copied image, a second replica.

const { Status } = require('./protocol')

/** Displacements that count together. */
const WINDOW_MS = 600_000
/** A displaced session that ends is not dialled again at once: that would displace the other one, and so on for ever. */
const MIN_PATIENCE_MS = 5000
const MAX_PATIENCE_MS = 300_000
const MAX_COUNTED = 32

/** How relays of protocol version 1 say it. */
const DISPLACED = /\bsame (endpoint|node) ?id\b/i
const REGAINED = /^$|\bhealthy\b/i

/**
 * What a relay's word on a session means for who is reached there.
 * @param {number | null} code of a STATUS frame; null: of protocol version 1, where the text says it
 * @param {string} text
 * @returns {'displaced' | 'regained' | null}
 */
function wordOf(code, text) {
  if (code === null) return DISPLACED.test(text) ? 'displaced' : REGAINED.test(text) ? 'regained' : null
  return { [Status.REPLACED]: 'displaced', [Status.HEALTHY]: 'regained' }[code] ?? null
}

/** Whether another connection has the key of one at its relay, and how often one took over lately. */
class Displacements {
  #clock
  #times = []
  /** Of the session there is, or was last. */
  isDisplaced = false

  /** @param {import('../base/clock').Clock} clock */
  constructor(clock) {
    this.#clock = clock
  }

  /** A session begins: it is the newest. */
  begin() {
    this.isDisplaced = false
  }

  /**
   * The relay has told.
   * @param {'displaced' | 'regained'} word
   * @returns {number} displacements within ten minutes; 0: it is no news
   */
  take(word) {
    const isDisplaced = word === 'displaced'
    if (isDisplaced === this.isDisplaced) return 0
    this.isDisplaced = isDisplaced
    const now = this.#clock.now()
    this.#times = this.#times.filter((at) => now - at < WINDOW_MS).slice(-MAX_COUNTED + 1)
    if (isDisplaced) this.#times.push(now)
    return Math.max(1, this.#times.length)
  }

  /** How long a displaced session that has ended is not dialled again, in milliseconds: longer each time. */
  patience() {
    const ms = Math.min(MIN_PATIENCE_MS * 2 ** (this.#times.length - 1), MAX_PATIENCE_MS)
    return ms * (0.75 + Math.random() / 2)
  }
}

module.exports = { Displacements, wordOf }
