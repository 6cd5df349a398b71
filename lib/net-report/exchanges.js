// SPDX-License-Identifier: MIT
'use strict'

const {
  Attribute,
  CHANGE_PORT,
  MessageType,
  TRANSACTION_BYTES,
  attribute,
  readAddress,
  readErrorCode,
  readMessage,
  writeMessage
} = require('../stun/message')

const BINDING_INDICATION = 0x0011
/** The answer with RESPONSE-ORIGIN and OTHER-ADDRESS over IPv6 has 92 bytes: a relay wants as many of the request. */
const FILLING_BYTES = 64
const CID_BYTES = 8
const MIN_INITIAL_BYTES = 1200
/** Nobody speaks it (RFC 9000, section 15). */
const RESERVED_VERSION = 0x1a2a3a4a

/** What an answer says: { mapped, otherPort } or { errorCode }. */
function readBinding(datagram, id) {
  const message = readMessage(datagram)
  if (!message?.transaction.equals(id)) return null
  const { type, attributes } = message
  if (type === MessageType.BINDING_ERROR) return { errorCode: readErrorCode(attributes.get(Attribute.ERROR_CODE)) ?? 0 }
  if (type !== MessageType.BINDING_SUCCESS) return null
  const mapped = readAddress(attributes.get(Attribute.XOR_MAPPED_ADDRESS), id)
  return mapped && { mapped, otherPort: readAddress(attributes.get(Attribute.OTHER_ADDRESS))?.port ?? null }
}

function binding(...attributes) {
  return {
    idBytes: TRANSACTION_BYTES,
    write: (id) => writeMessage(MessageType.BINDING_REQUEST, id, attributes),
    read: readBinding
  }
}

/** A Binding request (RFC 8489). */
const plainBinding = binding()

/** Asks for nothing but to be told the second port (RFC 5780, section 7.2); a server that knows no RFC 5780 refuses. */
const secondPort = binding(
  attribute(Attribute.CHANGE_REQUEST, Buffer.alloc(4)),
  attribute(Attribute.SOFTWARE, Buffer.alloc(FILLING_BYTES, ' '))
)

/** Asks for an answer from the second port. */
const fromSecondPort = binding(attribute(Attribute.CHANGE_REQUEST, Buffer.of(0, 0, 0, CHANGE_PORT)))

/** Asks for an answer to another port of ours (RFC 5780, section 7.5). */
function toPort(port) {
  return binding(attribute(Attribute.RESPONSE_PORT, Buffer.of(port >> 8, port & 0xff, 0, 0)))
}

/** A datagram to ourselves: an indication, which nobody answers if it comes to somebody else. */
const toOurselves = {
  idBytes: TRANSACTION_BYTES,
  write: (id) => writeMessage(BINDING_INDICATION, id, []),
  read: (datagram, id) => (readMessage(datagram)?.transaction.equals(id) ? true : null)
}

function writeInitial(id) {
  const packet = Buffer.alloc(MIN_INITIAL_BYTES)
  packet[0] = 0xc0
  packet.writeUInt32BE(RESERVED_VERSION, 1)
  packet[5] = CID_BYTES
  id.copy(packet, 6, 0, CID_BYTES)
  packet[6 + CID_BYTES] = CID_BYTES
  id.copy(packet, 7 + CID_BYTES, CID_BYTES)
  return packet
}

/** Version Negotiation names our connection ids the other way round (RFC 9000, section 17.2.1). */
function readVersionNegotiation(packet, id) {
  const ids = 7 + 2 * CID_BYTES
  if (packet.length < ids + 4 || (packet[0] & 0x80) === 0 || packet.readUInt32BE(1) !== 0) return null
  const [first, second] = [packet.subarray(6, 6 + CID_BYTES), packet.subarray(7 + CID_BYTES, ids)]
  const isOurs = packet[5] === CID_BYTES && packet[6 + CID_BYTES] === CID_BYTES
  return isOurs && first.equals(id.subarray(CID_BYTES)) && second.equals(id.subarray(0, CID_BYTES)) ? true : null
}

/** A first packet in a version nobody speaks: every QUIC server answers it (RFC 9000, section 6). */
const quicVersion = { idBytes: 2 * CID_BYTES, write: writeInitial, read: readVersionNegotiation }

module.exports = { fromSecondPort, plainBinding, quicVersion, secondPort, toOurselves, toPort }
