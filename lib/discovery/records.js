// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { checkText } = require('../base/check')
const { invalid } = require('../base/errors')
const { matchAddress } = require('../addresses/node-addr')
const { normalizeRelayUrl } = require('../base/relay-url')

/** Addresses read of one peer. */
const MAX_ADDRESSES = 32
const MAX_USER_DATA_BYTES = 245
/** Records read of one peer: a signed packet has no room for half as many. */
const MAX_RECORDS = 256

/**
 * The DNS zone that keys stand in, without the dot that may be at its end; undefined gives undefined.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function checkOrigin(value, name) {
  const origin = checkText(value, name, 180)?.replace(/\.$/, '')
  if (origin === undefined || /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(origin)) return origin
  throw invalid(`${name} must be a domain name`)
}

/** What is no one's address: wildcards, multicast, broadcast. */
const noOnes = new net.BlockList()
noOnes.addSubnet('0.0.0.0', 8)
noOnes.addSubnet('224.0.0.0', 4)
noOnes.addAddress('255.255.255.255')
noOnes.addAddress('::', 'ipv6')
noOnes.addSubnet('ff00::', 8, 'ipv6')

/**
 * Whether a peer can be at an address that somebody else tells of it: there is a port, and the IP address is one host's,
 * whoever looks at it; a scope ('%eth0') means something on the host that wrote it only.
 * @param {string} text
 */
function isPeerAddress(text) {
  const address = matchAddress(text)
  return address !== null && address.port > 0 && !address.host.includes('%') && !isNoOnes(address)
}

function isNoOnes({ host, family }) {
  return noOnes.check(host, `ipv${family}`)
}

function readRelayUrl(text) {
  try {
    return normalizeRelayUrl(text)
  } catch {
    return undefined
  }
}

/**
 * Where an endpoint is, as TXT records of iroh's DNS discovery say it: 'relay=<url>' and one 'addr=<ip:port>' for each
 * address. The most useful come first, so that the end may be cut off.
 * @param {{ relayUrl?: string, directAddresses?: Iterable<string> }} nodeAddr
 * @returns {string[]}
 */
function writeRecords({ relayUrl, directAddresses = [] }) {
  const relay = relayUrl === undefined ? [] : [`relay=${relayUrl}`]
  return [...relay, ...Array.from(directAddresses, (address) => `addr=${address}`)]
}

/**
 * Reads such records. What is not understood is skipped, as there may be more to come; of a value with '=' in it the part
 * before that counts, as in iroh. Of more than 256 records the first are read.
 * @param {string[]} records
 * @returns {{ directAddresses: string[], relayUrl?: string, userData?: string }}
 */
function readRecords(records) {
  const read = { directAddresses: [] }
  const addresses = new Set()
  for (const record of records.slice(0, MAX_RECORDS)) {
    const [key, value] = record.split('=', 2)
    if (value === undefined) continue
    if (key === 'relay') read.relayUrl ??= readRelayUrl(value)
    else if (key === 'addr' && addresses.size < MAX_ADDRESSES && isPeerAddress(value)) addresses.add(value)
    else if (key === 'user-data' && Buffer.byteLength(value) <= MAX_USER_DATA_BYTES) read.userData ??= value
  }
  read.directAddresses = [...addresses]
  if (read.relayUrl === undefined) delete read.relayUrl
  return read
}

module.exports = { MAX_ADDRESSES, checkOrigin, isPeerAddress, readRecords, writeRecords }
