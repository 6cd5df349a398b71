// SPDX-License-Identifier: MIT
'use strict'

const { outsideAddresses } = require('./addresses/node-addr')
const { systemClock } = require('./base/clock')

/** One change brings many notes. */
const SETTLE_MS = 50
/** In a note's number: a default route has changed. */
const ROUTES = 2

/** Makes of the core's notes that the network may have changed one call when it has. */
class NetworkChanges {
  #onChange
  #list
  #clock
  #known = null
  #routes = false
  #timer = null
  #closed = false

  /**
   * @param {(addresses: string[]) => void} onChange gets the IP addresses there are now
   * @param {{ list?: () => string[], clock?: import('./base/clock').Clock }} [sources] where addresses and time
   *   come from
   */
  constructor(onChange, { list = outsideAddresses, clock = systemClock } = {}) {
    this.#onChange = onChange
    this.#list = list
    this.#clock = clock
    this.#known = list().sort().join()
  }

  /** @param {number} what IROH_EVENT_NETWORK's number */
  noted(what) {
    if (this.#closed) return
    this.#routes ||= (what & ROUTES) !== 0
    if (this.#timer) return
    this.#timer = this.#clock.setTimeout(() => this.#settle(), SETTLE_MS)
    this.#timer.unref?.()
  }

  close() {
    this.#closed = true
    if (this.#timer) this.#clock.clearTimeout(this.#timer)
  }

  #settle() {
    this.#timer = null
    const addresses = this.#list().sort()
    const isSame = addresses.join() === this.#known && !this.#routes
    this.#known = addresses.join()
    this.#routes = false
    if (!isSame) this.#onChange(addresses)
  }
}

module.exports = { NetworkChanges }
