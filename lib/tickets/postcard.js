// SPDX-License-Identifier: MIT
'use strict'

// The part of postcard (its wire format, version 1) that tickets use: whole numbers as LEB128, byte strings.

const { malformed } = require('./malformed')

/** A u64 takes ten groups of 7 bits at most. */
const MAX_VARINT_BYTES = 10

/** Reads strictly: what an encoder would not have written is refused. Errors tell where, counting bytes from 1. */
class PostcardReader {
  #bytes
  #at = 0

  /** @param {Buffer} bytes */
  constructor(bytes) {
    this.#bytes = bytes
  }

  /** The next byte. @param {string} what it is, for the error */
  byte(what) {
    return this.take(1, what)[0]
  }

  /** The next bytes, not copied. */
  take(count, what) {
    const left = this.#bytes.length - this.#at
    if (count > left)
      throw malformed(`it ends at byte ${this.#bytes.length}, within ${what}: ${count - left} more needed`)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  /** The next whole number, 0 to `max`; above 2^53 it is not exact. */
  varint(max, what) {
    const start = this.#at + 1
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.byte(what)
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte >= 0x80) continue
      if (byte === 0 && index > 0) throw malformed(`byte ${start}: ${what} is written longer than needed`)
      if (value > max) throw malformed(`byte ${start}: ${what} is ${value}, more than ${max}`)
      return value
    }
    throw malformed(`byte ${start}: ${what} is a number without end`)
  }

  /** Says where the reader is, in errors. */
  get position() {
    return this.#at
  }

  /** Nothing may be left. */
  end() {
    const left = this.#bytes.length - this.#at
    if (left > 0) throw malformed(`${left} bytes too many follow byte ${this.#at}`)
  }
}

/** @param {number} value 0 to 2^32 - 1 @returns {number[]} its bytes, lowest first */
function varint(value) {
  const bytes = []
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return [...bytes, left]
    bytes.push((left & 0x7f) | 0x80)
  }
}

module.exports = { PostcardReader, varint }
