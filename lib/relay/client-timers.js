// SPDX-License-Identifier: MIT
'use strict'

/**
 * Where the time comes from; tests bring their own.
 * @typedef {object} Clock
 * @property {() => number} now milliseconds that only rise
 * @property {(callback: () => void, ms: number) => object} setTimeout
 * @property {(timer: object) => void} clearTimeout
 */

/** @type {Clock} */
const systemClock = Object.freeze({ now: () => performance.now(), setTimeout, clearTimeout })

/** The timers of one owner, by name: one of each name at most, all of them referenced or none. */
class Timers {
  #clock
  #pending = new Map()
  #referenced = true

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock
  }

  /** Calls back once, `ms` from now; a timer of this name that is still pending is forgotten. */
  set(name, ms, callback) {
    this.clear(name)
    const timer = this.#clock.setTimeout(() => {
      this.#pending.delete(name)
      callback()
    }, ms)
    this.#pending.set(name, timer)
    if (!this.#referenced) timer.unref?.()
  }

  /** Whether a timer of this name is pending. */
  has(name) {
    return this.#pending.has(name)
  }

  clear(name) {
    const timer = this.#pending.get(name)
    if (timer === undefined) return
    this.#pending.delete(name)
    this.#clock.clearTimeout(timer)
  }

  clearAll() {
    for (const name of [...this.#pending.keys()]) this.clear(name)
  }

  /** @param {boolean} referenced whether pending timers keep the process alive */
  setReferenced(referenced) {
    this.#referenced = referenced
    for (const timer of this.#pending.values()) {
      if (referenced) timer.ref?.()
      else timer.unref?.()
    }
  }
}

module.exports = { Timers, systemClock }
