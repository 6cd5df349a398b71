// SPDX-License-Identifier: MIT
'use strict'

const { checkBoolean, checkInteger, checkOptions } = require('../base/check')
const { systemClock } = require('../base/clock')

const MAX_DELAY_MS = 24 * 3600_000
const FACTOR = 2
/** Beyond that a delay is at its bound, whatever it began with. */
const MAX_DOUBLED = 30
/** When something tells that it may work now: enough that not all come in one millisecond. */
const SOON_MS = 100

/**
 * Reads the `reconnect` option.
 * @param {false | object | undefined} given
 * @returns {{ minDelayMs: number, maxDelayMs: number, maxAttempts: number, fromStart: boolean } | null} null: never
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function readReconnect(given) {
  if (given === false) return null
  const options = checkOptions(given, ['minDelayMs', 'maxDelayMs', 'maxAttempts', 'fromStart'], 'reconnect')
  const minDelayMs = checkInteger(options.minDelayMs, 'minDelayMs', { max: MAX_DELAY_MS, fallback: 500 })
  const fallback = Math.max(3000, minDelayMs)
  const { maxAttempts = Number.POSITIVE_INFINITY } = options
  if (maxAttempts !== Number.POSITIVE_INFINITY) checkInteger(maxAttempts, 'maxAttempts', { min: 1 })
  return {
    minDelayMs,
    maxDelayMs: checkInteger(options.maxDelayMs, 'maxDelayMs', { min: minDelayMs, max: MAX_DELAY_MS, fallback }),
    maxAttempts,
    fromStart: checkBoolean(options.fromStart, 'fromStart', false)
  }
}

/**
 * When to try again: after a random part of a time that doubles with each failure (exponential back-off with full
 * jitter), so that many who lost the same hub do not come back all at once. A connection that lasts shorter than
 * `maxDelayMs` counts as a failure here: a hub that closes every connection is not dialled ever faster.
 */
class Reconnect {
  #policy
  #again
  #clock
  #random
  #failures = 0
  /** How often the time has doubled. */
  #doubled = 0
  #connectedAt = null
  #timer = null

  /**
   * @param {{ minDelayMs: number, maxDelayMs: number, maxAttempts: number }} policy
   * @param {() => void} again
   * @param {import('../base/clock').Clock} [clock]
   * @param {() => number} [random] from 0 to below 1
   */
  constructor(policy, again, clock = systemClock, random = Math.random) {
    this.#policy = policy
    this.#again = again
    this.#clock = clock
    this.#random = random
  }

  /** Attempts that failed since the last that did not. */
  get failures() {
    return this.#failures
  }

  /**
   * @param {number} [atLeastMs] it is of no use before; up to as much again is added
   * @returns {number | null} the milliseconds until it is tried again; null: it is given up
   */
  schedule(atLeastMs = 0) {
    const { minDelayMs, maxDelayMs, maxAttempts } = this.#policy
    if (this.#failures >= maxAttempts) return null
    if (this.#connectedAt !== null) this.#doubled = this.#hasLasted() ? 0 : Math.min(this.#doubled + 1, MAX_DOUBLED)
    this.#connectedAt = null
    const spread = Math.max(atLeastMs, Math.min(maxDelayMs, minDelayMs * FACTOR ** this.#doubled))
    const ms = Math.round(atLeastMs + spread * this.#random())
    this.#set(ms)
    return ms
  }

  /** An attempt failed. */
  failed() {
    this.#failures++
    this.#doubled = Math.min(this.#doubled + 1, MAX_DOUBLED)
  }

  /** An attempt did not. */
  succeeded() {
    this.#failures = 0
    this.#connectedAt = this.#clock.now()
  }

  /** If it waits, it need not wait any longer. */
  soon() {
    if (this.#timer !== null) this.#set(Math.round(Math.min(SOON_MS, this.#policy.minDelayMs) * this.#random()))
  }

  stop() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #hasLasted() {
    return this.#clock.now() - this.#connectedAt >= this.#policy.maxDelayMs
  }

  #set(ms) {
    this.stop()
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null
      this.#again()
    }, ms)
    this.#timer.unref?.()
  }
}

module.exports = { Reconnect, readReconnect }
