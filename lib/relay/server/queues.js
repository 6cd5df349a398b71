// SPDX-License-Identifier: MIT
'use strict'

const { Shares } = require('../../base/shares')

/**
 * The bytes that wait for all clients of a relay together. The clients of one sender (see senderOf) may have as many as
 * are free: however many do not read, those from elsewhere find room.
 */
class Queues {
  #shares
  #bySender = new Map()
  #metrics

  constructor(max, metrics) {
    this.#shares = new Shares(max)
    this.#metrics = metrics
  }

  /** Whether so much more may wait for a client of this sender. */
  admits(sender, bytes) {
    return (this.#bySender.get(sender) ?? 0) + bytes <= this.#shares.most
  }

  /** Whether so much may wait that is no datagram: those who read get their pongs whatever others of their sender do. */
  admitsControl(bytes) {
    return bytes <= this.#shares.most
  }

  /** So much more waits, or less. */
  add(sender, bytes) {
    if (bytes === 0) return
    const held = (this.#bySender.get(sender) ?? 0) + bytes
    if (held === 0) this.#bySender.delete(sender)
    else this.#bySender.set(sender, held)
    this.#shares.add(bytes)
    this.#metrics.queuedBytes = this.#shares.used
  }
}

module.exports = { Queues }
