// SPDX-License-Identifier: MIT
'use strict'

const { reasonOf } = require('../base/errors')
const { Probe } = require('../relay/client-probe')
const { systemClock } = require('../base/clock')
const { tenths } = require('./journal')
const { onAbort } = require('../base/on-abort')

async function latencyOf(run, { url }) {
  const started = performance.now()
  const probe = new Probe(url, { ...run.outbound, clock: systemClock, referenced: true, onFirst: () => {} })
  if (probe.proxy) run.proxyNames.add(probe.proxy.name)
  const stop = () => probe.abort()
  if (run.isOver) stop()
  const forget = onAbort(run.signal, stop)
  const { latencyMs, error } = await probe.result
  forget()
  const by = probe.proxy ? `by the proxy ${probe.proxy.name}` : undefined
  if (latencyMs !== null) {
    run.journal.note('ping', url, 'ok', started, by)
    return { url, latencyMs: tenths(latencyMs), failure: null }
  }
  const isLate = error.code === 'ERR_IROH_ABORTED' || error.code === 'ERR_IROH_TIMEOUT'
  run.journal.note('ping', url, isLate ? 'no-answer' : 'error', started, reasonOf(error))
  return { url, latencyMs: null, failure: error }
}

/**
 * How far away the relays are: up to three requests of /ping over one connection, the median.
 * @param {import('./run').Run} run
 * @param {{ url: string }[]} relays
 * @returns {Promise<{ url: string, latencyMs: number | null, failure: import('../base/errors').IrohError | null }[]>}
 */
function measureRelays(run, relays) {
  return Promise.all(relays.map((relay) => latencyOf(run, relay)))
}

module.exports = { measureRelays }
