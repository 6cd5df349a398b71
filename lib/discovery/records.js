// SPDX-License-Identifier: MIT
'use strict'

const { parseAddress } = require('../node-addr')
const { normalizeRelayUrl } = require('../relay/client-url')

/** Addresses read of one peer. */
const MAX_ADDRESSES = 32
const MAX_USER_DATA_BYTES = 245

function isAddress(text) {
  try {
    parseAddress(text)
    return true
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
    else if (key === 'addr' && isAddress(value)) read.directAddresses.push(value)
    else if (key === 'user-data' && Buffer.byteLength(value) <= MAX_USER_DATA_BYTES) read.userData ??= value
  }
  read.directAddresses = [...new Set(read.directAddresses)].slice(0, MAX_ADDRESSES)
  if (read.relayUrl === undefined) delete read.relayUrl
  return read
}

module.exports = { readRecords, writeRecords }
