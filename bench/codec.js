// SPDX-License-Identifier: MIT
'use strict'

// The JSON and framing work of the peers that have no message framing of their own: [u32 big-endian length][JSON].
// It is as fast as plain JavaScript gets here, so that those peers are measured at their best.

const { isAscii } = require('node:buffer')

const HEADER_BYTES = 4
const HEADER_ROOM = '\0\0\0\0'
const SLAB_BYTES = 64 * 1024
const JOINED_BELOW = 512
const TEXT_LIMIT = 16 * 1024
const ASCII_CHECK_PAYS_FROM = 512

/**
 * Turns the envelopes of one turn into a few buffers of frames. Small ones are joined as text and written at once,
 * larger ones each into the slab: what measured fastest.
 */
class FrameWriter {
  #text = ''
  #lengths = []
  #slab = Buffer.allocUnsafe(SLAB_BYTES)
  #start = 0
  #end = 0
  #chunks = []
  #waiting = 0

  /** Characters waiting; the same as bytes for ASCII. */
  get length() {
    return this.#waiting
  }

  /** @param {object} envelope Any JSON value. */
  add(envelope) {
    const json = JSON.stringify(envelope)
    this.#waiting += HEADER_BYTES + json.length
    if (json.length < JOINED_BELOW) {
      this.#text += HEADER_ROOM + json
      this.#lengths.push(json.length)
      if (this.#text.length > TEXT_LIMIT) this.#encodeText()
    } else {
      this.#encodeText()
      const length = Buffer.byteLength(json)
      this.#reserve(HEADER_BYTES + length)
      this.#writeHeader(length)
      this.#write(json, length)
    }
  }

  /** @returns {Buffer[]} Every frame added since the last call. */
  take() {
    this.#encodeText()
    this.#closeChunk()
    const chunks = this.#chunks
    this.#chunks = []
    this.#waiting = 0
    return chunks
  }

  #encodeText() {
    const text = this.#text
    if (text === '') return
    const lengths = this.#lengths
    this.#text = ''
    this.#lengths = []
    const size = Buffer.byteLength(text)
    if (size !== text.length) countBytes(text, lengths)
    this.#reserve(size)
    const start = this.#end
    this.#write(text, size)
    const end = this.#end
    this.#end = start
    for (const length of lengths) {
      this.#writeHeader(length)
      this.#end += length
    }
    this.#end = end
  }

  #reserve(size) {
    if (this.#end + size <= this.#slab.length) return
    this.#closeChunk()
    this.#slab = Buffer.allocUnsafe(Math.max(size, SLAB_BYTES))
    this.#start = 0
    this.#end = 0
  }

  #closeChunk() {
    if (this.#end === this.#start) return
    this.#chunks.push(this.#slab.subarray(this.#start, this.#end))
    this.#start = this.#end
  }

  #writeHeader(length) {
    const slab = this.#slab
    slab[this.#end] = length >>> 24
    slab[this.#end + 1] = length >>> 16
    slab[this.#end + 2] = length >>> 8
    slab[this.#end + 3] = length
    this.#end += HEADER_BYTES
  }

  #write(text, size) {
    if (size === text.length) this.#slab.latin1Write(text, this.#end)
    else this.#slab.utf8Write(text, this.#end)
    this.#end += size
  }
}

/** Turns the lengths of joined frames from characters into bytes. */
function countBytes(text, lengths) {
  let start = 0
  for (let i = 0; i < lengths.length; i++) {
    const end = start + HEADER_BYTES + lengths[i]
    lengths[i] = Buffer.byteLength(text.slice(start + HEADER_BYTES, end))
    start = end
  }
}

/** Splits chunks of a byte stream into envelopes and dispatches each on a target. */
class FrameReader {
  #target
  #frame = Buffer.alloc(HEADER_BYTES)
  #have = 0

  /** @param {EventTarget} target Where the envelopes are dispatched. */
  constructor(target) {
    this.#target = target
  }

  /** @param {Buffer} chunk The next bytes of the stream. */
  push(chunk) {
    let offset = this.#have > 0 ? this.#complete(chunk) : 0
    while (offset + HEADER_BYTES <= chunk.length) {
      const start = offset + HEADER_BYTES
      const end = start + readLength(chunk, offset)
      if (end > chunk.length) break
      dispatch(this.#target, decode(chunk, start, end))
      offset = end
    }
    if (offset < chunk.length) this.#begin(chunk, offset)
  }

  /** Keeps the beginning of a frame whose end is in a later chunk. */
  #begin(chunk, offset) {
    const known = offset + HEADER_BYTES <= chunk.length
    this.#frame = Buffer.allocUnsafe(HEADER_BYTES + (known ? readLength(chunk, offset) : 0))
    this.#have = chunk.copy(this.#frame, 0, offset)
  }

  /** Adds to the kept beginning. Returns how much of the chunk it took. */
  #complete(chunk) {
    let offset = 0
    if (this.#have < HEADER_BYTES) {
      const taken = chunk.copy(this.#frame, this.#have, 0, HEADER_BYTES - this.#have)
      this.#have += taken
      offset = taken
      if (this.#have < HEADER_BYTES) return offset
      const whole = Buffer.allocUnsafe(HEADER_BYTES + readLength(this.#frame, 0))
      this.#frame.copy(whole, 0, 0, HEADER_BYTES)
      this.#frame = whole
    }
    const taken = chunk.copy(this.#frame, this.#have, offset)
    this.#have += taken
    offset += taken
    if (this.#have === this.#frame.length) {
      this.#have = 0
      dispatch(this.#target, decode(this.#frame, HEADER_BYTES, this.#frame.length))
    }
    return offset
  }
}

function readLength(bytes, offset) {
  return bytes[offset] * 0x1000000 + ((bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3])
}

/**
 * The text of UTF-8 bytes, over the faster one-byte way where they are ASCII.
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} end
 * @returns {string}
 */
function decode(bytes, start, end) {
  if (end - start >= ASCII_CHECK_PAYS_FROM && isAscii(bytes.subarray(start, end))) return bytes.latin1Slice(start, end)
  return bytes.utf8Slice(start, end)
}

/**
 * The receiving half of the job: parse, make the event, dispatch it.
 * @param {EventTarget} target
 * @param {string} json One envelope.
 */
function dispatch(target, json) {
  const envelope = JSON.parse(json)
  const name = envelope.id ? `${envelope.type}:${envelope.id}` : envelope.type
  target.dispatchEvent(new CustomEvent(name, { detail: envelope }))
}

module.exports = { FrameReader, FrameWriter, decode, dispatch }
