// SPDX-License-Identifier: MIT
'use strict'

const {
  MAX_DURATION_MS,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkOptions,
  checkText
} = require('../../base/check')
const { checkOrigin } = require('../../discovery/records')
const { invalid } = require('../../base/errors')
const { guarded } = require('../../base/guard')
const { readAccess } = require('./access')
const { TlsFiles } = require('./tls-files')

const MIB = 1024 * 1024
const STUN_PORT = 3478
/** Publishers come back every five minutes, and may be late. */
const REPUBLISH_S = 360
const KNOWN = [
  'host',
  'hostname',
  'port',
  'tls',
  'access',
  'onDisconnect',
  'onReload',
  'limits',
  'stunPort',
  'stunAltPort',
  'quicPort',
  'pkarr',
  'dnsPort',
  'dnsOrigin',
  'metricsPort',
  'metricsHost'
]

/** Limits and times with their bounds and defaults. */
const LIMITS = {
  maxConnections: { min: 1, fallback: 16384 },
  maxConnectionsPerIp: { min: 1, fallback: 1024 },
  maxConnectionsPerNode: { min: 1, fallback: 16 },
  queueFrames: { min: 1, fallback: 512 },
  queueBytes: { min: 64 * 1024, fallback: 4 * MIB },
  queueBytesTotal: { min: MIB, fallback: 256 * MIB },
  maxPeersPerNode: { min: 1, fallback: 256 },
  maxPeersTotal: { min: 1, fallback: 262144 },
  bytesPerSecond: { min: 0, fallback: 0 },
  burstBytes: { min: 1 },
  handshakeTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 30000 },
  writeTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 2000 },
  pingAfterMs: { min: 1, max: MAX_DURATION_MS, fallback: 15000 },
  pongTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 5000 },
  closeTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 2000 },
  udpPerSecondPerIp: { min: 1, fallback: 50 },
  udpPerSecond: { min: 1, fallback: 10000 },
  maxPackets: { min: 1, fallback: 65536 },
  packetsPerSecondPerIp: { min: 1, fallback: 20 },
  packetsPerSecond: { min: 1 }
}

function readLimits(options) {
  const given = checkOptions(options, Object.keys(LIMITS), 'limits')
  const limits = {}
  for (const [name, bounds] of Object.entries(LIMITS)) {
    const optional = bounds.fallback === undefined && given[name] === undefined
    if (!optional) limits[name] = checkInteger(given[name], `limits.${name}`, bounds)
  }
  limits.burstBytes ??= Math.max(1, Math.floor(limits.bytesPerSecond / 10))
  // With so few, nobody can push those out that publish every five minutes, from however many addresses.
  limits.packetsPerSecond ??= Math.max(limits.packetsPerSecondPerIp, Math.floor(limits.maxPackets / REPUBLISH_S))
  return limits
}

function readPort(value, name, fallback) {
  return checkInteger(value, name, { min: 0, max: 65535, fallback })
}

/**
 * A UDP port beside the relay: a number must be free, false is none, and the well-known default is taken if it is free.
 * @returns {{ port: number, required: boolean } | null}
 */
function readUdpPort(value, name, fallback) {
  if (value === false) return null
  return { port: readPort(value, name, fallback), required: value !== undefined }
}

/** The second STUN port is the one after the first, or any if that is any. */
function nextPort(port) {
  return port > 0 && port < 65535 ? port + 1 : 0
}

/** What RelayServer.listen() takes, checked and with its defaults. */
function readRelayOptions(given) {
  const options = checkOptions(given, KNOWN, 'RelayServer.listen')
  const { tls, metricsPort } = options
  if (tls === null || (tls !== undefined && typeof tls !== 'object')) throw invalid('tls must be an object')
  return {
    host: checkText(options.host, 'host') ?? '::',
    hostname: checkText(options.hostname, 'hostname'),
    port: readPort(options.port, 'port', tls ? 443 : 3340),
    tls: tls && new TlsFiles(tls),
    httpPort: tls && tls.httpPort !== false ? readPort(tls.httpPort, 'tls.httpPort', 80) : null,
    access: readAccess(options.access),
    onDisconnect: guarded(checkFunction(options.onDisconnect, 'onDisconnect')),
    onReload: guarded(checkFunction(options.onReload, 'onReload')),
    limits: readLimits(options.limits),
    stun: readUdpPort(options.stunPort, 'stunPort', STUN_PORT),
    stunAlt: readUdpPort(options.stunAltPort, 'stunAltPort', nextPort(options.stunPort ?? STUN_PORT)),
    quic: readUdpPort(options.quicPort, 'quicPort', 7842),
    pkarr: checkBoolean(options.pkarr, 'pkarr', true),
    dns: readUdpPort(options.dnsPort, 'dnsPort', 5300),
    dnsOrigin: checkOrigin(options.dnsOrigin, 'dnsOrigin')?.toLowerCase() ?? null,
    metricsPort: metricsPort === undefined || metricsPort === false ? null : readPort(metricsPort, 'metricsPort'),
    metricsHost: checkText(options.metricsHost, 'metricsHost') ?? '127.0.0.1'
  }
}

module.exports = { readRelayOptions }
