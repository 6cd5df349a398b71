// SPDX-License-Identifier: MIT
'use strict'

const { MAX_DURATION_MS, checkBoolean, checkInteger, checkOneOf, checkOptions, checkText } = require('../base/check')
const { checkAlpns } = require('../base/alpn')
const { invalid } = require('../base/errors')
const { parseAddress } = require('../addresses/node-addr')
const { readProxyOption } = require('../outbound/proxies')
const { PRESETS } = require('./presets')
const { SecretKey } = require('../identity/secret-key')

const UINT32_MAX = 0xffffffff
const KIB = 1024
const MIB = 1024 * KIB

/** Limits and times with their bounds and defaults. */
const NUMBERS = {
  keepAliveMs: { min: 0, max: MAX_DURATION_MS, fallback: 5000 },
  idleTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 30000 },
  handshakeTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 10000 },
  maxConnections: { min: 1, max: UINT32_MAX, fallback: 16384 },
  maxConnectionsPerPeer: { min: 1, max: UINT32_MAX, fallback: 4096 },
  maxHandshakes: { min: 1, max: UINT32_MAX, fallback: 1024 },
  maxStreamsBidi: { min: 1, max: 1 << 20, fallback: 100 },
  maxStreamsUni: { min: 1, max: 1 << 20, fallback: 100 },
  streamWindow: { min: 16 * KIB, max: UINT32_MAX, fallback: 2 * MIB },
  connectionWindow: { min: 16 * KIB, max: UINT32_MAX, fallback: 16 * MIB },
  maxReceiveBuffer: { min: 1 * MIB, max: UINT32_MAX, fallback: 256 * MIB },
  maxPendingStreams: { min: 1, max: 1 << 24, fallback: 8192 },
  maxSendBuffer: { min: 512 * KIB, max: 1024 * MIB, fallback: 64 * MIB },
  maxSendTotal: { min: MIB, max: UINT32_MAX, fallback: 1024 * MIB },
  sendLowWater: { min: 1, max: 1024 * MIB, fallback: 64 * KIB },
  maxDatagrams: { min: 1, max: 1 << 20, fallback: 1024 }
}

const DEFAULT_PRESET = 'n0'
const CONGESTION = ['cubic', 'reno', 'bbr', 'bbr2']

const KNOWN = [
  ...Object.keys(NUMBERS),
  'alpns',
  'secretKey',
  'bindAddress',
  'relays',
  'relayCa',
  'proxy',
  'preset',
  'discovery',
  'allow',
  'deny',
  'requireDirect',
  'maxDials',
  'portMapping',
  'maxUdpPayload',
  'congestionControl',
  'plainUdp',
  'alwaysRetry',
  'keyLogFile',
  'qlogDir'
]

/** What the endpoint uses beside its sockets: as given, else of the preset. */
function readSurroundings({ relays, preset, discovery }) {
  const fallback = PRESETS[checkOneOf(preset, 'preset', Object.keys(PRESETS), DEFAULT_PRESET)]
  for (const [name, value] of Object.entries({ relays, discovery })) {
    if (value !== undefined && !Array.isArray(value)) throw invalid(`${name} must be an array`)
  }
  return { relays: relays ?? fallback.relays, discovery: discovery ?? fallback.discovery() }
}

/** @returns {string[]} */
function checkBinds(bindAddress) {
  if (bindAddress === undefined) return []
  const binds = Array.isArray(bindAddress) ? bindAddress : [bindAddress]
  if (binds.length === 0 || binds.length > 16) throw invalid('bindAddress must be an address or an array of 1 to 16')
  for (const address of binds) parseAddress(checkText(address ?? null, 'bindAddress'))
  return binds
}

/**
 * Reads the options of an endpoint; everything wrong is named.
 * @returns {{ secretKey: SecretKey, native: object, relays: unknown[], discovery: unknown[], relayCa: unknown,
 *   proxies: import('../outbound/proxies').Proxies, requireDirect: boolean, portMapping: boolean, maxDials: number }} `native` is what the binding's open() takes, but for the seed
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, _INVALID_KEY, _INVALID_ADDRESS
 */
function readEndpointOptions(given) {
  const options = checkOptions(given, KNOWN, 'Endpoint')
  const native = {}
  for (const [name, bounds] of Object.entries(NUMBERS)) native[name] = checkInteger(options[name], name, bounds)
  if (native.sendLowWater > native.maxSendBuffer / 8) {
    throw invalid('sendLowWater must be at most an eighth of maxSendBuffer')
  }
  if (native.keepAliveMs === 0) native.keepAliveMs = UINT32_MAX
  native.maxUdpPayload = options.maxUdpPayload === undefined ? 0 : checkUdpPayload(options.maxUdpPayload)
  native.binds = checkBinds(options.bindAddress)
  native.alpns = checkAlpns(options.alpns)
  native.congestionControl =
    1 + CONGESTION.indexOf(checkOneOf(options.congestionControl, 'congestionControl', CONGESTION))
  native.plainUdp = checkBoolean(options.plainUdp, 'plainUdp', false)
  native.alwaysRetry = checkBoolean(options.alwaysRetry, 'alwaysRetry', false)
  native.keyLogFile = checkText(options.keyLogFile, 'keyLogFile')
  native.qlogDir = checkText(options.qlogDir, 'qlogDir')
  const secretKey = options.secretKey === undefined ? SecretKey.generate() : SecretKey.from(options.secretKey)
  return {
    secretKey,
    native,
    ...readSurroundings(options),
    maxDials: checkInteger(options.maxDials, 'maxDials', { min: 1, max: 65536, fallback: 256 }),
    relayCa: options.relayCa,
    proxies: readProxyOption(options.proxy),
    requireDirect: checkBoolean(options.requireDirect, 'requireDirect', false),
    portMapping: checkBoolean(options.portMapping, 'portMapping', true)
  }
}

function checkUdpPayload(value) {
  return checkInteger(value, 'maxUdpPayload', { min: 1200, max: 65527 })
}

module.exports = { readEndpointOptions }
