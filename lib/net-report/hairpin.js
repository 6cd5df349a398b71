// SPDX-License-Identifier: MIT
'use strict'

const { plainBinding, toOurselves } = require('./exchanges')

const WAIT_MS = 600

/**
 * Whether the NAT brings back what is sent to its own address (RFC 4787, section 6): two sockets send to each other's
 * public address at once, so that each has sent before it must let the other in.
 * @param {import('./run').Run} run
 * @param {4 | 6} family
 * @param {{ address: string, port: number, name: string } | undefined} server one that answers STUN
 * @returns {Promise<boolean | null>} null: it could not be tested
 */
async function hairpin(run, family, server) {
  if (!server) return null
  const sockets = await Promise.all([run.open(family), run.open(family)])
  const seen = await Promise.all(sockets.map((socket) => run.stun('hairpin: address', socket, server, plainBinding)))
  if (!seen.every((each) => each?.mapped)) return null
  const started = performance.now()
  const [there, back] = await Promise.all([
    sockets[1].ask(toOurselves, seen[1].mapped, { timeoutMs: WAIT_MS, via: sockets[0] }),
    sockets[0].ask(toOurselves, seen[0].mapped, { timeoutMs: WAIT_MS, via: sockets[1] })
  ])
  if (run.isOver) return null
  const came = there.value !== null || back.value !== null
  run.journal.note('hairpin', `${seen[1].mapped.address}:${seen[1].mapped.port}`, came ? 'ok' : 'no-answer', started)
  return came
}

module.exports = { hairpin }
