// SPDX-License-Identifier: MIT
'use strict'

const { outsideAddresses } = require('../addresses/host-addresses')
const { systemClock } = require('../base/clock')

/** One change brings many notes. */
const SETTLE_MS = 50
/** Addresses that cannot be listed are asked for again: after so long, then after twice as long, up to the last. */
const LIST_AGAIN_MS = 1000
const MAX_LIST_AGAIN_MS = 300_000
/** In a note's number: a default route has changed. */
const ROUTES = 2

/**
 * Makes of the core's notes that the network may have changed one call when it has. While the addresses cannot be listed,
 * every note counts as a change.
 */
class NetworkChanges {
  #onChange
  #onError
  #list
  #clock
  /** The addresses as they were listed last; null: they never were. */
  #known = null
  #isNoted = false
  #routes = false
  /** How often in a row they could not be listed. */
  #failures = 0
  #timer = null
  #closed = false

  /**
   * @param {(addresses: string[]) => void} onChange gets the IP addresses there are now, as far as they are known
   * @param {{ list?: () => string[], clock?: import('../base/clock').Clock, onError?: (error: Error) => void }}
   *   [about] where addresses and time come from; onError gets why the addresses cannot be listed, once until they can
   */
  constructor(onChange, { list = outsideAddresses, clock = systemClock, onError = () => {} } = {}) {
    this.#onChange = onChange
    this.#onError = onError
    this.#list = list
    this.#clock = clock
    try {
      this.#known = list().sort()
    } catch {
      this.#later(SETTLE_MS) // onError gets the error then: nobody can listen yet
    }
  }

  /** @param {number} what IROH_EVENT_NETWORK's number */
  noted(what) {
    if (this.#closed) return
    this.#routes ||= (what & ROUTES) !== 0
    if (!this.#isNoted) this.#later(SETTLE_MS)
    this.#isNoted = true
  }

  close() {
    this.#closed = true
    this.#stop()
  }

  #later(ms) {
    this.#stop()
    this.#timer = this.#clock.setTimeout(() => this.#settle(), ms)
    this.#timer.unref?.()
  }

  #stop() {
    if (this.#timer) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #settle() {
    this.#timer = null
    const before = this.#known
    const isListed = this.#look()
    const isOther = isListed ? this.#known.join() !== before?.join() : this.#isNoted
    const isChange = isOther || this.#routes
    this.#isNoted = this.#routes = false
    if (isChange) this.#onChange(this.#known ?? [])
  }

  /** @returns {boolean} whether the addresses could be listed */
  #look() {
    try {
      this.#known = this.#list().sort()
      this.#failures = 0
      return true
    } catch (error) {
      this.#later(Math.min(LIST_AGAIN_MS * 2 ** this.#failures, MAX_LIST_AGAIN_MS))
      if (this.#failures++ === 0) this.#onError(error)
      return false
    }
  }
}

module.exports = { NetworkChanges }
