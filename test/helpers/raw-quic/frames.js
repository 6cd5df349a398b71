// SPDX-License-Identifier: MIT
// QUIC frames (RFC 9000 section 19): legal or not as bytes, and bytes as frames.
'use strict'

const { randomBytes } = require('node:crypto')

const largestVarint = (1n << 62n) - 1n

/** A variable-length integer (RFC 9000 section 16). `width`: its bytes, when it shall have more than it needs. */
function varint(value, width) {
  const number = BigInt(value)
  const exponent = width ? Math.log2(width) : number < 64n ? 0 : number < 16384n ? 1 : number < 1n << 30n ? 2 : 3
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(number)
  const out = bytes.subarray(8 - (1 << exponent))
  out[0] |= exponent << 6
  return out
}

const numbers = (type, ...values) => Buffer.concat([varint(type), ...values.map((value) => varint(value))])
const withLength = (data) => Buffer.concat([varint(data.length), data])

/** Each makes the bytes of one frame; all accept values that RFC 9000 forbids. */
const frame = {
  padding: (count = 1) => Buffer.alloc(count),
  ping: () => Buffer.from([0x01]),
  /** `ranges`: pairs of gap and length, after the first range. `ecn`: three counts. */
  ack: (largest, { delay = 0, first = 0, ranges = [], ecn } = {}) =>
    numbers(ecn ? 0x03 : 0x02, largest, delay, ranges.length, first, ...ranges.flat(), ...(ecn ?? [])),
  resetStream: (id, code, finalSize) => numbers(0x04, id, code, finalSize),
  stopSending: (id, code) => numbers(0x05, id, code),
  crypto: (offset, data) => Buffer.concat([numbers(0x06, offset), withLength(data)]),
  newToken: (token) => Buffer.concat([varint(0x07), withLength(token)]),
  stream: (id, data = Buffer.alloc(0), { offset = 0, end = false } = {}) =>
    Buffer.concat([numbers(end ? 0x0f : 0x0e, id, offset), withLength(data)]),
  maxData: (max) => numbers(0x10, max),
  maxStreamData: (id, max) => numbers(0x11, id, max),
  maxStreams: (max, { uni = false } = {}) => numbers(uni ? 0x13 : 0x12, max),
  dataBlocked: (limit) => numbers(0x14, limit),
  streamDataBlocked: (id, limit) => numbers(0x15, id, limit),
  streamsBlocked: (limit, { uni = false } = {}) => numbers(uni ? 0x17 : 0x16, limit),
  newConnectionId: (sequence, retirePriorTo, id = randomBytes(8), token = randomBytes(16)) =>
    Buffer.concat([numbers(0x18, sequence, retirePriorTo), Buffer.from([id.length]), id, token]),
  retireConnectionId: (sequence) => numbers(0x19, sequence),
  pathChallenge: (data = randomBytes(8)) => Buffer.concat([varint(0x1a), data]),
  pathResponse: (data = randomBytes(8)) => Buffer.concat([varint(0x1b), data]),
  close: (code, reason = '', type = 0) => Buffer.concat([numbers(0x1c, code, type), withLength(Buffer.from(reason))]),
  applicationClose: (code, reason = '') => Buffer.concat([numbers(0x1d, code), withLength(Buffer.from(reason))]),
  handshakeDone: () => Buffer.from([0x1e]),
  datagram: (data) => Buffer.concat([varint(0x31), withLength(data)])
}

/** Reads bytes one after the other; throws a RangeError behind the end. */
class Reader {
  #bytes
  #at = 0

  constructor(bytes) {
    this.#bytes = bytes
  }

  get left() {
    return this.#bytes.length - this.#at
  }

  take(count) {
    if (count > this.left) throw new RangeError('bytes are missing')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  uint(width) {
    return this.take(width).readUIntBE(0, width)
  }

  /** What stands behind its own length of `width` bytes. */
  block(width) {
    return this.take(this.uint(width))
  }

  varint() {
    const first = this.take(1)[0]
    let value = BigInt(first & 0x3f)
    for (const byte of this.take((1 << (first >> 6)) - 1)) value = (value << 8n) | BigInt(byte)
    return Number(value)
  }
}

function readAck(reader, type) {
  const largest = reader.varint()
  reader.varint()
  let more = reader.varint()
  let smallest = largest - reader.varint()
  const ranges = [[smallest, largest]]
  for (; more > 0; more--) {
    const top = smallest - reader.varint() - 2
    smallest = top - reader.varint()
    ranges.push([smallest, top])
  }
  if (type === 0x03) for (let count = 0; count < 3; count++) reader.varint()
  return { name: 'ack', ranges }
}

function readStream(reader, type) {
  const id = reader.varint()
  const offset = type & 0x04 ? reader.varint() : 0
  const data = reader.take(type & 0x02 ? reader.varint() : reader.left)
  return { name: 'stream', id, offset, data, end: (type & 0x01) !== 0 }
}

function readNewConnectionId(reader) {
  const sequence = reader.varint()
  const retirePriorTo = reader.varint()
  return { name: 'newConnectionId', sequence, retirePriorTo, id: reader.block(1), token: reader.take(16) }
}

function readClose(reader, type) {
  const code = reader.varint()
  const frameType = type === 0x1c ? reader.varint() : undefined
  const reason = reader.take(reader.varint()).toString()
  return { name: 'close', application: type === 0x1d, code, frameType, reason }
}

/** How many integers the frames have that consist of nothing else. */
const onlyIntegers = new Map([
  [0x01, ['ping', 0]],
  [0x04, ['resetStream', 3]],
  [0x05, ['stopSending', 2]],
  [0x10, ['maxData', 1]],
  [0x11, ['maxStreamData', 2]],
  [0x12, ['maxStreams', 1]],
  [0x13, ['maxStreams', 1]],
  [0x14, ['dataBlocked', 1]],
  [0x15, ['streamDataBlocked', 2]],
  [0x16, ['streamsBlocked', 1]],
  [0x17, ['streamsBlocked', 1]],
  [0x19, ['retireConnectionId', 1]],
  [0x1e, ['handshakeDone', 0]]
])

function readFrame(reader) {
  const type = reader.varint()
  const simple = onlyIntegers.get(type)
  if (simple) return { name: simple[0], type, values: Array.from({ length: simple[1] }, () => reader.varint()) }
  if (type === 0x02 || type === 0x03) return readAck(reader, type)
  if (type >= 0x08 && type <= 0x0f) return readStream(reader, type)
  switch (type) {
    case 0x06:
      return { name: 'crypto', offset: reader.varint(), data: reader.take(reader.varint()) }
    case 0x07:
      return { name: 'newToken', token: reader.take(reader.varint()) }
    case 0x18:
      return readNewConnectionId(reader)
    case 0x1a:
    case 0x1b:
      return { name: type === 0x1a ? 'pathChallenge' : 'pathResponse', data: reader.take(8) }
    case 0x1c:
    case 0x1d:
      return readClose(reader, type)
    case 0x30:
      return { name: 'datagram', data: reader.take(reader.left) }
    case 0x31:
      return { name: 'datagram', data: reader.take(reader.varint()) }
    default:
      throw new RangeError(`a frame of type ${type}`)
  }
}

/** The frames of a payload, PADDING left out. */
function readFrames(payload) {
  const frames = []
  let at = 0
  while (at < payload.length) {
    if (payload[at] === 0) {
      at++
      continue
    }
    const reader = new Reader(payload.subarray(at))
    frames.push(readFrame(reader))
    at = payload.length - reader.left
  }
  return frames
}

module.exports = { frame, largestVarint, Reader, readFrames, varint }
