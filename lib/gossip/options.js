// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger, checkOptions } = require('../base/check')
const { checkAlpn } = require('../base/alpn')

const KIB = 1024
const MIB = 1024 * KIB
const HOUR_MS = 3_600_000

const DEFAULT_ALPN = '/iroh-gossip/1'

/** What the core takes, with bounds and defaults. */
const NATIVE = {
  maxMessageSize: { min: 512, max: MIB, fallback: 4096 },
  activeView: { min: 1, max: 31, fallback: 5 },
  passiveView: { min: 1, max: 256, fallback: 30 },
  shuffleMs: { min: 100, max: HOUR_MS, fallback: 60_000 },
  keepPayloadsMs: { min: 1000, max: HOUR_MS, fallback: 30_000 },
  keepIdsMs: { min: 1000, max: HOUR_MS, fallback: 90_000 },
  maxPayloadBytes: { min: 4 * KIB, max: 1024 * MIB, fallback: 8 * MIB },
  maxIds: { min: 1024, max: 1 << 24, fallback: 65_536 },
  maxOutbox: { min: 16 * KIB, max: 256 * MIB, fallback: 8 * MIB },
  maxOutboxes: { min: 64 * KIB, max: 2048 * MIB, fallback: 64 * MIB },
  maxConnections: { min: 1, max: 65_536, fallback: 1024 },
  maxStreams: { min: 100, max: 16_384, fallback: 1024 },
  idleMs: { min: 100, max: HOUR_MS, fallback: 10_000 }
}

/** What is the library's. */
const OWN = {
  dialTimeoutMs: { min: 100, max: HOUR_MS, fallback: 15_000 },
  maxEvents: { min: 1, max: 1 << 24, fallback: 2048 },
  maxEventBytes: { min: 1, max: 1024 * MIB, fallback: 8 * MIB }
}

function readNumbers(options, table) {
  const entries = Object.entries(table)
  return Object.fromEntries(entries.map(([name, bounds]) => [name, checkInteger(options[name], name, bounds)]))
}

/**
 * Reads the options of Gossip.spawn().
 * @returns {{ alpn: string, native: object, dialTimeoutMs: number, maxEvents: number, maxEventBytes: number }} `native`
 *   is what the binding's gossipOpen() takes
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function readGossipOptions(given) {
  const options = checkOptions(given, ['alpn', ...Object.keys(NATIVE), ...Object.keys(OWN)], 'Gossip')
  return {
    alpn: checkAlpn(options.alpn ?? DEFAULT_ALPN),
    native: readNumbers(options, NATIVE),
    ...readNumbers(options, OWN)
  }
}

module.exports = { readGossipOptions }
