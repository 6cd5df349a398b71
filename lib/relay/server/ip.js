// SPDX-License-Identifier: MIT
'use strict'

const { performance } = require('node:perf_hooks')
const { TokenBucket } = require('../../base/token-bucket')

const MAPPED = '::ffff:'

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
    groups.push(...Array(missing).fill('0'))
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}

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
