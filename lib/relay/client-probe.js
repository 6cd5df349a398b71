// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const { IrohError } = require('../base/errors')
const { hostOf, serverName } = require('./client-dial')
const { Timers } = require('./client-timers')
const { pingUrl } = require('./client-url')

/** All samples of one relay together. */
const PROBE_TIMEOUT_MS = 3000
const SAMPLES = 3

/** @param {number[]} values at least one */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)]
}

/** One measurement of a relay: up to three requests of /ping over one connection. */
class Probe {
  #url
  #options
  #clock
  #referenced
  #timers
  #stop = new AbortController()
  #isLate = false

  /**
   * Starts to measure.
   * @param {string} relayUrl
   * @param {object} options
   * @param {string | Buffer | (string | Buffer)[]} [options.ca]
   * @param {import('../base/clock').Clock} options.clock
   * @param {boolean} options.referenced whether the probe keeps the process alive
   * @param {(latencyMs: number) => void} options.onFirst called with the first answer, which holds the connection's
   *   set-up
   */
  constructor(relayUrl, { ca, clock, referenced, onFirst }) {
    this.#url = pingUrl(relayUrl)
    this.#clock = clock
    this.#referenced = referenced
    this.#options = { ca, signal: this.#stop.signal }
    if (this.#isSecure) this.#options.servername = serverName(hostOf(this.#url))
    this.#timers = new Timers(clock)
    this.#timers.setReferenced(referenced)
    this.#timers.setPatient('late', PROBE_TIMEOUT_MS, () => {
      this.#isLate = true
      this.abort()
    })
    /**
     * Resolves with `{ latencyMs, error }`: the median of the answers and null, or null and why there is none.
     * @type {Promise<{ latencyMs: number | null, error: IrohError | null }>}
     */
    this.result = this.#measure(onFirst)
  }

  /** Ends it with what there is. */
  abort() {
    this.#stop.abort()
  }

  get #isSecure() {
    return this.#url.protocol === 'https:'
  }

  async #measure(onFirst) {
    const agent = new (this.#isSecure ? https : http).Agent({ keepAlive: true, maxSockets: 1 })
    const latencies = []
    let error = null
    try {
      while (latencies.length < SAMPLES) {
        latencies.push(await this.#sample(agent))
        if (latencies.length === 1) onFirst(latencies[0])
      }
    } catch (cause) {
      error = this.#errorFor(cause)
    }
    this.#timers.clearAll()
    agent.destroy()
    return latencies.length > 0 ? { latencyMs: median(latencies), error: null } : { latencyMs: null, error }
  }

  /** One GET, timed until the headers of a 2xx answer; redirects are not followed. */
  async #sample(agent) {
    const start = this.#clock.now()
    const request = (this.#isSecure ? https : http).get(this.#url, { ...this.#options, agent })
    request.on('error', () => {}) // after the answer nobody else listens
    if (!this.#referenced) request.on('socket', (socket) => socket.unref())
    const [response] = await once(request, 'response')
    const latency = this.#clock.now() - start
    response.resume()
    if (response.statusCode < 200 || response.statusCode > 299) {
      throw new IrohError('ERR_IROH_RELAY', { detail: `the relay answered /ping with status ${response.statusCode}` })
    }
    await once(response, 'end')
    return latency
  }

  #errorFor(cause) {
    if (cause instanceof IrohError) return cause
    if (this.#isLate) return new IrohError('ERR_IROH_TIMEOUT', { detail: 'the relay did not answer /ping', cause })
    return new IrohError('ERR_IROH_UNREACHABLE', { detail: cause.message || cause.code, cause })
  }
}

module.exports = { Probe }
