// SPDX-License-Identifier: MIT
'use strict'

/**
 * Whether a gateway has lost its mappings between two answers: its clock went back, or ran otherwise than ours by more
 * than a sixteenth and two seconds (RFC 6887, section 8.5; RFC 6886, section 3.6, is met by the same).
 * @param {{ epoch: number, atMs: number }} before `epoch`: the gateway's seconds; `atMs`: ours, of a steady clock
 * @param {{ epoch: number, atMs: number }} now
 */
function isEpochLost(before, now) {
  if (now.epoch < before.epoch - 1) return true
  const server = now.epoch - before.epoch
  const client = (now.atMs - before.atMs) / 1000
  return client + 2 < server - server / 16 || server + 2 < client - client / 16
}

module.exports = { isEpochLost }
