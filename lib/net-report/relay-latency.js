// SPDX-License-Identifier: MIT
'use strict'

const { Probe } = require('../relay/client-probe')
const { systemClock } = require('../base/clock')
const { tenths } = require('./journal')

/** What the system said, where it was that. */
function why({ code, message, cause }) {
  return (code === 'ERR_IROH_UNREACHABLE' && (cause?.message || cause?.code)) || message
}

async function latencyOf(run, { url }, ca) {
  const started = performance.now()
  const probe = new Probe(url, { ca, clock: systemClock, referenced: true, onFirst: () => {} })
  const stop = () => probe.abort()
  if (run.isOver) stop()
  run.signal.addEventListener('abort', stop)
  const { latencyMs, error } = await probe.result
  run.signal.removeEventListener('abort', stop)
  if (latencyMs !== null) {
    run.journal.note('ping', url, 'ok', started)
    return { url, latencyMs: tenths(latencyMs), error: null }
  }
  const isLate = run.isOver || error.code === 'ERR_IROH_TIMEOUT'
  const message = run.isOver ? 'the relay did not answer /ping in time' : why(error)
  run.journal.note('ping', url, isLate ? 'no-answer' : 'error', started, message)
  return { url, latencyMs: null, error: message }
}

/**
 * How far away the relays are: up to three requests of /ping over one connection, the median.
 * @param {import('./run').Run} run
 * @param {{ url: string }[]} relays
 * @param {string | Buffer | (string | Buffer)[]} [ca] PEM, trusted instead of Node's own roots
 * @returns {Promise<{ url: string, latencyMs: number | null, error: string | null }[]>}
 */
function measureRelays(run, relays, ca) {
  return Promise.all(relays.map((relay) => latencyOf(run, relay, ca)))
}

module.exports = { measureRelays }
