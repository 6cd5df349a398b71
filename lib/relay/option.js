// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger } = require('../base/check')
const { normalizeRelayUrl } = require('../base/relay-url')

const STUN_PORT = 3478
const QUIC_PORT = 7842

/**
 * Reads one relay of the `relays` option.
 * @param {string | { url: string, token?: string, stunPort?: number, quicPort?: number }} given
 * @returns {{ session: string | object, url: string, hostname: string, stunPort: number, quicPort: number }} `session`:
 *   what RelayManager takes; `hostname`: IPv6 without brackets; a port of 0: there is none
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function readRelayOption(given) {
  const isObject = given !== null && typeof given === 'object'
  const { stunPort, quicPort, ...session } = isObject ? given : { url: given }
  const url = normalizeRelayUrl(session.url)
  return {
    session: isObject ? session : given,
    url,
    hostname: new URL(url).hostname.replace(/^\[|\]$/g, ''),
    stunPort: checkInteger(stunPort, 'stunPort', { max: 65535, fallback: STUN_PORT }),
    quicPort: checkInteger(quicPort, 'quicPort', { max: 65535, fallback: QUIC_PORT })
  }
}

module.exports = { readRelayOption }
