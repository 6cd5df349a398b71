// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const util = require('node:util')
const { base32 } = require('../base/base32')
const binding = require('../binding')
const { invalid } = require('../base/errors')

const TOPIC_BYTES = 32
const HEX = /^[0-9a-f]{64}$/i
const BASE32 = /^[a-z2-7]{52}$/i

function notTopic() {
  return invalid(`a topic is a TopicId, ${TOPIC_BYTES} bytes, or 64 hex or 52 base32 characters`)
}

/** The bytes of base32 text, or undefined. */
function fromBase32(text) {
  try {
    return base32.decode(text.toLowerCase())
  } catch {
    return undefined
  }
}

/** What a gossip topic is called: 32 bytes that whoever joins it has to know. Immutable. */
class TopicId {
  #bytes

  /** @private use the static functions */
  constructor(bytes) {
    this.#bytes = bytes
  }

  /** One that nobody can guess. */
  static random() {
    return new TopicId(crypto.randomBytes(TOPIC_BYTES))
  }

  /** @param {Uint8Array} bytes 32 bytes, copied @throws {IrohError} ERR_IROH_INVALID_ARGUMENT */
  static fromBytes(bytes) {
    if (!(bytes instanceof Uint8Array) || bytes.length !== TOPIC_BYTES) throw notTopic()
    return new TopicId(Buffer.from(bytes))
  }

  /**
   * The topic of a name: BLAKE3 of the UTF-8 of its Unicode form NFC, so that it does not matter how the name was typed.
   * Whoever knows or guesses the name can join.
   * @param {string} name
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  static fromName(name) {
    if (typeof name !== 'string' || name === '')
      throw invalid('the name of a topic must be a string with something in it')
    return new TopicId(binding.blake3(Buffer.from(name.normalize('NFC'))))
  }

  /** @param {string} text 64 hex or 52 base32 characters, either case @throws {IrohError} ERR_IROH_INVALID_ARGUMENT */
  static parse(text) {
    if (typeof text !== 'string') throw notTopic()
    if (HEX.test(text)) return new TopicId(Buffer.from(text, 'hex'))
    const bytes = BASE32.test(text) ? fromBase32(text) : undefined
    if (bytes === undefined) throw notTopic()
    return new TopicId(bytes)
  }

  /** What names a topic: a TopicId, 32 bytes, or text that parse() takes. @throws {IrohError} ERR_IROH_INVALID_ARGUMENT */
  static from(value) {
    if (value instanceof TopicId) return value
    return typeof value === 'string' ? TopicId.parse(value) : TopicId.fromBytes(value)
  }

  /** @returns {Buffer} 32 bytes, a copy */
  toBytes() {
    return Buffer.from(this.#bytes)
  }

  /** @param {TopicId | Uint8Array | string} other @returns {boolean} */
  equals(other) {
    return this.#bytes.equals(TopicId.from(other).#bytes)
  }

  /** 64 hex characters, as iroh-gossip writes it. */
  toString() {
    return this.#bytes.toString('hex')
  }

  /** 52 lower-case base32 characters. */
  toBase32() {
    return base32.encode(this.#bytes)
  }

  toJSON() {
    return this.toString()
  }

  [util.inspect.custom]() {
    return `TopicId(${this.toString()})`
  }
}

module.exports = { TopicId }
