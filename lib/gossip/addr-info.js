// SPDX-License-Identifier: MIT
'use strict'

// What a gossip peer says of where it is (iroh-gossip's AddrInfo, in postcard): a relay's URL if it has one, a count, and
// as many IP addresses, sorted. Nobody signs it and everybody passes it on: a hint for a dial, whose handshake then proves
// who is there.

const { isPeerAddress } = require('../discovery/records')
const { normalizeRelayUrl } = require('../base/relay-url')
const { addressSet, canonicalAddress, decodeIp, decodeRelay, encodeIp, encodeUrl } = require('../tickets/endpoint-addr')
const { PostcardReader, varint } = require('../tickets/postcard')

/** Bytes that are written, and read. The C core keeps as many of a peer (GOSSIP_DATA_MAX). */
const MAX_BYTES = 256
const COUNT_BYTES = 1
/** The shortest address is of IPv4. */
const MAX_ADDRESSES = Math.floor(MAX_BYTES / 7)
const NONE = 0
const SOME = 1

function encodeRelay(relayUrl) {
  if (relayUrl === undefined) return [NONE]
  const bytes = [SOME, ...encodeUrl(normalizeRelayUrl(relayUrl))]
  return bytes.length + COUNT_BYTES <= MAX_BYTES ? bytes : [NONE]
}

/** Those of the addresses that fit into so many bytes, the first before the later ones. */
function fitting(addresses, bytes) {
  let left = bytes
  return addresses.filter((address) => {
    const { length } = encodeIp(address)
    if (length > left) return false
    left -= length
    return true
  })
}

/**
 * Where an endpoint is, as its gossip peers are told, in at most 256 bytes: what does not fit is left out, a relay's URL
 * last and of the addresses the later ones first.
 * @param {{ relayUrl?: string, directAddresses?: Iterable<string> }} nodeAddr
 * @returns {Buffer}
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT for an invalid relayUrl
 */
function encodeAddrInfo({ relayUrl, directAddresses = [] }) {
  const relay = encodeRelay(relayUrl)
  const usable = [...new Set([...directAddresses].filter(isPeerAddress).map(canonicalAddress))]
  const chosen = fitting(usable, MAX_BYTES - relay.length - COUNT_BYTES)
  const sorted = addressSet('', [], chosen).directAddresses
  return Buffer.from([...relay, ...varint(sorted.length), ...sorted.flatMap(encodeIp)])
}

function decode(reader, nodeId) {
  const relayUrl = reader.varint(SOME, 'whether there is a relay') === SOME ? decodeRelay(reader) : undefined
  const count = reader.varint(MAX_ADDRESSES, 'the number of addresses')
  const addresses = Array.from({ length: count }, () => decodeIp(reader))
  const { directAddresses } = addressSet('', [], addresses.filter(isPeerAddress))
  return { nodeId, directAddresses, ...(relayUrl !== undefined && { relayUrl }) }
}

/**
 * Reads what a peer is said to be reachable by. No bytes say nothing; bytes behind it are ignored, as iroh does;
 * addresses that can be no peer's (port 0, wildcards, multicast) are left out.
 * @param {Uint8Array} bytes
 * @param {string} nodeId of the peer
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string } | null} null: malformed, or longer than 256
 *   bytes
 */
function decodeAddrInfo(bytes, nodeId) {
  if (bytes.length === 0) return { nodeId, directAddresses: [] }
  if (bytes.length > MAX_BYTES) return null
  try {
    return decode(new PostcardReader(Buffer.from(bytes)), nodeId)
  } catch {
    return null
  }
}

module.exports = { decodeAddrInfo, encodeAddrInfo }
