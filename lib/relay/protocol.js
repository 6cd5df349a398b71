// SPDX-License-Identifier: MIT
'use strict'

const { IrohError, invalid } = require('../base/errors')

// The frames of iroh's relay protocol. One frame is one binary WebSocket message: a type, then a body up to the end of
// the message. Types are QUIC variable-length integers (RFC 9000, section 16), all of them below 64 and so one byte.
// Integers are big-endian. Ids are the 32 bytes of a NodeId.

/** Frame types. C: sent by the client, S: sent by the relay. */
const FrameType = Object.freeze({
  /** S, handshake */
  CHALLENGE: 0,
  /** C, handshake */
  AUTH: 1,
  /** S, handshake */
  CONFIRM: 2,
  /** S, handshake */
  DENY: 3,
  /** C: one datagram for a peer */
  SEND: 4,
  /** C: several datagrams for a peer */
  SEND_BATCH: 5,
  /** S: one datagram of a peer */
  RECV: 6,
  /** S: several datagrams of a peer */
  RECV_BATCH: 7,
  /** S: a peer that had sent to us left the relay */
  GONE: 8,
  PING: 9,
  PONG: 10,
  /** S, version 1 only */
  HEALTH: 11,
  /** S */
  RESTARTING: 12,
  /** S, version 2 only */
  STATUS: 13
})

/** What a STATUS frame says; other values may come from newer relays and mean nothing to us. */
const Status = Object.freeze({ HEALTHY: 0, REPLACED: 1, RATE_LIMITED: 2 })

const ID_BYTES = 32
const CHALLENGE_BYTES = 16
const SIGNATURE_BYTES = 64
const PING_BYTES = 8

/** Bytes before the payload of a SEND or RECV frame: type, id, ECN. */
const DATAGRAM_HEADER = 1 + ID_BYTES + 1
/** The same for SEND_BATCH and RECV_BATCH: type, id, ECN, segment size. */
const BATCH_HEADER = DATAGRAM_HEADER + 2
/** A whole frame to send has at most this many bytes. */
const MAX_SEND_FRAME = 65536
/** A frame's body to receive has at most this many bytes. */
const MAX_BODY = 65536
/** The longest message to receive, type and body. */
const MAX_MESSAGE = 1 + MAX_BODY

const VERSIONS = new Map([
  ['iroh-relay-v2', 2],
  ['iroh-relay-v1', 1]
])

/** What Sec-WebSocket-Protocol may name, the newest first. */
const SUBPROTOCOLS = Object.freeze([...VERSIONS.keys()])

const utf8 = new TextDecoder('utf-8', { fatal: true })

function broken(detail) {
  return new IrohError('ERR_IROH_RELAY', { detail })
}

/**
 * The newest protocol both sides know.
 * @param {string | undefined} header the client's Sec-WebSocket-Protocol
 * @returns {string | null} the sub-protocol to answer with
 */
function chooseSubprotocol(header) {
  const offered = (header ?? '').split(',').map((name) => name.trim())
  return SUBPROTOCOLS.find((name) => offered.includes(name)) ?? null
}

/** @returns {1 | 2 | null} the protocol version of a sub-protocol's name */
function versionOf(subprotocol) {
  return VERSIONS.get(subprotocol) ?? null
}

function frameOf(type, ...parts) {
  return Buffer.concat([Buffer.of(type), ...parts])
}

function fixedBytes(value, length, name) {
  if (!(value instanceof Uint8Array) || value.length !== length) throw invalid(`${name} must be ${length} bytes`)
  return value
}

/** LEB128, the lengths of postcard. */
function varint(value) {
  const bytes = []
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  bytes.push(value)
  return Buffer.from(bytes)
}

/** @param {Uint8Array} challenge 16 random bytes */
function encodeChallenge(challenge) {
  return frameOf(FrameType.CHALLENGE, fixedBytes(challenge, CHALLENGE_BYTES, 'challenge'))
}

/**
 * @param {Uint8Array} publicKey 32 bytes
 * @param {Uint8Array} signature 64 bytes
 */
function encodeAuth(publicKey, signature) {
  fixedBytes(publicKey, ID_BYTES, 'publicKey')
  fixedBytes(signature, SIGNATURE_BYTES, 'signature')
  return frameOf(FrameType.AUTH, publicKey, varint(SIGNATURE_BYTES), signature)
}

function encodeConfirm() {
  return Buffer.of(FrameType.CONFIRM)
}

/** @param {string} reason for people, at most about 64 KiB of UTF-8 */
function encodeDeny(reason) {
  const text = Buffer.from(reason)
  return checkSize(frameOf(FrameType.DENY, varint(text.length), text))
}

/** @param {Uint8Array} id the peer that left */
function encodeGone(id) {
  return frameOf(FrameType.GONE, fixedBytes(id, ID_BYTES, 'id'))
}

/** @param {Uint8Array} data 8 bytes that the pong brings back */
function encodePing(data) {
  return frameOf(FrameType.PING, fixedBytes(data, PING_BYTES, 'data'))
}

/** @param {Uint8Array} data the 8 bytes of the ping */
function encodePong(data) {
  return frameOf(FrameType.PONG, fixedBytes(data, PING_BYTES, 'data'))
}

/** Version 1 only. @param {string} problem for people; empty: healthy again */
function encodeHealth(problem) {
  return checkSize(frameOf(FrameType.HEALTH, Buffer.from(problem)))
}

/**
 * @param {number} reconnectInMs when the client should come back
 * @param {number} tryForMs how long it should try
 */
function encodeRestarting(reconnectInMs, tryForMs) {
  const frame = Buffer.alloc(9)
  frame[0] = FrameType.RESTARTING
  frame.writeUInt32BE(reconnectInMs, 1)
  frame.writeUInt32BE(tryForMs, 5)
  return frame
}

/** Version 2 only. @param {number} status a value of Status */
function encodeStatus(status) {
  return Buffer.of(FrameType.STATUS, status)
}

function checkSize(frame) {
  if (frame.length > MAX_SEND_FRAME) throw invalid(`a relay frame has at most ${MAX_SEND_FRAME} bytes`)
  return frame
}

function encodeDatagrams(single, batch, { id, ecn = 0, segmentSize = 0, payload }) {
  fixedBytes(id, ID_BYTES, 'id')
  if (payload.length === 0) throw invalid('the payload of a relay frame must not be empty')
  const batched = segmentSize > 0 && payload.length > segmentSize
  const header = batched ? BATCH_HEADER : DATAGRAM_HEADER
  if (header + payload.length > MAX_SEND_FRAME) throw invalid(`a relay frame has at most ${MAX_SEND_FRAME} bytes`)
  const frame = Buffer.allocUnsafe(header + payload.length)
  frame[0] = batched ? batch : single
  frame.set(id, 1)
  frame[1 + ID_BYTES] = ecn & 3
  if (batched) frame.writeUInt16BE(segmentSize, DATAGRAM_HEADER)
  frame.set(payload, header)
  return frame
}

/**
 * A frame for the relay to forward: SEND, or SEND_BATCH when the payload holds more than one segment.
 * @param {{ id: Uint8Array, ecn?: number, segmentSize?: number, payload: Uint8Array }} datagrams `id`: the receiver.
 *   `ecn`: the IP header's two bits. The payload is datagrams of `segmentSize` bytes each, of which the last may be
 *   shorter; 0: it is one datagram
 */
function encodeSend(datagrams) {
  return encodeDatagrams(FrameType.SEND, FrameType.SEND_BATCH, datagrams)
}

/** What the relay makes of encodeSend's frame for the receiver; `id` is the sender. */
function encodeRecv(datagrams) {
  return encodeDatagrams(FrameType.RECV, FrameType.RECV_BATCH, datagrams)
}

/** The datagrams of a decoded SEND, SEND_BATCH, RECV or RECV_BATCH frame, as views of it. */
function splitDatagrams({ segmentSize, payload }) {
  if (segmentSize === 0) return [payload]
  const datagrams = []
  for (let at = 0; at < payload.length; at += segmentSize) datagrams.push(payload.subarray(at, at + segmentSize))
  return datagrams
}

function decodeText(bytes, name) {
  try {
    return utf8.decode(bytes)
  } catch {
    throw broken(`a ${name} frame is not UTF-8`)
  }
}

function decodeDeny(frame) {
  let length = 0
  let at = 1
  for (let shift = 0; ; shift += 7) {
    if (at === frame.length || shift > 14) throw broken('a deny frame has a wrong length')
    const byte = frame[at++]
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  if (at + length !== frame.length) throw broken('a deny frame has a wrong length')
  return { type: FrameType.DENY, reason: decodeText(frame.subarray(at), 'deny') }
}

function decodeDatagram(frame) {
  if (frame.length <= DATAGRAM_HEADER) throw broken('a datagram frame is too short')
  return {
    type: frame[0],
    id: frame.subarray(1, 1 + ID_BYTES),
    ecn: frame[1 + ID_BYTES] & 3,
    segmentSize: 0,
    payload: frame.subarray(DATAGRAM_HEADER)
  }
}

function decodeBatch(frame) {
  if (frame.length <= BATCH_HEADER) throw broken('a datagram batch frame is too short')
  return {
    type: frame[0],
    id: frame.subarray(1, 1 + ID_BYTES),
    ecn: frame[1 + ID_BYTES] & 3,
    segmentSize: frame.readUInt16BE(DATAGRAM_HEADER),
    payload: frame.subarray(BATCH_HEADER)
  }
}

function decodeAuth(frame) {
  const signature = 1 + ID_BYTES + 1
  expectLength(frame, signature + SIGNATURE_BYTES)
  if (frame[signature - 1] !== SIGNATURE_BYTES) throw broken('an auth frame has no signature of 64 bytes')
  return { type: FrameType.AUTH, publicKey: frame.subarray(1, signature - 1), signature: frame.subarray(signature) }
}

function expectLength(frame, length) {
  if (frame.length !== length) throw broken(`a frame of type ${frame[0]} has ${frame.length} bytes and not ${length}`)
}

/** A decoder for frames of a type and one field of fixed length. */
function decodeField(name, length) {
  return (frame) => {
    expectLength(frame, 1 + length)
    return { type: frame[0], [name]: frame.subarray(1) }
  }
}

function decodeConfirm(frame) {
  expectLength(frame, 1)
  return { type: FrameType.CONFIRM }
}

function decodeRestarting(frame) {
  expectLength(frame, 9)
  return { type: FrameType.RESTARTING, reconnectInMs: frame.readUInt32BE(1), tryForMs: frame.readUInt32BE(5) }
}

function decodeHealth(frame) {
  return { type: FrameType.HEALTH, problem: decodeText(frame.subarray(1), 'health') }
}

/** What follows the status byte is for newer clients than we are. */
function decodeStatus(frame) {
  if (frame.length < 2) throw broken('a status frame is too short')
  return { type: FrameType.STATUS, status: frame[1] }
}

const decodePing = decodeField('data', PING_BYTES)
const decodePeer = decodeField('id', ID_BYTES)

const clientHandshake = new Map([[FrameType.AUTH, decodeAuth]])

const relayHandshake = new Map([
  [FrameType.CHALLENGE, decodeField('challenge', CHALLENGE_BYTES)],
  [FrameType.CONFIRM, decodeConfirm],
  [FrameType.DENY, decodeDeny]
])

const clientFrames = new Map([
  [FrameType.SEND, decodeDatagram],
  [FrameType.SEND_BATCH, decodeBatch],
  [FrameType.PING, decodePing],
  [FrameType.PONG, decodePing]
])

const relayFrames = new Map([
  [FrameType.RECV, decodeDatagram],
  [FrameType.RECV_BATCH, decodeBatch],
  [FrameType.GONE, decodePeer],
  [FrameType.PING, decodePing],
  [FrameType.PONG, decodePing],
  [FrameType.RESTARTING, decodeRestarting]
])

const relayFramesOf = {
  1: new Map([...relayFrames, [FrameType.HEALTH, decodeHealth]]),
  2: new Map([...relayFrames, [FrameType.STATUS, decodeStatus]])
}

function decode(decoders, frame) {
  if (frame.length === 0) throw broken('an empty frame')
  if (frame.length > MAX_MESSAGE) throw broken(`a frame of ${frame.length} bytes`)
  const decoder = decoders.get(frame[0])
  if (!decoder) throw broken(`a frame of type ${frame[0]} is unknown or out of place`)
  return decoder(frame)
}

/**
 * Reads a frame of the relay that belongs to the handshake: CHALLENGE, CONFIRM or DENY.
 *
 * All four decoders give `{ type, ...fields }`; byte fields are views of the frame. Fields by type: CHALLENGE
 * `challenge`, AUTH `publicKey` `signature`, DENY `reason`, SEND, SEND_BATCH, RECV and RECV_BATCH `id` `ecn`
 * `segmentSize` (0: one datagram) `payload`, GONE `id`, PING and PONG `data`, HEALTH `problem`, RESTARTING
 * `reconnectInMs` `tryForMs`, STATUS `status`.
 * @param {Buffer} frame one binary WebSocket message
 * @throws {IrohError} ERR_IROH_RELAY for a frame that is malformed, unknown or out of place: the session is over
 */
function decodeRelayHandshake(frame) {
  return decode(relayHandshake, frame)
}

/** Reads a frame of the client that belongs to the handshake: AUTH. */
function decodeClientHandshake(frame) {
  return decode(clientHandshake, frame)
}

/** Reads a frame of the relay after the handshake. @param {1 | 2} version the session's */
function decodeFromRelay(frame, version) {
  return decode(relayFramesOf[version], frame)
}

/** Reads a frame of the client after the handshake. */
function decodeFromClient(frame) {
  return decode(clientFrames, frame)
}

module.exports = {
  BATCH_HEADER,
  CHALLENGE_BYTES,
  DATAGRAM_HEADER,
  FrameType,
  ID_BYTES,
  MAX_BODY,
  MAX_MESSAGE,
  MAX_SEND_FRAME,
  PING_BYTES,
  SIGNATURE_BYTES,
  SUBPROTOCOLS,
  Status,
  chooseSubprotocol,
  decodeClientHandshake,
  decodeFromClient,
  decodeFromRelay,
  decodeRelayHandshake,
  encodeAuth,
  encodeChallenge,
  encodeConfirm,
  encodeDeny,
  encodeGone,
  encodeHealth,
  encodePing,
  encodePong,
  encodeRecv,
  encodeRestarting,
  encodeSend,
  encodeStatus,
  splitDatagrams,
  versionOf
}
