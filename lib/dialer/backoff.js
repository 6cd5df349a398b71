// SPDX-License-Identifier: MIT
'use strict'

const FIRST_MS = 50
const MAX_MS = 1000
/** Peers whose last dial failed; the one that failed longest ago is forgotten beyond them. */
const MAX_PEERS = 4096

/**
 * When a peer may be dialled again: after each failure in a row twice as long after the beginning of the failed dial, 50 ms
 * at first and one second at most. It keeps a loop without a pause from filling the network with handshakes.
 */
class DialBackoff {
  #now
  #failed = new Map()

  /** @param {() => number} [now] milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /** @param {string} nodeId @returns {number} milliseconds until it may be dialled; 0: now */
  wait(nodeId) {
    const failed = this.#failed.get(nodeId)
    return failed ? Math.max(0, failed.until - this.#now()) : 0
  }

  /** A dial that began at `startedAt` has failed. */
  failed(nodeId, startedAt) {
    const times = (this.#failed.get(nodeId)?.times ?? 0) + 1
    this.#failed.delete(nodeId)
    this.#failed.set(nodeId, { times, until: startedAt + Math.min(MAX_MS, FIRST_MS * 2 ** (times - 1)) })
    if (this.#failed.size > MAX_PEERS) this.#failed.delete(this.#failed.keys().next().value)
  }

  /** It answered, or something new is known of it. */
  forgive(nodeId) {
    this.#failed.delete(nodeId)
  }

  /** The network is another. */
  forgiveAll() {
    this.#failed.clear()
  }

  /** The clock, for `startedAt`. */
  now() {
    return this.#now()
  }
}

module.exports = { DialBackoff }
