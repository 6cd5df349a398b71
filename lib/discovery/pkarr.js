// SPDX-License-Identifier: MIT
'use strict'

const { checkBoolean, checkInteger, checkOptions, checkText } = require('../base/check')
const { IrohError, invalid, reasonOf } = require('../base/errors')
const { brief } = require('../base/printable')
const { kProxies } = require('../base/symbols')
const { instant } = require('../outbound/trouble')
const { addressOf } = require('./dns')
const { exchange } = require('./http-exchange')
const { PkarrPublisher } = require('./pkarr-publisher')
const { readRecords, writeRecords } = require('./records')
const { openPacket, recordsOf, signPacket, toZ32 } = require('./signed-packet')

const N0_RELAY = 'https://dns.iroh.link/pkarr'
/** A difference between a server's clock and ours that an error names. */
const CLOCK_SKEW_MS = 120_000

function checkRelay(relay) {
  const text = checkText(relay, 'relay') ?? N0_RELAY
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid('relay must be an http or https URL')
  return url
}

/** The reason that a server gives for a refusal: the detail of its JSON, or its text; '' for a page. */
function saidBy(body) {
  const text = body.toString().trim()
  if (text.startsWith('<')) return ''
  try {
    const { detail } = JSON.parse(text)
    return typeof detail === 'string' ? brief(detail) : brief(text)
  } catch {
    return brief(text)
  }
}

/** Whose clock may be wrong, where they differ; ''. */
function clocksOf(date) {
  const theirs = Date.parse(date)
  const ours = Date.now()
  if (!(Math.abs(theirs - ours) > CLOCK_SKEW_MS)) return ''
  return ` (the server's clock says ${instant(theirs)}, this host's ${instant(ours)})`
}

/** The error text for a status that is no success. */
function answered({ status, headers, body }, toWhat = '') {
  const said = saidBy(body)
  return `it answered ${status}${toWhat}${said === '' ? '' : `: ${said}`}${clocksOf(headers.date)}`
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
  #publisher = null
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

  attach({ nodeId, secretKey, onError = () => {}, [kProxies]: proxies }) {
    if (this.#endpoint) throw invalid('a pkarrDiscovery() belongs to one endpoint; make another one')
    this.#endpoint = { nodeId, secretKey, proxies }
    const server = { send: (...packet) => this.#put(...packet), heldTime: () => this.#heldTime() }
    this.#publisher = new PkarrPublisher(server, onError)
  }

  /** What is published is the relay alone, unless addresses are to be, too; nothing, as long as there is neither. */
  publish({ relayUrl, directAddresses }) {
    return this.#publisher.publish(writeRecords({ relayUrl, directAddresses: this.#addresses ? directAddresses : [] }))
  }

  async resolve(nodeId, { signal }) {
    if (!this.#resolves) return null
    const packet = await this.#get(nodeId, signal)
    return packet && { nodeId, ...addressOf(readRecords(recordsOf(nodeId, packet.dns))) }
  }

  networkChanged() {
    return this.#publisher.networkChanged()
  }

  async close() {
    this.#closed.abort()
    await this.#publisher?.close()
  }

  /** @returns {Promise<{ timestamp: bigint, dns: Buffer } | null>} */
  async #get(nodeId, signal) {
    const answer = await this.#request(nodeId, { method: 'GET', signal })
    if (answer.status === 404) return null
    if (answer.status !== 200) throw this.#error(answered(answer), nodeId)
    return openPacket(nodeId, answer.body)
  }

  async #heldTime() {
    const packet = await this.#get(this.#endpoint.nodeId, this.#closed.signal)
    return packet?.timestamp ?? null
  }

  async #put(records, timestamp) {
    const { nodeId, secretKey } = this.#endpoint
    try {
      const body = signPacket(secretKey, records, timestamp)
      const answer = await this.#request(nodeId, { method: 'PUT', body, signal: this.#closed.signal })
      const { status } = answer
      const isTaken = status >= 200 && status < 300
      return { status, error: isTaken ? null : this.#error(answered(answer, ' to what was published'), nodeId) }
    } catch (error) {
      return { status: 0, error }
    }
  }

  async #request(nodeId, options) {
    const url = new URL(this.#relay)
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${toZ32(nodeId)}`
    try {
      const { proxies } = this.#endpoint ?? {}
      return await exchange(url, { ca: this.#ca, proxies, timeoutMs: this.#timeoutMs, ...options })
    } catch (cause) {
      throw this.#error(reasonOf(cause), nodeId, cause)
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
