// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const { IrohError } = require('../base/errors')
const { HttpConnection } = require('../outbound/http-connection')
const { Timers } = require('../base/timers')
const { pingUrl } = require('../base/relay-url')

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
  #connection
  #clock
  #timers

  /**
   * Starts to measure.
   * @param {string} relayUrl
   * @param {object} options
   * @param {string | Buffer | (string | Buffer)[]} [options.ca]
   * @param {string} [options.caOption] what that is called where the user sets it
   * @param {import('../outbound/proxies').Proxies} [options.proxies]
   * @param {import('../base/clock').Clock} options.clock
   * @param {boolean} options.referenced whether the probe keeps the process alive
   * @param {(latencyMs: number) => void} options.onFirst called with the first answer, which holds the connection's
   *   set-up
   */
  constructor(relayUrl, { ca, caOption = 'relayCa', proxies, clock, referenced, onFirst }) {
    this.url = relayUrl
    this.#clock = clock
    this.#timers = new Timers(clock)
    this.#timers.setReferenced(referenced)
    const about = { who: 'the relay', ca, caOption, proxies }
    const how = { timers: this.#timers, isReferenced: referenced }
    this.#connection = new HttpConnection(pingUrl(relayUrl), { ...about, ...how })
    this.#timers.setPatient('late', PROBE_TIMEOUT_MS, () => this.#end('ERR_IROH_TIMEOUT'))
    /**
     * Resolves with `{ latencyMs, error }`: the median of the answers and null, or null and why there is none.
     * @type {Promise<{ latencyMs: number | null, error: IrohError | null }>}
     */
    this.result = this.#measure(onFirst)
  }

  /** The proxy it goes by, or null. */
  get proxy() {
    return this.#connection.proxy
  }

  /** What it is waiting for, as the words of an error. */
  get lateWords() {
    return this.#connection.lateWords ?? 'the relay did not answer /ping in time'
  }

  /** Ends it with what there is. */
  abort() {
    this.#end('ERR_IROH_ABORTED')
  }

  #end(code) {
    this.#connection.close(new IrohError(code, { detail: this.lateWords }))
  }

  async #measure(onFirst) {
    const latencies = []
    let error = null
    try {
      while (latencies.length < SAMPLES) {
        latencies.push(await this.#sample())
        if (latencies.length === 1) onFirst(latencies[0])
      }
    } catch (failure) {
      error = failure
    }
    this.#timers.clearAll()
    this.#connection.close(error)
    return latencies.length > 0 ? { latencyMs: median(latencies), error: null } : { latencyMs: null, error }
  }

  /** One GET, timed until the headers of a 2xx answer; redirects are not followed. */
  async #sample() {
    const start = this.#clock.now()
    const response = await this.#connection.send()
    const latency = this.#clock.now() - start
    response.resume()
    if (response.statusCode < 200 || response.statusCode > 299) {
      throw new IrohError('ERR_IROH_RELAY', { detail: `the relay answered /ping with status ${response.statusCode}` })
    }
    await once(response, 'end')
    return latency
  }
}

module.exports = { Probe }
