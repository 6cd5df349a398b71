// SPDX-License-Identifier: MIT
'use strict'

const { SenderLimiter } = require('../../../base/senders')
const { answerDns } = require('./dns-answer')
const { dnsOverTcp } = require('./dns-over-tcp')
const { PacketStore } = require('./packet-store')
const { PkarrPages } = require('./pages')

/**
 * The look-up of a relay server: keeps where NodeIds say that they are, signed by them (pkarr), and answers for it over
 * HTTP and DNS.
 */
class PkarrService {
  #store
  #pages
  #origin
  #metrics
  #dnsLimiter

  /**
   * @param {{ maxPackets: number, packetsPerSecondPerIp: number, packetsPerSecond: number, udpPerSecondPerIp: number,
   *   udpPerSecond: number }} limits
   * @param {string | null} origin of the DNS zone, in lower case; null: any
   * @param {import('../metrics').RelayMetrics} metrics
   */
  constructor(limits, origin, metrics) {
    this.#store = new PacketStore(limits.maxPackets)
    const published = new SenderLimiter(limits.packetsPerSecondPerIp, limits.packetsPerSecond)
    this.#pages = new PkarrPages(this.#store, published, metrics)
    this.#origin = origin?.split('.') ?? null
    this.#metrics = metrics
    this.#dnsLimiter = new SenderLimiter(limits.udpPerSecondPerIp, limits.udpPerSecond)
  }

  /** Answers an HTTP request that is for it. @returns {boolean} whether it is */
  serve(request, response) {
    return this.#pages.serve(request, response)
  }

  /** Answers a DNS query that came by UDP, or null. */
  answer(query) {
    return answerDns(this.#store, this.#origin, query)
  }

  /** A server of DNS over TCP, not listening yet. */
  tcpServer() {
    const answer = (query, maxBytes) => {
      const answered = answerDns(this.#store, this.#origin, query, maxBytes)
      if (answered) this.#metrics.dnsAnswered++
      return answered
    }
    return dnsOverTcp(answer, (address) => this.#dnsLimiter.allows(address))
  }
}

module.exports = { PkarrService }
