// SPDX-License-Identifier: MIT
'use strict'

const { performance } = require('node:perf_hooks')
const { plainAddress, senderOf } = require('../../base/sender')
const { TokenBucket } = require('./token-bucket')

/** Limits what is answered, for each sender and in total. It remembers a bounded number of senders. */
class SenderLimiter {
  #perSecond
  #maxSenders
  #total
  #senders = new Map()

  constructor(perSecond, totalPerSecond, maxSenders = 16384) {
    this.#perSecond = perSecond
    this.#maxSenders = maxSenders
    this.#total = new TokenBucket(totalPerSecond, totalPerSecond)
  }

  /** Whether this sender may be answered once more. */
  allows(address, now = performance.now()) {
    const sender = senderOf(address)
    let bucket = this.#senders.get(sender)
    if (!bucket) {
      bucket = new TokenBucket(this.#perSecond, this.#perSecond, now)
      this.#senders.set(sender, bucket)
      if (this.#senders.size > this.#maxSenders) this.#senders.delete(this.#senders.keys().next().value)
    }
    return bucket.tryTake(1, now) && this.#total.tryTake(1, now)
  }
}

module.exports = { SenderLimiter, plainAddress, senderOf }
