// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')
const { IrohError } = require('../base/errors')
const { onAbort } = require('../base/on-abort')

/** Dials that wait for a slot; more are refused. */
const MAX_WAITING = 16384

/** Lets so many through at a time; the others wait in the order they came. */
class DialSlots {
  #free
  #waiting = new Set()

  /** @param {number} count */
  constructor(count) {
    this.#free = count
  }

  /**
   * Resolves when it is the caller's turn, who must then call leave() once.
   * @param {AbortSignal} signal rejects with its reason
   * @throws {IrohError} ERR_IROH_LIMIT
   */
  async enter(signal) {
    if (this.#free > 0) {
      this.#free--
      return
    }
    if (this.#waiting.size === MAX_WAITING) {
      throw new IrohError('ERR_IROH_LIMIT', { detail: `${MAX_WAITING} dials are waiting` })
    }
    const turn = deferred()
    this.#waiting.add(turn)
    const forget = onAbort(signal, () => {
      this.#waiting.delete(turn)
      turn.reject(signal.reason)
    })
    await turn.promise
    forget()
  }

  leave() {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next.resolve()
  }
}

module.exports = { DialSlots }
