// SPDX-License-Identifier: MIT
'use strict'

const zlib = require('node:zlib')
const { addressBytes, addressText } = require('../base/ip-bytes')

// STUN messages (RFC 8489) with the attributes of NAT behaviour discovery (RFC 5780): reading and writing, no sockets.

const HEADER_BYTES = 20
const TRANSACTION_BYTES = 12
const MAGIC_COOKIE = 0x2112a442
const FINGERPRINT_XOR = 0x5354554e
/** Longer ones are not read. */
const MAX_MESSAGE_BYTES = 1500

const MessageType = Object.freeze({ BINDING_REQUEST: 0x0001, BINDING_SUCCESS: 0x0101, BINDING_ERROR: 0x0111 })

/** From 0x8000 on an attribute may be ignored by who does not know it. */
const Attribute = Object.freeze({
  CHANGE_REQUEST: 0x0003,
  ERROR_CODE: 0x0009,
  UNKNOWN_ATTRIBUTES: 0x000a,
  XOR_MAPPED_ADDRESS: 0x0020,
  RESPONSE_PORT: 0x0027,
  SOFTWARE: 0x8022,
  FINGERPRINT: 0x8028,
  RESPONSE_ORIGIN: 0x802b,
  OTHER_ADDRESS: 0x802c
})

/** Flags of CHANGE-REQUEST (RFC 5780, section 7.2). */
const CHANGE_IP = 0x04
const CHANGE_PORT = 0x02

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
 * Takes a message apart.
 * @param {Buffer} message one UDP datagram
 * @returns {{ type: number, transaction: Buffer, attributes: Map<number, Buffer>, hasFingerprint: boolean } | null} views
 *   into the message; of several attributes of one type the first counts. null: not a well-formed message
 */
function readMessage(message) {
  if (message.length < HEADER_BYTES || message.length > MAX_MESSAGE_BYTES || message.length % 4 !== 0) return null
  if (message.readUInt32BE(4) !== MAGIC_COOKIE || message.readUInt16BE(2) !== message.length - HEADER_BYTES) return null
  const attributes = new Map()
  let hasFingerprint = false
  for (let at = HEADER_BYTES; at < message.length; ) {
    if (hasFingerprint) return null // it must be the last
    const type = message.readUInt16BE(at)
    const length = message.readUInt16BE(at + 2)
    const next = at + 4 + ((length + 3) & ~3)
    if (next > message.length) return null
    if (type === Attribute.FINGERPRINT) {
      if (length !== 4 || message.readUInt32BE(at + 4) !== fingerprintOf(message, at)) return null
      hasFingerprint = true
    } else if (!attributes.has(type)) attributes.set(type, message.subarray(at + 4, at + 4 + length))
    at = next
  }
  return { type: message.readUInt16BE(0), transaction: message.subarray(8, HEADER_BYTES), attributes, hasFingerprint }
}

/** One attribute as it is written. */
function attribute(type, value) {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3))
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  bytes.set(value, 4)
  return bytes
}

/**
 * Puts a message together; its length counts the fingerprint before that is computed (RFC 8489, section 14.7).
 * @param {number} type
 * @param {Buffer} transaction 12 bytes
 * @param {Buffer[]} attributes of attribute()
 * @param {boolean} [withFingerprint]
 */
function writeMessage(type, transaction, attributes, withFingerprint = false) {
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
    message.set(attribute(Attribute.FINGERPRINT, value), at)
  }
  return message
}

/** What XOR-MAPPED-ADDRESS is masked with: the cookie and the transaction (RFC 8489, section 14.2). */
function maskOf(transaction) {
  const mask = Buffer.alloc(16)
  mask.writeUInt32BE(MAGIC_COOKIE, 0)
  mask.set(transaction, 4)
  return mask
}

/**
 * An attribute that holds an address; with a transaction it is masked, as XOR-MAPPED-ADDRESS is.
 * @param {number} type
 * @param {{ address: string, port: number }} where
 * @param {Buffer} [transaction]
 */
function addressAttribute(type, { address, port }, transaction) {
  const ip = addressBytes(address)
  const value = Buffer.alloc(4 + ip.length)
  value[1] = ip.length === 4 ? 1 : 2
  const mask = transaction ? maskOf(transaction) : Buffer.alloc(16)
  value.writeUInt16BE(port ^ mask.readUInt16BE(0), 2)
  for (const [index, byte] of ip.entries()) value[4 + index] = byte ^ mask[index]
  return attribute(type, value)
}

/**
 * Reads such an attribute's value.
 * @param {Buffer | undefined} value
 * @param {Buffer} [transaction]
 * @returns {{ address: string, port: number } | null} null: it is none
 */
function readAddress(value, transaction) {
  if (!value || !((value[1] === 1 && value.length === 8) || (value[1] === 2 && value.length === 20))) return null
  const mask = transaction ? maskOf(transaction) : Buffer.alloc(16)
  const ip = Buffer.from(value.subarray(4).map((byte, index) => byte ^ mask[index]))
  return { address: addressText(ip), port: value.readUInt16BE(2) ^ mask.readUInt16BE(0) }
}

/** The number an ERROR-CODE's value says, or null (RFC 8489, section 14.8). */
function readErrorCode(value) {
  return value && value.length >= 4 ? (value[2] & 7) * 100 + value[3] : null
}

module.exports = {
  Attribute,
  CHANGE_IP,
  CHANGE_PORT,
  HEADER_BYTES,
  MessageType,
  TRANSACTION_BYTES,
  addressAttribute,
  attribute,
  readAddress,
  readErrorCode,
  readMessage,
  writeMessage
}
