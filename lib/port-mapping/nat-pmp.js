// SPDX-License-Identifier: MIT
'use strict'

// NAT-PMP (RFC 6886): reading and writing, no sockets.

const VERSION = 0
const RESPONSE = 0x80
const Opcode = Object.freeze({ EXTERNAL_ADDRESS: 0, MAP_UDP: 1 })
const EXTERNAL_ADDRESS_RESPONSE_BYTES = 12
const MAP_BYTES = 12
const MAP_RESPONSE_BYTES = 16

/** Result codes (RFC 6886, section 3.5). */
const ResultCode = Object.freeze({
  SUCCESS: 0,
  UNSUPPORTED_VERSION: 1,
  NOT_AUTHORIZED: 2,
  NETWORK_FAILURE: 3,
  OUT_OF_RESOURCES: 4,
  UNSUPPORTED_OPCODE: 5
})

/** Asks for the external address (RFC 6886, section 3.2). @returns {Buffer} 2 bytes */
function writeExternalAddressRequest() {
  return Buffer.of(VERSION, Opcode.EXTERNAL_ADDRESS)
}

/**
 * Asks for a UDP port (RFC 6886, section 3.3), or gives it back (3.4) with lifetime 0 and external port 0.
 * @param {{ internalPort: number, externalPort?: number, lifetime: number }} wish `externalPort`: 0, the default, is any;
 *   `lifetime` in seconds
 * @returns {Buffer} 12 bytes
 */
function writeMapRequest({ internalPort, externalPort = 0, lifetime }) {
  const message = Buffer.alloc(MAP_BYTES)
  message[0] = VERSION
  message[1] = Opcode.MAP_UDP
  message.writeUInt16BE(internalPort, 4)
  message.writeUInt16BE(externalPort, 6)
  message.writeUInt32BE(lifetime, 8)
  return message
}

function isResponse(message, opcode, bytes) {
  return message.length === bytes && message[0] === VERSION && message[1] === (RESPONSE | opcode)
}

/**
 * Reads the answer to an external address request; gateways also send it unasked when their address has changed.
 * @param {Buffer} message one UDP datagram
 * @returns {{ resultCode: number, epoch: number, externalAddress: string } | null} `epoch` in seconds; the address counts
 *   with result 0 only. null: it is none
 */
function readExternalAddressResponse(message) {
  if (!isResponse(message, Opcode.EXTERNAL_ADDRESS, EXTERNAL_ADDRESS_RESPONSE_BYTES)) return null
  return {
    resultCode: message.readUInt16BE(2),
    epoch: message.readUInt32BE(4),
    externalAddress: message.subarray(8).join('.')
  }
}

/**
 * Reads the answer to a map request.
 * @param {Buffer} message one UDP datagram
 * @param {number} internalPort what was asked for
 * @returns {{ resultCode: number, epoch: number, externalPort: number, lifetime: number } | null} seconds; port and
 *   lifetime count with result 0 only. null: it is none, or one to another question
 */
function readMapResponse(message, internalPort) {
  if (!isResponse(message, Opcode.MAP_UDP, MAP_RESPONSE_BYTES) || message.readUInt16BE(8) !== internalPort) return null
  return {
    resultCode: message.readUInt16BE(2),
    epoch: message.readUInt32BE(4),
    externalPort: message.readUInt16BE(10),
    lifetime: message.readUInt32BE(12)
  }
}

module.exports = {
  Opcode,
  ResultCode,
  readExternalAddressResponse,
  readMapResponse,
  writeExternalAddressRequest,
  writeMapRequest
}
