// SPDX-License-Identifier: MIT
'use strict'

const { SenderLimiter } = require('../../../base/senders')
const { answerDns } = require('./dns-answer')
const { dnsOverTcp } = require('./dns-over-tcp')
const { PacketStore } = require('./packet-store')
const { PkarrPages } = require('./pages')
const { PublishLimits } = require('./publish-limits')

/** Of a UDP query, whose sender may be made up: answers that are so many times as long, or longer, are for a few only. */
const AMPLIFICATION = 3
/** So many of those a second for each sender, and for all together. */
const LONG_ANSWERS_PER_SECOND = 2
const LONG_ANSWERS_TOTAL = 200

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
  #longAnswers = new SenderLimiter(LONG_ANSWERS_PER_SECOND, LONG_ANSWERS_TOTAL)

  /**
   * @param {{ maxPackets: number, packetsPerSecondPerIp: number, packetsPerSecond: number, udpPerSecondPerIp: number,
   *   udpPerSecond: number }} limits
   * @param {string | null} origin of the DNS zone, in lower case; null: any
   * @param {import('../metrics').RelayMetrics} metrics
   */
  constructor(limits, origin, metrics) {
    this.#store = new PacketStore(limits.maxPackets)
    this.#pages = new PkarrPages(this.#store, new PublishLimits(limits), metrics)
    this.#origin = origin?.split('.') ?? null
    this.#metrics = metrics
    this.#dnsLimiter = new SenderLimiter(limits.udpPerSecondPerIp, limits.udpPerSecond)
  }

  /** Answers an HTTP request that is for it. @returns {boolean} whether it is */
  serve(request, response) {
    return this.#pages.serve(request, response)
  }

  /**
   * Answers a DNS query that came by UDP, or null. What would be an amplifier's answer is given to each sender a few times
   * a second; beyond that it is to ask over TCP, which proves where it is.
   */
  answer(query, { address }) {
    const whole = answerDns(this.#store, this.#origin, query)
    if (!whole || whole.length < AMPLIFICATION * query.length || this.#longAnswers.allows(address)) return whole
    return answerDns(this.#store, this.#origin, query, AMPLIFICATION * query.length - 1)
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
