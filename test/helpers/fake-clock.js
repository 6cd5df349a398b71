// SPDX-License-Identifier: MIT
'use strict'

/** Time that stands still until the test moves it: what the `clock` options take. */
class FakeClock {
  #now = 0
  #timers = new Set()

  now = () => this.#now

  setTimeout = (callback, ms) => {
    const timer = { callback, at: this.#now + ms }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout = (timer) => {
    this.#timers.delete(timer)
  }

  /** The sockets, too, are read when the test does so. */
  setImmediate = (callback) => this.setTimeout(callback, 0)

  clearImmediate = (timer) => this.clearTimeout(timer)

  /** How many timers are pending. */
  get pending() {
    return this.#timers.size
  }

  /** Milliseconds until the next timer is due. */
  get untilNext() {
    return Math.min(...[...this.#timers].map(({ at }) => at)) - this.#now
  }

  /** Moves the time on; the timers that become due fire in their order. */
  advance(ms) {
    const end = this.#now + ms
    for (let due = this.#nextBy(end); due; due = this.#nextBy(end)) {
      this.#timers.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
    }
    this.#now = end
  }

  /** The loop is busy for so long: what becomes due fires late, once. */
  work(ms) {
    this.#now += ms
    const due = [...this.#timers].filter(({ at }) => at <= this.#now)
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback()
  }

  #nextBy(end) {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}

module.exports = { FakeClock }
