// SPDX-License-Identifier: MIT
'use strict'

const { systemClock } = require('../base/clock')

const REPUBLISH_MS = 5 * 60_000
const MAX_RETRY_MS = 60_000
/** While publishing fails: how often it is looked whether the clock was set, and what counts as that. */
const LOOK_MS = 1000
const CLOCK_STEP_MS = 1000
/** When it is looked, after a packet was taken, whether the server holds it. */
const VERIFY_MS = 1000
/** What servers answer that hold a newer packet; most answer as if they had taken ours. */
const CONFLICTS = new Set([409, 412])
const BAD_REQUEST = 400
const MAX_TIMESTAMP = 2n ** 64n - 1n

function microseconds() {
  return BigInt(Date.now()) * 1000n
}

/** By how much the time of the system is ahead of a clock that nobody sets. */
function clockOffset() {
  return Date.now() - performance.now()
}

/**
 * Keeps what is published at a pkarr server: sends it when it changes and every five minutes, after a failure sooner.
 *
 * Of two packets a server holds the one with the later time, and says nothing when that is not the one it is sent. So a
 * clock that was ahead would hold back everything that is published until it is as late as that, also by the next process
 * with the key. Therefore the server is asked what it holds, and ours goes above it.
 */
class PkarrPublisher {
  #send
  #heldTime
  #onError
  #records = null
  /** The time of the last packet that the server has, as far as it is known; the next one is later. */
  #floor = 0n
  #failures = 0
  #timer
  #verifyTimer
  #isUnverified = false
  #publishing = null
  #isStale = false
  #isClosed = false

  /**
   * @param {object} server
   * @param {(records: string[], timestamp: bigint) => Promise<{ status: number, error: Error | null }>} server.send signs
   *   and sends a packet; error: why the server has not taken it. Never rejects
   * @param {() => Promise<bigint | null>} server.heldTime the time of the packet that it holds; null: none that is known
   * @param {(error: unknown) => void} onError gets what fails between calls
   */
  constructor({ send, heldTime }, onError) {
    this.#send = send
    this.#heldTime = heldTime
    this.#onError = onError
  }

  /**
   * Publishes other records, if they are.
   * @param {string[]} records
   * @throws {unknown} why the server has not taken them; they are sent again
   */
  async publish(records) {
    if (records.length === 0 || records.join() === this.#records?.join()) return
    this.#records = records
    this.#failures = 0
    this.#isUnverified = true
    await this.#publishNow()
  }

  /** What failed may work now. */
  async networkChanged() {
    if (this.#failures > 0) await this.#publishNow()
  }

  async close() {
    this.#isClosed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#verifyTimer)
    await this.#publishing
  }

  /** One packet at a time: what changes meanwhile goes out after it. */
  async #publishNow() {
    clearTimeout(this.#timer)
    this.#isStale = true
    this.#publishing ??= this.#publishAll().finally(() => {
      this.#publishing = null
    })
    await this.#publishing
  }

  async #publishAll() {
    let failure = null
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false
      failure = await this.#put()
    }
    if (this.#isClosed) return
    this.#failures = failure ? this.#failures + 1 : 0
    if (failure) this.#retryIn(Math.min(this.#failures * 1000, MAX_RETRY_MS))
    else this.#again(REPUBLISH_MS)
    if (failure) throw failure
  }

  #again(ms) {
    this.#timer = setTimeout(() => this.#publishNow().catch(this.#onError), ms).unref()
  }

  /** A clock that is set may have been what was wrong: then it is not waited any longer. */
  #retryIn(ms) {
    const dueAt = systemClock.now() + ms
    const offset = clockOffset()
    const look = () => {
      const left = dueAt - systemClock.now()
      const isSet = Math.abs(clockOffset() - offset) > CLOCK_STEP_MS
      if (left <= 0 || isSet) this.#again(0)
      else this.#timer = setTimeout(look, Math.min(left, LOOK_MS)).unref()
    }
    look()
  }

  /** @returns {Promise<unknown>} why it failed, or null */
  async #put() {
    const now = microseconds()
    let timestamp = now > this.#floor ? now : this.#floor + 1n
    let { status, error } = await this.#send(this.#records, timestamp)
    const better = await this.#betterTime(status, timestamp, now)
    if (better !== null && !this.#isClosed) {
      timestamp = better
      error = (await this.#send(this.#records, timestamp)).error
    }
    if (error) return error
    this.#floor = timestamp
    if (this.#isUnverified) this.#verifyLater()
    return null
  }

  /** The time that a packet should have had by what the server answered to it; null: the answer is not about that. */
  async #betterTime(status, timestamp, now) {
    if (CONFLICTS.has(status)) {
      const held = await this.#askHeldTime()
      return held !== null && held >= timestamp ? held + 1n : null
    }
    if (status !== BAD_REQUEST || timestamp === now) return null
    this.#floor = 0n // this server has not got what our time was to be above
    return now
  }

  #verifyLater() {
    this.#isUnverified = false
    clearTimeout(this.#verifyTimer)
    this.#verifyTimer = setTimeout(() => this.#verify().catch(this.#onError), VERIFY_MS).unref()
  }

  /** What is later than now was published when a clock was ahead. What is not was published by another program since. */
  async #verify() {
    const held = await this.#askHeldTime()
    if (held === null || held <= this.#floor || held <= microseconds()) return
    this.#floor = held
    await this.#publishNow()
  }

  async #askHeldTime() {
    const held = this.#isClosed ? null : await this.#heldTime().catch(() => null)
    return held !== null && held < MAX_TIMESTAMP ? held : null
  }
}

module.exports = { PkarrPublisher }
