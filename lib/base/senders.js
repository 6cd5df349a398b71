// SPDX-License-Identifier: MIT
'use strict'

const { performance } = require('node:perf_hooks')
const { TokenBucket } = require('./token-bucket')

const MAPPED = '::ffff:'
/** Senders that are remembered; beyond them the one that came first is forgotten. */
const MAX_SENDERS = 16_384

/** The address without the clothes an IPv6 socket puts on IPv4. */
function plainAddress(address) {
  return address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address
}

/** What counts as one sender: an IPv4 address, or the /64 network of an IPv6 address. */
function senderOf(address = '') {
  const plain = plainAddress(address)
  if (!plain.includes(':')) return plain
  const [head, tail] = plain.split('%', 1)[0].split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
    groups.push(...Array(Math.max(0, missing)).fill('0'))
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** So much per second for each sender. It remembers a bounded number of senders. */
class SenderShares {
  #perSecond
  #burst
  #maxSenders
  #senders = new Map()

  constructor(perSecond, burst = perSecond, maxSenders = MAX_SENDERS) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#maxSenders = maxSenders
  }

  /** Takes what is left of a sender's share, and nothing if that is less. @returns {boolean} */
  tryTake(address, amount, now = performance.now()) {
    return this.#bucketOf(address, now).tryTake(amount, now)
  }

  /** Takes even more than is left: the sender's next share comes later. */
  take(address, amount, now = performance.now()) {
    this.#bucketOf(address, now).take(amount, now)
  }

  #bucketOf(address, now) {
    const sender = senderOf(address)
    let bucket = this.#senders.get(sender)
    if (!bucket) {
      bucket = new TokenBucket(this.#perSecond, this.#burst, now)
      this.#senders.set(sender, bucket)
      if (this.#senders.size > this.#maxSenders) this.#senders.delete(this.#senders.keys().next().value)
    }
    return bucket
  }
}

/** Limits what is answered, for each sender and in total. */
class SenderLimiter {
  #shares
  #total

  /**
   * @param {number} perSecond of each sender
   * @param {number} totalPerSecond of all together
   * @param {{ maxSenders?: number, burstSeconds?: number }} [options] burstSeconds: how many seconds' worth may come at
   *   once, default 1
   */
  constructor(perSecond, totalPerSecond, { maxSenders, burstSeconds = 1 } = {}) {
    this.#shares = new SenderShares(perSecond, perSecond * burstSeconds, maxSenders)
    this.#total = new TokenBucket(totalPerSecond, totalPerSecond * burstSeconds)
  }

  /** Whether this sender may be answered once more, or `amount` of what is limited. */
  allows(address, now = performance.now(), amount = 1) {
    return this.#shares.tryTake(address, amount, now) && this.#total.tryTake(amount, now)
  }
}

module.exports = { SenderLimiter, SenderShares, plainAddress, senderOf }
