// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { once } = require('node:events')
const http = require('node:http')
const { Patience } = require('../base/patience')

/** Relays that are asked: the first ones. */
const MAX_RELAYS = 3
const TIMEOUT_MS = 2000

/** Over plain HTTP, which a portal can answer for the relay: at port 80 beside TLS, else at the relay's own port. */
function portalUrl(relayUrl) {
  const url = new URL('/generate_204', relayUrl)
  if (url.protocol === 'https:' || url.protocol === 'wss:') return new URL(`http://${url.hostname}/generate_204`)
  return new URL(`http://${url.host}/generate_204`)
}

/** Whether somebody else answered for the relay; null: nobody did. */
async function askOne(run, { url: relayUrl }) {
  const url = portalUrl(relayUrl)
  const challenge = crypto.randomBytes(8).toString('hex')
  const started = performance.now()
  const late = new AbortController()
  const stop = () => late.abort()
  const patience = new Patience(TIMEOUT_MS, stop)
  if (run.isOver) stop()
  run.signal.addEventListener('abort', stop)
  try {
    const headers = { 'X-Iroh-Challenge': challenge, Connection: 'close' }
    const request = http.get(url, { headers, signal: late.signal, agent: false })
    request.on('error', () => {}) // after the answer nobody else listens
    const [response] = await once(request, 'response')
    response.on('error', () => {})
    response.destroy()
    const isRelay = response.statusCode === 204 && response.headers['x-iroh-response'] === `response ${challenge}`
    const detail = isRelay ? undefined : `status ${response.statusCode}, not the relay's answer`
    run.journal.note('captive portal', url.href, isRelay ? 'ok' : 'error', started, detail)
    return !isRelay
  } catch (error) {
    const isLate = late.signal.aborted
    run.journal.note(
      'captive portal',
      url.href,
      isLate ? 'no-answer' : 'error',
      started,
      isLate ? undefined : error.message
    )
    return null
  } finally {
    patience.stop()
    run.signal.removeEventListener('abort', stop)
  }
}

/**
 * Whether a captive portal stands between this host and the network: it answers in place of the relay, and does not know
 * the challenge. Redirects are not followed.
 * @param {import('./run').Run} run
 * @param {{ url: string }[]} relays the first three are asked
 * @returns {Promise<boolean | null>} null: nobody answered
 */
async function findCaptivePortal(run, relays) {
  const found = await Promise.all(relays.slice(0, MAX_RELAYS).map((relay) => askOne(run, relay)))
  if (found.includes(false)) return false
  return found.includes(true) ? true : null
}

module.exports = { findCaptivePortal }
