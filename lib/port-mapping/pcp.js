// SPDX-License-Identifier: MIT
'use strict'

// PCP (RFC 6887), the opcodes ANNOUNCE and MAP for UDP over IPv4: reading and writing, no sockets.

const VERSION = 2
const RESPONSE = 0x80
const Opcode = Object.freeze({ ANNOUNCE: 0, MAP: 1 })
const HEADER_BYTES = 24
const NONCE_BYTES = 12
const MAP_BYTES = HEADER_BYTES + 36
const MAX_MESSAGE_BYTES = 1100
const PROTOCOL_UDP = 17
/** ::ffff:0:0/96, as all addresses are written (RFC 6887, section 5). */
const IPV4_MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/** Result codes that are told apart here (RFC 6887, section 7.4). */
const ResultCode = Object.freeze({ SUCCESS: 0, UNSUPP_VERSION: 1 })

function ipv4Mapped(address) {
  return Buffer.concat([IPV4_MAPPED, Buffer.from(address.split('.').map(Number))])
}

/** The IPv4 address of 16 bytes; null: it is not mapped into IPv6. */
function ipv4Of(bytes) {
  return bytes.subarray(0, 12).equals(IPV4_MAPPED) ? bytes.subarray(12).join('.') : null
}

function writeHeader(message, opcode, lifetime, clientAddress) {
  message[0] = VERSION
  message[1] = opcode
  message.writeUInt32BE(lifetime, 4)
  message.set(ipv4Mapped(clientAddress), 8)
  return message
}

/**
 * Asks whether a PCP server is there (RFC 6887, section 14.1).
 * @param {string} clientAddress IPv4, the one it is sent from
 * @returns {Buffer} 24 bytes
 */
function writeAnnounceRequest(clientAddress) {
  return writeHeader(Buffer.alloc(HEADER_BYTES), Opcode.ANNOUNCE, 0, clientAddress)
}

/**
 * Asks for a UDP port (RFC 6887, section 11.1), or gives it back (section 15) with lifetime 0.
 * @param {object} wish
 * @param {string} wish.clientAddress IPv4, the one it is sent from
 * @param {Buffer} wish.nonce 12 bytes, the same for all requests about one mapping
 * @param {number} wish.internalPort
 * @param {number} [wish.externalPort] 0, the default, is any
 * @param {string} [wish.externalAddress] IPv4; '0.0.0.0', the default, is any
 * @param {number} wish.lifetime in seconds
 * @returns {Buffer} 60 bytes
 */
function writeMapRequest({
  clientAddress,
  nonce,
  internalPort,
  externalPort = 0,
  externalAddress = '0.0.0.0',
  lifetime
}) {
  const message = writeHeader(Buffer.alloc(MAP_BYTES), Opcode.MAP, lifetime, clientAddress)
  message.set(nonce, HEADER_BYTES)
  message[HEADER_BYTES + 12] = PROTOCOL_UDP
  message.writeUInt16BE(internalPort, HEADER_BYTES + 16)
  message.writeUInt16BE(externalPort, HEADER_BYTES + 18)
  message.set(ipv4Mapped(externalAddress), HEADER_BYTES + 20)
  return message
}

/** The header of a response (RFC 6887, section 7.2); null: it is none. */
function readHeader(message, opcode) {
  if (message.length < HEADER_BYTES || message.length > MAX_MESSAGE_BYTES || message.length % 4 !== 0) return null
  if (message[0] !== VERSION || message[1] !== (RESPONSE | opcode)) return null
  return { resultCode: message[3], lifetime: message.readUInt32BE(4), epoch: message.readUInt32BE(8) }
}

/**
 * Reads the answer to an ANNOUNCE request; servers also send it unasked when they have lost their mappings.
 * @param {Buffer} message one UDP datagram
 * @returns {{ resultCode: number, lifetime: number, epoch: number } | null} seconds. null: it is none
 */
function readAnnounceResponse(message) {
  return readHeader(message, Opcode.ANNOUNCE)
}

/**
 * Reads the answer to a MAP request (RFC 6887, section 11.1).
 * @param {Buffer} message one UDP datagram
 * @param {{ nonce: Buffer, internalPort: number }} wish what was asked for
 * @returns {{ resultCode: number, lifetime: number, epoch: number, externalPort: number, externalAddress: string | null
 *   } | null} seconds; with another result than 0, `lifetime` is how long that will last, and port and address do not
 *   count. An address of null is not IPv4. null: it is no answer to that question
 */
function readMapResponse(message, { nonce, internalPort }) {
  const header = readHeader(message, Opcode.MAP)
  if (!header || message.length < MAP_BYTES) return null
  const map = message.subarray(HEADER_BYTES)
  if (!map.subarray(0, NONCE_BYTES).equals(nonce) || map[12] !== PROTOCOL_UDP) return null
  if (map.readUInt16BE(16) !== internalPort) return null
  return { ...header, externalPort: map.readUInt16BE(18), externalAddress: ipv4Of(map.subarray(20, 36)) }
}

/**
 * Whether a gateway answered that it does not speak this version: NAT-PMP answers in version 0 (RFC 6886, section 3.5),
 * PCP with UNSUPP_VERSION in a version of its own (RFC 6887, section 9).
 * @param {Buffer} message one UDP datagram
 */
function isVersionRefused(message) {
  if (message.length < 4 || (message[1] & RESPONSE) === 0) return false
  return message[0] === 0 || message[3] === ResultCode.UNSUPP_VERSION
}

module.exports = {
  NONCE_BYTES,
  Opcode,
  ResultCode,
  isVersionRefused,
  readAnnounceResponse,
  readMapResponse,
  writeAnnounceRequest,
  writeMapRequest
}
