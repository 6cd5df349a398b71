// SPDX-License-Identifier: MIT
'use strict'

const { performance } = require('node:perf_hooks')
const { SenderShares } = require('../../../base/senders')
const { TokenBucket } = require('../../../base/token-bucket')

/**
 * So much per second for all senders together. One half is for those that ask seldom: who asks often, from however many
 * addresses below (half of the budget / perSecond), leaves that half to the others.
 */
class FairBudget {
  #seldom
  #reserve
  #common

  /**
   * @param {number} totalPerSecond
   * @param {{ perSecond: number, burst: number }} seldom what a sender may take of the half that is kept for it
   */
  constructor(totalPerSecond, { perSecond, burst }) {
    const half = totalPerSecond / 2
    this.#seldom = new SenderShares(perSecond, burst)
    this.#reserve = new TokenBucket(half, Math.max(1, half))
    this.#common = new TokenBucket(half, Math.max(1, half))
  }

  /** Whether there is one more for this sender. */
  allows(address, now = performance.now()) {
    const asksSeldom = this.#seldom.tryTake(address, 1, now)
    return (asksSeldom && this.#reserve.tryTake(1, now)) || this.#common.tryTake(1, now)
  }
}

module.exports = { FairBudget }
