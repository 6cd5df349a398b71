// SPDX-License-Identifier: MIT
'use strict'

/**
 * A bound on what many hold together. Each may hold at most a part of what is free: a few that hold much leave room, and
 * one that holds little finds it, however many the others are. (Choudhury and Hahne, "Dynamic queue length thresholds for
 * shared-memory packet switches", 1998.)
 */
class Shares {
  #max
  #part
  #used = 0

  /** @param {number} max of all together @param {number} [part] one may hold a `part`-th of what is free */
  constructor(max, part = 1) {
    this.#max = max
    this.#part = part
  }

  /** What all hold. */
  get used() {
    return this.#used
  }

  /** What one may hold now. */
  get most() {
    return Math.max(0, Math.floor((this.#max - this.#used) / this.#part))
  }

  /** One holds so much more, or less. */
  add(amount) {
    this.#used += amount
  }
}

module.exports = { Shares }
