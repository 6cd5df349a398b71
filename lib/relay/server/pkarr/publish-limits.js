// SPDX-License-Identifier: MIT
'use strict'

const { SenderShares } = require('../../../base/senders')
const { FairBudget } = require('./fair-budget')

/** To check a signature takes about 70 µs. More are checked where more is published. */
const VERIFICATIONS_PER_SECOND = 2000
const VERIFICATIONS_PER_ADDED = 4
const SELDOM_VERIFIED = { perSecond: 1, burst: 10 }
/** Publishers bring the same key again and again: hardly anybody has ten new ones within a hundred seconds. */
const SELDOM_ADDED = { perSecond: 0.1, burst: 10 }

/**
 * How much is published at a relay server. First each address has a share; then the time that signatures take is bounded;
 * and a key that is not held yet, once its signature is checked, takes of what all may add. Who comes back with a key that
 * is held takes nothing of that, and so no one can keep it out.
 */
class PublishLimits {
  #sent
  #verified
  #added

  /** @param {{ packetsPerSecondPerIp: number, packetsPerSecond: number }} limits */
  constructor({ packetsPerSecondPerIp, packetsPerSecond }) {
    this.#sent = new SenderShares(packetsPerSecondPerIp)
    const verified = Math.max(VERIFICATIONS_PER_SECOND, VERIFICATIONS_PER_ADDED * packetsPerSecond)
    this.#verified = new FairBudget(verified, SELDOM_VERIFIED)
    this.#added = new FairBudget(packetsPerSecond, SELDOM_ADDED)
  }

  /** Whether an address may send one more packet. */
  maySend(address) {
    return this.#sent.tryTake(address, 1)
  }

  /** Whether there is time to check one more signature. */
  mayVerify(address) {
    return this.#verified.allows(address)
  }

  /** Whether one more key that is not held may be added. */
  mayAdd(address) {
    return this.#added.allows(address)
  }
}

module.exports = { PublishLimits }
