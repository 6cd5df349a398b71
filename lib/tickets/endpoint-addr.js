// SPDX-License-Identifier: MIT
'use strict'

// iroh's EndpointAddr in postcard: 32 bytes of NodeId, a count, and that many addresses, each with its kind before it.
// An address set here is { nodeId, relayUrls, directAddresses }, in iroh's order and without duplicates.

const util = require('node:util')
const { isNodeId } = require('../identity/node-id')
const { addressBytes, addressText } = require('../base/ip-bytes')
const { formatAddress, parseAddress, readNodeAddr } = require('../addresses/node-addr')
const { normalizeRelayUrl } = require('../base/relay-url')
const { invalid } = require('../base/errors')
const { malformed } = require('./malformed')
const { PostcardReader, varint } = require('./postcard')

/** Addresses of one peer. */
const MAX_ADDRESSES = 1024
/** Bytes of a relay's URL. */
const MAX_URL_BYTES = 2048
const NODE_ID_BYTES = 32
const Kind = Object.freeze({ RELAY: 0, IP: 1, CUSTOM: 2 })
const Family = Object.freeze({ V4: 0, V6: 1 })
const IP_BYTES = [4, 16]
/** How iroh 1.0.2 and 1.0.3 hold the data of a custom address: so many bytes in place, more than that apart. */
const INLINE_BYTES = 30
const INLINE = 0
const APART = 1

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What sorts as iroh does: IPv4 before IPv6, by the address' bytes, then the port. */
function sortKey(address) {
  const { host, port } = parseAddress(address)
  const ip = addressBytes(host)
  return Buffer.concat([Buffer.from([ip.length, ...ip, port >> 8, port & 0xff])]).toString('latin1')
}

/** Ascending by the code units of `key`; one of each key. */
function sortedSet(values, key) {
  const byKey = new Map(values.map((value) => [key(value), value]))
  return [...byKey.keys()].sort(compare).map((each) => byKey.get(each))
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b)
}

/** One text for one address: zones are left out, as iroh does. */
function canonicalAddress(address) {
  const { host, port } = parseAddress(address)
  return formatAddress(addressText(addressBytes(host)), port)
}

function addressSet(nodeId, relayUrls, directAddresses) {
  return {
    nodeId,
    relayUrls: sortedSet(relayUrls, String), // URLs are ASCII once they are normalised
    directAddresses: sortedSet(directAddresses, sortKey)
  }
}

/**
 * The address set of a NodeId, or of a NodeAddr that may have several relays, as `relayUrls`.
 * @throws {IrohError} as parsePeer()
 */
function readAddressSet(peer) {
  const { nodeId, relayUrl, directAddresses } = readNodeAddr(peer)
  const { relayUrls = [] } = typeof peer === 'string' ? {} : peer
  if (!Array.isArray(relayUrls)) throw invalid('relayUrls must be an array of strings')
  const urls = relayUrl === undefined ? relayUrls : [relayUrl, ...relayUrls]
  const set = addressSet(nodeId, urls.map(normalizeRelayUrl), directAddresses.map(canonicalAddress))
  if (set.relayUrls.length + set.directAddresses.length > MAX_ADDRESSES) {
    throw invalid(`a ticket holds at most ${MAX_ADDRESSES} addresses of a peer`)
  }
  return set
}

/** The set as the rest of the package knows it; of several relays it names the first. */
function nodeAddrOf({ nodeId, relayUrls, directAddresses }) {
  const nodeAddr = { nodeId, directAddresses: [...directAddresses] }
  return relayUrls.length > 0 ? { ...nodeAddr, relayUrl: relayUrls[0] } : nodeAddr
}

/** @param {string} url ASCII, as URLs are once they are normalised @returns {number[]} */
function encodeUrl(url) {
  return [...varint(url.length), ...Buffer.from(url, 'latin1')]
}

/** @param {string} address 'ip:port' or '[ip]:port' @returns {number[]} */
function encodeIp(address) {
  const { host, port } = parseAddress(address)
  const ip = addressBytes(host)
  return [ip.length === 4 ? Family.V4 : Family.V6, ...ip, ...varint(port)]
}

/** @returns {Buffer} */
function encodeAddressSet({ nodeId, relayUrls, directAddresses }) {
  return Buffer.concat([
    Buffer.from(nodeId, 'hex'),
    Buffer.from(varint(relayUrls.length + directAddresses.length)),
    ...relayUrls.map((url) => Buffer.from([Kind.RELAY, ...encodeUrl(url)])),
    ...directAddresses.map((address) => Buffer.from([Kind.IP, ...encodeIp(address)]))
  ])
}

/** The 32 bytes of a NodeId as hex. */
function decodeNodeId(reader) {
  const nodeId = reader.take(NODE_ID_BYTES, 'the NodeId').toString('hex')
  if (!isNodeId(nodeId)) {
    throw malformed(`the ${NODE_ID_BYTES} bytes up to byte ${reader.position} are no Ed25519 public key`)
  }
  return nodeId
}

function decodeRelay(reader) {
  const length = reader.varint(MAX_URL_BYTES, 'the length of a relay URL')
  const bytes = reader.take(length, 'a relay URL')
  return checkRelayUrl(bytes, `byte ${reader.position - length + 1}`)
}

/** @param {Buffer} bytes UTF-8 @param {string} where for the error */
function checkRelayUrl(bytes, where) {
  try {
    return normalizeRelayUrl(utf8.decode(bytes))
  } catch {
    throw malformed(`${where}: ${util.inspect(bytes.toString())} is not the URL of a relay, which is http or https`)
  }
}

function decodeIp(reader) {
  const family = reader.varint(Family.V6, 'the family of an IP address')
  const ip = Buffer.from(reader.take(IP_BYTES[family], 'an IP address'))
  return formatAddress(addressText(ip), reader.varint(0xffff, 'a port'))
}

/**
 * Custom addresses, of transports other than UDP and relays, are of no use here and are left out. Releases of iroh write
 * them in different ways that do not tell themselves apart: what 1.0.2 and 1.0.3 write is recognised, all else refused.
 */
function skipCustom(reader) {
  const start = reader.position + 1
  reader.varint(Number.POSITIVE_INFINITY, 'the transport of a custom address')
  const form = reader.byte('a custom address')
  if (form === INLINE) {
    const size = reader.byte('the size of a custom address')
    const data = reader.take(INLINE_BYTES, 'a custom address')
    if (size <= INLINE_BYTES && data.subarray(size).every((byte) => byte === 0)) return
  } else if (form === APART) {
    const length = reader.varint(0xffff, 'the length of a custom address')
    reader.take(length, 'a custom address')
    if (length > INLINE_BYTES) return
  }
  throw malformed(
    `byte ${start}: a custom address that is not in the form of iroh 1.0.2 and 1.0.3; other releases write it otherwise`
  )
}

/** Reads one EndpointAddr. @param {PostcardReader} reader */
function decodeAddressSet(reader) {
  const nodeId = decodeNodeId(reader)
  const count = reader.varint(MAX_ADDRESSES, 'the number of addresses')
  const relayUrls = []
  const directAddresses = []
  for (let index = 0; index < count; index++) {
    const kind = reader.varint(Kind.CUSTOM, 'the kind of an address')
    if (kind === Kind.RELAY) relayUrls.push(decodeRelay(reader))
    else if (kind === Kind.IP) directAddresses.push(decodeIp(reader))
    else skipCustom(reader)
  }
  return addressSet(nodeId, relayUrls, directAddresses)
}

/** Reads bytes that are one EndpointAddr and nothing more. @param {Buffer} bytes */
function decodeWholeAddressSet(bytes) {
  const reader = new PostcardReader(bytes)
  const set = decodeAddressSet(reader)
  reader.end()
  return set
}

module.exports = {
  MAX_ADDRESSES,
  addressSet,
  canonicalAddress,
  checkRelayUrl,
  decodeAddressSet,
  decodeIp,
  decodeRelay,
  decodeWholeAddressSet,
  encodeAddressSet,
  encodeIp,
  encodeUrl,
  nodeAddrOf,
  readAddressSet
}
