// SPDX-License-Identifier: MIT
'use strict'

const { SenderLimiter } = require('../base/senders')
const { mayBeOurs } = require('./local-message')

const PORT = 5353
/** What one sender may have read, and all together. Thirty endpoints of real iroh on one host send 50 messages a second. */
const MESSAGES_PER_SECOND = 100
const TOTAL_MESSAGES_PER_SECOND = 500
const BYTES_PER_SECOND = 64 * 1024
const TOTAL_BYTES_PER_SECOND = 320 * 1024
/** So many seconds' worth may come at once. */
const BURST_SECONDS = 4
/** Hosts of one link. */
const MAX_SENDERS = 4096

/**
 * Decides which datagrams of multicast DNS are read, before anything of them is: those of iroh's service, from this link
 * (RFC 6762, section 11), and no more than one sender and all together may send. Counts the others.
 */
class LocalGuard {
  #networks
  #messages = limiter(MESSAGES_PER_SECOND, TOTAL_MESSAGES_PER_SECOND)
  #bytes = limiter(BYTES_PER_SECOND, TOTAL_BYTES_PER_SECOND)
  /** Datagrams of iroh's service that were not taken: not from this link, too many, malformed. */
  dropped = { offLink: 0, overLimit: 0, malformed: 0 }

  /** @param {import('./local-networks').LocalNetworks} networks */
  constructor(networks) {
    this.#networks = networks
  }

  /**
   * @param {Buffer} datagram
   * @param {{ address: string, port: number }} from
   * @param {string} link the address of the interface that it is to have come to
   * @param {number} [now]
   */
  admits(datagram, { address, port }, link, now = performance.now()) {
    if (!mayBeOurs(datagram)) return false
    if (port !== PORT || !this.#networks.isOnLink(address, link)) {
      // Each link hears what comes to the others, too.
      if (port !== PORT || !this.#networks.isOnLink(address)) this.dropped.offLink++
      return false
    }
    if (this.#messages.allows(address, now) && this.#bytes.allows(address, now, datagram.length)) return true
    this.dropped.overLimit++
    return false
  }
}

function limiter(perSecond, totalPerSecond) {
  return new SenderLimiter(perSecond, totalPerSecond, { maxSenders: MAX_SENDERS, burstSeconds: BURST_SECONDS })
}

module.exports = { LocalGuard, PORT }
