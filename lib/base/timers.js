// SPDX-License-Identifier: MIT
'use strict'

const { Patience } = require('./patience')

/** The timers of one owner, by name: one of each name at most, all of them referenced or none. */
class Timers {
  #clock
  #pending = new Map()
  #referenced = true

  /** @param {import('./clock').Clock} clock */
  constructor(clock) {
    this.#clock = clock
  }

  /** Calls back once, `ms` from now; a timer of this name that is still pending is forgotten. */
  set(name, ms, callback) {
    this.clear(name)
    const timer = this.#clock.setTimeout(() => this.#fire(name, callback), ms)
    this.#keep(name, timer, () => this.#clock.clearTimeout(timer))
  }

  /** The same for a relay that owes an answer. */
  setPatient(name, ms, callback) {
    this.clear(name)
    const patience = new Patience(ms, () => this.#fire(name, callback), this.#clock)
    this.#keep(name, patience, () => patience.stop())
  }

  /** Whether a timer of this name is pending. */
  has(name) {
    return this.#pending.has(name)
  }

  clear(name) {
    const pending = this.#pending.get(name)
    if (pending === undefined) return
    this.#pending.delete(name)
    pending.stop()
  }

  clearAll() {
    for (const name of [...this.#pending.keys()]) this.clear(name)
  }

  /** @param {boolean} referenced whether pending timers keep the process alive */
  setReferenced(referenced) {
    this.#referenced = referenced
    for (const { timer } of this.#pending.values()) {
      if (referenced) timer.ref?.()
      else timer.unref?.()
    }
  }

  #keep(name, timer, stop) {
    this.#pending.set(name, { timer, stop })
    if (!this.#referenced) timer.unref?.()
  }

  #fire(name, callback) {
    this.#pending.delete(name)
    callback()
  }
}

module.exports = { Timers }
