// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const {
  Attribute,
  CHANGE_IP,
  CHANGE_PORT,
  MessageType,
  addressAttribute,
  attribute,
  readMessage,
  writeMessage
} = require('./message')

// STUN (RFC 8489), the server's side of Binding: it tells a client the address its packets come from. Of NAT behaviour
// discovery (RFC 5780) it does what one address can do: answer from a second port, and to another port.

/** From here on an attribute may be ignored by who does not know it. */
const OPTIONAL = 0x8000
/** What a request may carry that must be understood, and means nothing to a server without accounts. */
const CREDENTIALS = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e])
const MAX_UNKNOWN = 8

/**
 * An answer that does not simply go back.
 * @typedef {{ bytes: Buffer, port: number, isFromOther: boolean }} Reply `port`: the sender's, or the one it asked for;
 *   `isFromOther`: it leaves by the second port
 */

/** The flags of CHANGE-REQUEST; null: there is none, NaN: it is malformed. */
function readChange(value) {
  if (!value) return null
  return value.length === 4 ? value.readUInt32BE(0) & (CHANGE_IP | CHANGE_PORT) : Number.NaN
}

/** RESPONSE-PORT, which some write with the padding counted; null: there is none, NaN: it is malformed. */
function readPort(value) {
  if (!value) return null
  return value.length === 2 || value.length === 4 ? value.readUInt16BE(0) || Number.NaN : Number.NaN
}

function unknownAttributes(types) {
  const value = Buffer.alloc(2 * types.length)
  for (const [index, type] of types.entries()) value.writeUInt16BE(type, 2 * index)
  return attribute(Attribute.UNKNOWN_ATTRIBUTES, value)
}

/** What the request asks for beyond what this server does: attributes it does not know, or a way it has not got. */
function notServed(attributes, change, server) {
  const known = new Set(CREDENTIALS)
  if (server) known.add(Attribute.RESPONSE_PORT)
  const hasWay = (change & CHANGE_IP) === 0 && ((change & CHANGE_PORT) === 0 || server?.otherPort)
  if (server && hasWay) known.add(Attribute.CHANGE_REQUEST)
  return [...attributes.keys()].filter((type) => type < OPTIONAL && !known.has(type)).slice(0, MAX_UNKNOWN)
}

/**
 * Where the answer comes from, and the second port. A server that listens at all its addresses does not know which was
 * asked, and gives the unspecified one.
 */
function origins({ host, port, otherPort }, isFromOther, family) {
  const address = net.isIP(host) === family ? host : { 4: '0.0.0.0', 6: '::' }[family]
  const origin = { address, port: isFromOther ? otherPort : port }
  const other = otherPort && addressAttribute(Attribute.OTHER_ADDRESS, { address, port: otherPort })
  return [addressAttribute(Attribute.RESPONSE_ORIGIN, origin), other].filter(Boolean)
}

/**
 * The response to a Binding request: where it came from, or, if the request carries what must be understood and is not,
 * error 420. A response is never an answer to a response, nor to anything else. RESPONSE-ORIGIN and OTHER-ADDRESS are
 * told to who sends CHANGE-REQUEST, and only in an answer no longer than the request (which may be filled with
 * SOFTWARE): so they make no attack larger.
 * @param {Buffer} message one UDP datagram
 * @param {{ address: string, port: number }} from its source
 * @param {{ host: string, port: number, otherPort: number | null }} [server] where it arrived, and the second port;
 *   without it nothing of RFC 5780 is served
 * @returns {Buffer | Reply | null} a Buffer goes back the way the request came
 */
function answerBinding(message, from, server) {
  const request = readMessage(message)
  if (request?.type !== MessageType.BINDING_REQUEST) return null
  const { transaction, hasFingerprint, attributes } = request
  const change = readChange(attributes.get(Attribute.CHANGE_REQUEST))
  const port = readPort(attributes.get(Attribute.RESPONSE_PORT))
  if (Number.isNaN(change) || Number.isNaN(port)) return null
  const unknown = notServed(attributes, change, server)
  if (unknown.length > 0) {
    const error = [attribute(Attribute.ERROR_CODE, Buffer.of(0, 0, 4, 20)), unknownAttributes(unknown)]
    return writeMessage(MessageType.BINDING_ERROR, transaction, error, hasFingerprint)
  }
  const isFromOther = (change & CHANGE_PORT) !== 0
  const mapped = addressAttribute(Attribute.XOR_MAPPED_ADDRESS, from, transaction)
  const write = (more) => writeMessage(MessageType.BINDING_SUCCESS, transaction, [mapped, ...more], hasFingerprint)
  let bytes = change === null ? write([]) : write(origins(server, isFromOther, net.isIP(from.address)))
  if (change !== null && bytes.length > message.length) bytes = write([])
  return isFromOther || port !== null ? { bytes, port: port ?? from.port, isFromOther } : bytes
}

module.exports = { answerBinding }
