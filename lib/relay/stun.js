// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const zlib = require('node:zlib')

// STUN (RFC 8489), the server's side of Binding: it tells a client the address its packets come from.

const HEADER_BYTES = 20
const MAGIC_COOKIE = 0x2112a442
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const BINDING_ERROR = 0x0111
const ERROR_CODE = 0x0009
const UNKNOWN_ATTRIBUTES = 0x000a
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const FINGERPRINT_XOR = 0x5354554e
/** From here on an attribute may be ignored by who does not know it. */
const OPTIONAL = 0x8000
const MAX_REQUEST_BYTES = 1500
/** What a request may carry that must be understood, and means nothing to a server without accounts. */
const CREDENTIALS = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e])

/** CRC-32 of ISO 3309; zlib has it since Node 20.15. */
const crc32 = zlib.crc32 ?? crc32ByTable

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

function crc32ByTable(bytes) {
  let crc = -1
  for (const byte of bytes) crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff]
  return ~crc >>> 0
}

function fingerprintOf(message, end) {
  return (crc32(message.subarray(0, end)) ^ FINGERPRINT_XOR) >>> 0
}

/**
 * Reads a Binding request.
 * @param {Buffer} message one UDP datagram
 * @returns {{ transaction: Buffer, hasFingerprint: boolean, unknown: number[] } | null} `transaction`: the 12 bytes of
 *   its id, a view; `unknown`: attributes that would have to be understood. null: not a well-formed Binding request
 */
function readBindingRequest(message) {
  if (message.length < HEADER_BYTES || message.length > MAX_REQUEST_BYTES || message.length % 4 !== 0) return null
  if (message.readUInt16BE(0) !== BINDING_REQUEST || message.readUInt32BE(4) !== MAGIC_COOKIE) return null
  if (message.readUInt16BE(2) !== message.length - HEADER_BYTES) return null
  const unknown = []
  let hasFingerprint = false
  for (let at = HEADER_BYTES; at < message.length; ) {
    if (hasFingerprint) return null // it must be the last
    const type = message.readUInt16BE(at)
    const length = message.readUInt16BE(at + 2)
    const next = at + 4 + ((length + 3) & ~3)
    if (next > message.length) return null
    if (type === FINGERPRINT) {
      if (length !== 4 || message.readUInt32BE(at + 4) !== fingerprintOf(message, at)) return null
      hasFingerprint = true
    } else if (type < OPTIONAL && !CREDENTIALS.has(type)) unknown.push(type)
    at = next
  }
  return { transaction: message.subarray(8, HEADER_BYTES), hasFingerprint, unknown }
}

function attribute(type, value) {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3))
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  bytes.set(value, 4)
  return bytes
}

/** A response; its length counts the fingerprint before that is computed (RFC 8489, section 14.7). */
function writeMessage(type, transaction, attributes, withFingerprint) {
  const header = Buffer.alloc(HEADER_BYTES)
  const message = Buffer.concat([header, ...attributes, Buffer.alloc(withFingerprint ? 8 : 0)])
  message.writeUInt16BE(type, 0)
  message.writeUInt16BE(message.length - HEADER_BYTES, 2)
  message.writeUInt32BE(MAGIC_COOKIE, 4)
  message.set(transaction, 8)
  if (withFingerprint) {
    const at = message.length - 8
    const value = Buffer.alloc(4)
    value.writeUInt32BE(fingerprintOf(message, at))
    message.set(attribute(FINGERPRINT, value), at)
  }
  return message
}

/** The 4 or 16 bytes of an IP address. */
function addressBytes(address) {
  if (net.isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const url = new URL(`http://[${address.split('%', 1)[0]}]`) // writes groups only, no dotted end
  const [head, tail = ''] = url.hostname.slice(1, -1).split('::')
  const groups = (text) => (text === '' ? [] : text.split(':'))
  const missing = 8 - groups(head).length - groups(tail).length
  const bytes = Buffer.alloc(16)
  const all = [...groups(head), ...Array(missing).fill('0'), ...groups(tail)]
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index)
  return bytes
}

function xorMappedAddress(transaction, address, port) {
  const ip = addressBytes(address)
  const mask = Buffer.alloc(16)
  mask.writeUInt32BE(MAGIC_COOKIE, 0)
  mask.set(transaction, 4)
  const value = Buffer.alloc(4 + ip.length)
  value[1] = ip.length === 4 ? 1 : 2
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2)
  for (const [index, byte] of ip.entries()) value[4 + index] = byte ^ mask[index]
  return attribute(XOR_MAPPED_ADDRESS, value)
}

function unknownAttributes(types) {
  const value = Buffer.alloc(2 * types.length)
  for (const [index, type] of types.entries()) value.writeUInt16BE(type, 2 * index)
  return attribute(UNKNOWN_ATTRIBUTES, value)
}

/**
 * The response to a Binding request: where it came from, or, if the request carries what must be understood and is not,
 * error 420. A response is never an answer to a response, nor to anything else.
 * @param {Buffer} message one UDP datagram
 * @param {{ address: string, port: number }} from its source
 * @returns {Buffer | null}
 */
function answerBinding(message, { address, port }) {
  const request = readBindingRequest(message)
  if (!request) return null
  const { transaction, hasFingerprint, unknown } = request
  if (unknown.length > 0) {
    const attributes = [attribute(ERROR_CODE, Buffer.of(0, 0, 4, 20)), unknownAttributes(unknown.slice(0, 8))]
    return writeMessage(BINDING_ERROR, transaction, attributes, hasFingerprint)
  }
  return writeMessage(BINDING_SUCCESS, transaction, [xorMappedAddress(transaction, address, port)], hasFingerprint)
}

module.exports = { answerBinding }
