// SPDX-License-Identifier: MIT
'use strict'

/** Counts events in a window of time after a warm-up, with the processor time this process spent in it. */
class Meter {
  #count = 0
  #started = false
  #settings
  #resolve
  #result = new Promise((resolve) => {
    this.#resolve = resolve
  })

  /** @param {{ warmUpMs: number, measureMs: number }} settings */
  constructor(settings) {
    this.#settings = settings
  }

  /** One more event. The first starts the warm-up. */
  count() {
    if (!this.#started) this.start()
    this.#count++
  }

  /** Starts the warm-up where no event does. */
  start() {
    this.#started = true
    this.#resolve(this.#run())
  }

  /**
   * The window's figures, once it is over.
   * @returns {Promise<{ perSecond: number, cpuSecondsPerMillion: number }>}
   */
  result() {
    return this.#result
  }

  async #run() {
    await sleep(this.#settings.warmUpMs)
    const start = this.#mark()
    await sleep(this.#settings.measureMs)
    const end = this.#mark()
    const count = end.count - start.count
    if (count === 0) throw new Error('no event arrived in the measured time')
    return {
      perSecond: count / (end.seconds - start.seconds),
      cpuSecondsPerMillion: (end.cpuSeconds - start.cpuSeconds) / (count / 1e6)
    }
  }

  #mark() {
    const { user, system } = process.cpuUsage()
    return { count: this.#count, seconds: performance.now() / 1e3, cpuSeconds: (user + system) / 1e6 }
  }
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The rest of this turn of the event loop, and what the system has for us, before going on. */
function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve))
}

/** @param {number[]} values Not empty; left as they are. */
function median(values) {
  return quantile(values, 0.5)
}

/**
 * @param {number[]} values Not empty; left as they are.
 * @param {number} q Between 0 and 1.
 */
function quantile(values, q) {
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at))
}

module.exports = { Meter, median, nextTurn, quantile, sleep }
