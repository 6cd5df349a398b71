// SPDX-License-Identifier: MIT
'use strict'

const { fromSecondPort, plainBinding, toPort } = require('./exchanges')

/** An answer that was let through comes within this, or within so many round trips; sendings are repeated meanwhile. */
const WAIT_MS = 800
const ROUND_TRIPS = 4

/**
 * From what two tests found (null: it could not be tested) to the words of RFC 4787, section 5.
 * @param {boolean | null} strangersComeIn from an address that was never sent to
 * @param {boolean | null} otherPortComesIn from another port of an address that was sent to
 */
function filteringOf(strangersComeIn, otherPortComesIn) {
  if (strangersComeIn) return 'endpoint-independent'
  if (otherPortComesIn === false) return 'address-and-port-dependent'
  return strangersComeIn === false ? 'address-dependent' : 'unknown'
}

/** Whether a relay that `socket` has not sent to gets through to it; a second socket asks that relay to send there. */
async function strangers(run, family, socket, mapped, stranger) {
  const second = await run.open(family)
  const where = await run.stun('filtering: a second socket', second, stranger, plainBinding)
  if (!where?.mapped) return null
  if (where.mapped.address !== mapped.address) {
    run.journal.skipped('filtering: other address', stranger.name, 'the NAT gave the second socket another address')
    return null
  }
  const own = await run.stun('filtering: RESPONSE-PORT', second, stranger, toPort(where.mapped.port))
  if (!own?.mapped) return null
  const options = { via: second, timeoutMs: Math.max(WAIT_MS, ROUND_TRIPS * own.ms) }
  const came = await run.stun('filtering: other address', socket, stranger, toPort(mapped.port), options)
  return came?.mapped !== undefined
}

/** Whether another port of a relay gets through, when the first one was sent to. */
async function otherPort(run, socket, known, ms) {
  const options = { timeoutMs: Math.max(WAIT_MS, ROUND_TRIPS * ms) }
  const came = await run.stun('filtering: other port', socket, known, fromSecondPort, options)
  if (came === null) return false
  return came.mapped && came.from.port !== known.port ? true : null
}

/**
 * Whom the NAT or firewall lets in.
 * @param {import('./run').Run} run
 * @param {4 | 6} family
 * @param {{ address: string, port: number, name: string, otherPort: number | null }[]} servers that answered STUN
 * @returns {Promise<'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'unknown'>}
 *   'address-dependent' where a second port could not be tested: then it may depend on the port, too
 */
async function filtering(run, family, servers) {
  const known = servers.find((server) => server.otherPort !== null) ?? servers[0]
  if (!known) return 'unknown'
  const stranger = servers.find(({ address }) => address !== known.address)
  const socket = await run.open(family)
  const seen = await run.stun('filtering: first contact', socket, known, plainBinding)
  if (!seen?.mapped) return 'unknown'
  if (!stranger) run.journal.skipped('filtering: other address', known.name, 'needs a second relay at another address')
  if (known.otherPort === null) {
    run.journal.skipped('filtering: other port', known.name, 'the server knows no CHANGE-REQUEST (RFC 5780)')
  }
  const [strangersComeIn, otherPortComesIn] = await Promise.all([
    stranger ? strangers(run, family, socket, seen.mapped, stranger) : null,
    known.otherPort === null ? null : otherPort(run, socket, known, seen.ms)
  ])
  return run.isOver ? 'unknown' : filteringOf(strangersComeIn, otherPortComesIn)
}

module.exports = { filtering, filteringOf }
