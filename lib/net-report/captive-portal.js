// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { reasonOf } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { HttpConnection } = require('../outbound/http-connection')
const { systemClock } = require('../base/clock')
const { Timers } = require('../base/timers')

/** Relays that are asked: the first ones. */
const MAX_RELAYS = 3
const TIMEOUT_MS = 2000
/** From here on a status is a refusal, which of a proxy is no portal's. */
const FIRST_REFUSAL = 400

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
  const timers = new Timers(systemClock)
  const connection = new HttpConnection(url, { who: 'the relay', ...run.outbound, timers })
  let isLate = false
  const stop = () => {
    isLate = true
    connection.close(null)
  }
  timers.setPatient('late', TIMEOUT_MS, stop)
  if (run.isOver) stop()
  const forget = onAbort(run.signal, stop)
  const note = (outcome, detail) => run.journal.note('captive portal', url.href, outcome, started, detail)
  try {
    const response = await connection.send({ headers: { 'X-Iroh-Challenge': challenge, Connection: 'close' } })
    const { statusCode, headers } = response
    const isRelay = statusCode === 204 && headers['x-iroh-response'] === `response ${challenge}`
    if (isRelay) note('ok')
    else note('error', `status ${statusCode}, not the relay's answer`)
    return connection.proxy && statusCode >= FIRST_REFUSAL ? null : !isRelay
  } catch (error) {
    const detail = connection.lateWords ?? undefined
    note(isLate ? 'no-answer' : 'error', isLate ? detail : reasonOf(error))
    return null
  } finally {
    timers.clearAll()
    forget()
    connection.close(null)
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
