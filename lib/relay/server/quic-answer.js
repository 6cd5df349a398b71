// SPDX-License-Identifier: MIT
'use strict'

// Real iroh nodes look for QUIC address discovery at UDP port 7842 of a relay, and wait three seconds for it before they
// take any relay as their home. A Version Negotiation packet (RFC 9000, section 17.2.1) tells them at once that there
// is none.

const MIN_INITIAL_BYTES = 1200
const MAX_CID_BYTES = 20
/** Versions of the form 0x?a?a?a?a are reserved: nobody speaks them (RFC 9000, section 15). */
const RESERVED_VERSION = 0x1a2a3a4a
const OTHER_RESERVED_VERSION = 0x2a3a4a5a
/** Real iroh passes a packet by whose fixed bit is not set. */
const FIRST_BYTE = 0xc0

/**
 * Version Negotiation in answer to a QUIC packet with a long header. It is always shorter than what it answers.
 * @param {Buffer} packet one UDP datagram
 * @returns {Buffer | null} null if there is nothing to answer
 */
function answerQuic(packet) {
  if (packet.length < MIN_INITIAL_BYTES || (packet[0] & 0x80) === 0) return null
  const version = packet.readUInt32BE(1)
  if (version === 0) return null // itself Version Negotiation
  const dcidLength = packet[5]
  if (dcidLength > MAX_CID_BYTES) return null
  const dcid = packet.subarray(6, 6 + dcidLength)
  const scidLength = packet[6 + dcidLength]
  if (scidLength > MAX_CID_BYTES) return null
  const scid = packet.subarray(7 + dcidLength, 7 + dcidLength + scidLength)
  const head = Buffer.of(FIRST_BYTE, 0, 0, 0, 0)
  const offered = Buffer.alloc(4)
  offered.writeUInt32BE(version === RESERVED_VERSION ? OTHER_RESERVED_VERSION : RESERVED_VERSION)
  return Buffer.concat([head, Buffer.of(scidLength), scid, Buffer.of(dcidLength), dcid, offered])
}

module.exports = { answerQuic }
