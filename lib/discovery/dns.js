// SPDX-License-Identifier: MIT
'use strict'

const dns = require('node:dns')
const { checkInteger, checkOptions, checkTexts } = require('../base/check')
const { IrohError, invalid } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { checkOrigin, readRecords } = require('./records')
const { toZ32 } = require('./signed-packet')

const N0_ORIGIN = 'dns.iroh.link'
/** When the question is asked again while no answer has come, as iroh does it. */
const REPEAT_AT_MS = [200, 300, 600, 1000, 2000, 3000]
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA'])

/** Finds peers by DNS: TXT records of `_iroh.<key>.<origin>`. It publishes nothing: those who publish do by pkarr. */
class DnsDiscovery {
  name = 'dns'
  #origin
  #servers
  #timeoutMs

  constructor(options) {
    const { origin, servers, timeoutMs } = checkOptions(options, ['origin', 'servers', 'timeoutMs'], 'dnsDiscovery')
    this.#origin = checkOrigin(origin, 'origin') ?? N0_ORIGIN
    this.#servers = servers === undefined ? null : checkTexts(servers, 'servers')
    this.#timeoutMs = checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: 60_000, fallback: 3000 })
    this.#resolver() // reports invalid servers
  }

  async resolve(nodeId, { signal }) {
    const name = `_iroh.${toZ32(nodeId)}.${this.#origin}`
    const question = new Question(name, () => this.#resolver(), this.#timeoutMs)
    const forget = onAbort(signal, () => question.cancel())
    try {
      const texts = await question.answer
      return texts && { nodeId, ...addressOf(readRecords(texts)) }
    } finally {
      forget()
      question.cancel()
    }
  }

  #resolver() {
    const resolver = new dns.promises.Resolver({ timeout: this.#timeoutMs, tries: 1 })
    try {
      if (this.#servers) resolver.setServers(this.#servers)
    } catch (cause) {
      throw invalid(`servers: ${cause.message}`)
    }
    return resolver
  }
}

/** One question, asked again and again until something answers. */
class Question {
  #name
  #resolvers = []
  #makeResolver
  #timers
  #left
  #isOver = false
  #settle
  /** Resolves with the texts of the records; null: there is no such name, or cancel(). */
  answer

  constructor(name, makeResolver, timeoutMs) {
    this.#name = name
    this.#makeResolver = makeResolver
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    const repeats = REPEAT_AT_MS.filter((ms) => ms < timeoutMs)
    this.#left = repeats.length + 1
    this.#timers = repeats.map((ms) => setTimeout(() => this.#ask(), ms).unref())
    this.#ask()
  }

  cancel() {
    this.#isOver = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const resolver of this.#resolvers) resolver.cancel()
    this.#settle.resolve(null)
  }

  async #ask() {
    const resolver = this.#makeResolver()
    this.#resolvers.push(resolver)
    try {
      const records = await resolver.resolveTxt(this.#name)
      this.#settle.resolve(records.map((parts) => parts.join('')))
    } catch (cause) {
      this.#failed(cause)
    }
  }

  /** That there is no such name is an answer; of other failures the last one counts. */
  #failed(cause) {
    if (this.#isOver) return
    this.#left--
    if (UNKNOWN.has(cause.code)) this.#settle.resolve(null)
    else if (this.#left === 0) {
      this.#settle.reject(new IrohError('ERR_IROH_DISCOVERY', { detail: `${this.#name}: ${cause.code}`, cause }))
    }
  }
}

function addressOf({ directAddresses, relayUrl }) {
  return relayUrl === undefined ? { directAddresses } : { directAddresses, relayUrl }
}

/**
 * Finds peers by DNS, as real iroh does: TXT records of `_iroh.<z-base-32 key>.<origin>`.
 * @param {{ origin?: string, servers?: string[], timeoutMs?: number }} [options] origin: default 'dns.iroh.link';
 *   servers: 'ip' or 'ip:port', default the system's; timeoutMs: of one query, default 3000
 */
function dnsDiscovery(options) {
  return new DnsDiscovery(options)
}

module.exports = { addressOf, dnsDiscovery }
