// SPDX-License-Identifier: MIT
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')

/** With no more than this on its way to the neighbours, one more may be sent. */
const LOW_WATER = 64 * 1024
/** How often it is looked at, and how long nothing may move before it is not waited for any more. */
const LOOK_MS = 5
const STALLED_MS = 1000

/**
 * How fast a topic can be sent to: as fast as its neighbours take it. One that takes nothing holds nobody up: what waits
 * for it does not count from then on.
 */
class Pace {
  #unsent
  #stalled = 0

  /** @param {() => number} unsent bytes on their way to the neighbours */
  constructor(unsent) {
    this.#unsent = unsent
  }

  /** Resolves once little is on its way to those who take it. */
  async ready() {
    let least = this.#unsent()
    let moved = Date.now()
    for (let now = least; now > this.#allowed(now); now = this.#unsent()) {
      if (now < least) {
        least = now
        moved = Date.now()
      } else if (Date.now() - moved >= STALLED_MS) {
        this.#stalled = now
      }
      await sleep(LOOK_MS)
    }
  }

  #allowed(now) {
    this.#stalled = Math.min(this.#stalled, now)
    return this.#stalled + LOW_WATER
  }
}

module.exports = { Pace }
