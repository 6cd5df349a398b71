// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger, checkOptions, checkSignal } = require('../base/check')
const { IrohError, invalid, reasonOf } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { Patience } = require('../base/patience')
const { readProxyOption } = require('../outbound/proxies')
const { readRelayOption } = require('../relay/option')
const { advise } = require('./advice')
const { findCaptivePortal } = require('./captive-portal')
const { findPortMapping } = require('./port-mapping')
const { measureRelays } = require('./relay-latency')
const { Run } = require('./run')
const { probeUdp } = require('./udp')

const MAX_RELAYS = 64
const TIMEOUT = { min: 100, max: 60_000, fallback: 5000 }

/** Findings beside UDP and the relays: the report's field, and who finds it, given (run, relays). */
const FURTHER = { captivePortal: findCaptivePortal, portMapping: findPortMapping }

async function further(run, relays) {
  const names = Object.keys(FURTHER)
  const found = await Promise.all(names.map((name) => FURTHER[name](run, relays)))
  return Object.fromEntries(names.map((name, index) => [name, found[index]]))
}

/** The one that answers /ping first, or null. */
function nearest(relays) {
  const reached = relays.filter(({ latencyMs }) => latencyMs !== null)
  return reached.reduce((a, b) => (b.latencyMs < a.latencyMs ? b : a), reached[0])?.url ?? null
}

function byRelay(pings, latencies) {
  return pings.map(({ url, latencyMs, failure }) => {
    const { stunRttMs = null, quicRttMs = null } = latencies.get(url) ?? {}
    return { url, latencyMs, stunRttMs, quicRttMs, error: failure && reasonOf(failure) }
  })
}

/** A report in the making: it probes with sockets of its own, and keeps the process alive meanwhile. */
class NetReport {
  #run
  #relays
  #signal
  #error = null

  /**
   * Begins to probe.
   * @param {{ relays: (string | object)[], ca?: string | Buffer | (string | Buffer)[], caOption?: string, proxies?:
   *   import('../outbound/proxies').Proxies }} surroundings at most 64 relays as the `relays` option has them, of which the
   *   first of a URL counts; caOption: what `ca` is called where the user sets it; proxies: default: as the environment says
   * @param {{ timeoutMs?: number, signal?: AbortSignal }} [options] `timeoutMs`: when the report is made with what there
   *   is; 100 to 60000, default 5000
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  constructor({ relays, ca, caOption, proxies = readProxyOption(undefined) }, options) {
    const { timeoutMs, signal } = checkOptions(options, ['timeoutMs', 'signal'], 'netReport')
    const timeout = checkInteger(timeoutMs, 'timeoutMs', TIMEOUT)
    this.#signal = checkSignal(signal)
    this.#run = new Run(timeout, { proxies, ca, caOption })
    const byUrl = new Map(
      relays
        .map(readRelayOption)
        .map((relay) => [relay.url, relay])
        .reverse()
    )
    if (byUrl.size > MAX_RELAYS) throw invalid(`relays must be at most ${MAX_RELAYS}`)
    this.#relays = [...byUrl.values()].reverse()
    /**
     * Resolves with the report, NetReport in index.d.ts; rejects with what abort() was given, or ERR_IROH_ABORTED.
     * @type {Promise<object>}
     */
    this.result = this.#make(timeout)
  }

  /** Ends it; `result` rejects with the error. */
  abort(error) {
    this.#error ??= error
    this.#run.end()
  }

  async #make(timeoutMs) {
    if (this.#signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { cause: this.#signal.reason })
    const started = performance.now()
    const forget = onAbort(this.#signal, () => {
      this.abort(new IrohError('ERR_IROH_ABORTED', { cause: this.#signal.reason }))
    })
    const patience = new Patience(timeoutMs, () => this.#run.end())
    try {
      const [udp, pings, more] = await Promise.all([
        probeUdp(this.#run, this.#relays),
        measureRelays(this.#run, this.#relays),
        further(this.#run, this.#relays)
      ])
      if (this.#error) throw this.#error
      return this.#report({ udp, pings, more, started })
    } finally {
      patience.stop()
      forget()
      this.#run.end()
    }
  }

  /** The NAT is that of IPv4, unless IPv6 alone told anything of one. */
  #report({ udp: { v4, v6, latencies }, pings, more, started }) {
    const { behindNat, mapping, portStep, filtering, hairpin } = v4.publicAddresses.length > 0 ? v4 : v6
    const report = {
      udpV4: v4.reachable,
      udpV6: v6.reachable,
      publicAddresses: [...v4.publicAddresses, ...v6.publicAddresses],
      behindNat,
      mapping,
      portStep,
      filtering,
      hairpin,
      preferredRelay: nearest(pings),
      relays: byRelay(pings, latencies),
      proxies: [...this.#run.proxyNames],
      ...more,
      tried: this.#run.journal.tried
    }
    return { ...report, advice: advise(report, pings), tookMs: Math.round(performance.now() - started) }
  }
}

module.exports = { NetReport }
