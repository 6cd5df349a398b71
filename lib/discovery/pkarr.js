// SPDX-License-Identifier: MIT
'use strict'

const { checkBoolean, checkInteger, checkOptions, checkText } = require('../base/check')
const { IrohError, invalid } = require('../base/errors')
const { addressOf } = require('./dns')
const { exchange } = require('./http-exchange')
const { readRecords, writeRecords } = require('./records')
const { openPacket, recordsOf, signPacket, toZ32 } = require('./signed-packet')

const N0_RELAY = 'https://dns.iroh.link/pkarr'
const REPUBLISH_MS = 5 * 60_000
const MAX_RETRY_MS = 60_000

function checkRelay(relay) {
  const text = checkText(relay, 'relay') ?? N0_RELAY
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid('relay must be an http or https URL')
  return url
}

/** Publishes and finds peers as signed packets at a pkarr relay, over HTTP. */
class PkarrDiscovery {
  name = 'pkarr'
  #relay
  #ca
  #timeoutMs
  #addresses
  #resolves
  #endpoint = null
  #records = null
  #lastTimestamp = 0n
  #failures = 0
  #timer
  #publishing = null
  #isStale = false
  #closed = new AbortController()

  constructor(options) {
    const known = ['relay', 'ca', 'timeoutMs', 'publishAddresses', 'resolve']
    const { relay, ca, timeoutMs, publishAddresses, resolve } = checkOptions(options, known, 'pkarrDiscovery')
    this.#relay = checkRelay(relay)
    this.#ca = ca
    this.#timeoutMs = checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: 60_000, fallback: 5000 })
    this.#addresses = checkBoolean(publishAddresses, 'publishAddresses', false)
    this.#resolves = checkBoolean(resolve, 'resolve', true)
  }

  attach({ nodeId, secretKey, onError = () => {} }) {
    if (this.#endpoint) throw invalid('a pkarrDiscovery() belongs to one endpoint; make another one')
    this.#endpoint = { nodeId, secretKey, onError }
  }

  /** What is published is the relay alone, unless addresses are to be, too; nothing, as long as there is neither. */
  publish({ relayUrl, directAddresses }) {
    const records = writeRecords({ relayUrl, directAddresses: this.#addresses ? directAddresses : [] })
    if (records.length === 0 || records.join() === this.#records?.join()) return undefined
    this.#records = records
    this.#failures = 0
    return this.#publishNow()
  }

  async resolve(nodeId, { signal }) {
    if (!this.#resolves) return null
    const { status, body } = await this.#request(nodeId, { method: 'GET', signal })
    if (status === 404) return null
    if (status !== 200) throw this.#error(`it answered ${status}`, nodeId)
    const found = addressOf(readRecords(recordsOf(nodeId, openPacket(nodeId, body).dns)))
    return { nodeId, ...found }
  }

  networkChanged() {
    if (this.#failures > 0) return this.#publishNow()
    return undefined
  }

  async close() {
    this.#closed.abort()
    clearTimeout(this.#timer)
    await this.#publishing
  }

  /** One packet at a time: what changes meanwhile goes out after it. */
  async #publishNow() {
    clearTimeout(this.#timer)
    this.#isStale = true
    this.#publishing ??= this.#publishAll().finally(() => {
      this.#publishing = null
    })
    await this.#publishing
  }

  async #publishAll() {
    let failure = null
    while (this.#isStale && !this.#closed.signal.aborted) {
      this.#isStale = false
      failure = await this.#put()
    }
    if (this.#closed.signal.aborted) return
    this.#failures = failure ? this.#failures + 1 : 0
    const wait = failure ? Math.min(this.#failures * 1000, MAX_RETRY_MS) : REPUBLISH_MS
    this.#timer = setTimeout(() => this.#publishNow().catch(this.#endpoint.onError), wait).unref()
    if (failure) throw failure
  }

  /** @returns {Promise<IrohError | null>} why it failed */
  async #put() {
    const { nodeId, secretKey } = this.#endpoint
    const now = BigInt(Date.now()) * 1000n
    this.#lastTimestamp = now > this.#lastTimestamp ? now : this.#lastTimestamp + 1n
    try {
      const body = signPacket(secretKey, this.#records, this.#lastTimestamp)
      const { status } = await this.#request(nodeId, { method: 'PUT', body, signal: this.#closed.signal })
      return status >= 200 && status < 300 ? null : this.#error(`it answered ${status} to what was published`, nodeId)
    } catch (error) {
      return error
    }
  }

  async #request(nodeId, options) {
    const url = new URL(this.#relay)
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${toZ32(nodeId)}`
    try {
      return await exchange(url, { ca: this.#ca, timeoutMs: this.#timeoutMs, ...options })
    } catch (cause) {
      throw this.#error(cause.message || cause.code, nodeId, cause)
    }
  }

  #error(detail, peer, cause) {
    return new IrohError('ERR_IROH_DISCOVERY', { detail: `${this.#relay.href}: ${detail}`, peer, cause })
  }
}

/**
 * Publishes where an endpoint is at a pkarr relay, and finds others there, as real iroh does: when it changes, and every
 * five minutes; after a failure sooner.
 * @param {{ relay?: string, ca?: string | Buffer | (string | Buffer)[], timeoutMs?: number, publishAddresses?: boolean,
 *   resolve?: boolean }} [options] relay: default 'https://dns.iroh.link/pkarr'; ca: PEM, trusted instead of Node's own;
 *   timeoutMs: of a request, default 5000; publishAddresses: IP addresses too, and not the relay's URL alone (default
 *   false, as in iroh); resolve: false: it only publishes
 */
function pkarrDiscovery(options) {
  return new PkarrDiscovery(options)
}

module.exports = { pkarrDiscovery }
