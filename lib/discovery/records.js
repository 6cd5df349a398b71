// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { checkText } = require('../base/check')
const { invalid } = require('../base/errors')
const { parseAddress } = require('../addresses/node-addr')
const { normalizeRelayUrl } = require('../relay/client-url')

/** Addresses read of one peer. */
const MAX_ADDRESSES = 32
const MAX_USER_DATA_BYTES = 245

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
  try {
    const { host, port, family } = parseAddress(text)
    return port > 0 && !host.includes('%') && !noOnes.check(host, `ipv${family}`)
  } catch {
    return false
  }
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
 * before that counts, as in iroh.
 * @param {string[]} records
 * @returns {{ directAddresses: string[], relayUrl?: string, userData?: string }}
 */
function readRecords(records) {
  const read = { directAddresses: [] }
  for (const record of records) {
    const [key, value] = record.split('=')
    if (value === undefined) continue
    if (key === 'relay') read.relayUrl ??= readRelayUrl(value)
    else if (key === 'addr' && isPeerAddress(value)) read.directAddresses.push(value)
    else if (key === 'user-data' && Buffer.byteLength(value) <= MAX_USER_DATA_BYTES) read.userData ??= value
  }
  read.directAddresses = [...new Set(read.directAddresses)].slice(0, MAX_ADDRESSES)
  if (read.relayUrl === undefined) delete read.relayUrl
  return read
}

module.exports = { MAX_ADDRESSES, checkOrigin, isPeerAddress, readRecords, writeRecords }
