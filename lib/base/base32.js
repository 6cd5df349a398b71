// SPDX-License-Identifier: MIT
'use strict'

/** Base 32 without padding, with the characters of one alphabet. */
class Base32 {
  #alphabet
  #values

  /** @param {string} alphabet 32 characters */
  constructor(alphabet) {
    this.#alphabet = alphabet
    this.#values = new Map(Array.from(alphabet, (character, value) => [character, value]))
  }

  /** @param {Uint8Array} bytes @returns {string} */
  encode(bytes) {
    let text = ''
    let bits = 0
    let held = 0
    for (const byte of bytes) {
      held = (held << 8) | byte
      for (bits += 8; bits >= 5; bits -= 5) text += this.#alphabet[(held >> (bits - 5)) & 31]
      held &= 0xff
    }
    return bits > 0 ? text + this.#alphabet[(held << (5 - bits)) & 31] : text
  }

  /**
   * @param {string} text
   * @returns {Buffer}
   * @throws {Error} what is wrong with it, in words: a character, its length, or bits that stand for nothing
   */
  decode(text) {
    const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8))
    let at = 0
    let bits = 0
    let held = 0
    for (let index = 0; index < text.length; index++) {
      const value = this.#values.get(text[index])
      if (value === undefined) {
        throw new Error(`character ${index + 1} of its base32 text, ${JSON.stringify(text[index])}, is none of base32`)
      }
      held = (held << 5) | value
      bits += 5
      if (bits < 8) continue
      bits -= 8
      bytes[at++] = held >> bits
      held &= (1 << bits) - 1
    }
    if (bits >= 5) throw new Error(`its base32 text cannot have ${text.length} characters`)
    if (held !== 0) throw new Error('its base32 text ends with bits that are not zero')
    return bytes
  }
}

/** RFC 4648, section 6, in lower case. */
const base32 = new Base32('abcdefghijklmnopqrstuvwxyz234567')
/** z-base-32, as pkarr writes keys. */
const zBase32 = new Base32('ybndrfg8ejkmcpqxot1uwisza345h769')

module.exports = { base32, zBase32 }
