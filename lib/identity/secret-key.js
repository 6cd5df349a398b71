// SPDX-License-Identifier: MIT
'use strict'

const util = require('node:util')
const { base32 } = require('../base/base32')
const binding = require('../binding')
const { toBytes } = require('../base/check')
const { IrohError, check } = require('../base/errors')
const keyFile = require('./key-file')

const wiper = new FinalizationRegistry((seed) => binding.wipe(seed))

function invalidKey(detail) {
  return new IrohError('ERR_IROH_INVALID_KEY', { detail })
}

/** An Ed25519 secret key. It never shows itself in text, JSON or logs; its memory is wiped when it is collected. */
class SecretKey {
  #seed
  #nodeId

  /** @private use the static functions */
  constructor(seed) {
    this.#seed = seed
    this.#nodeId = check(binding.keyPublic(seed))
    wiper.register(this, seed)
  }

  /** A fresh key from the system's random source. */
  static generate() {
    return new SecretKey(check(binding.keyGenerate()))
  }

  /** @param {Uint8Array} bytes 32 bytes, copied */
  static fromBytes(bytes) {
    if (!(bytes instanceof Uint8Array) || bytes.length !== 32) throw invalidKey()
    const seed = Buffer.alloc(32)
    seed.set(bytes)
    return new SecretKey(seed)
  }

  /** @param {string} text 64 hex characters */
  static fromHex(text) {
    if (typeof text !== 'string' || text.length !== 64) throw invalidKey('expected 64 hex characters')
    return SecretKey.#parse(text)
  }

  /** @param {string} text 52 base32 characters (RFC 4648, either case, no padding) */
  static fromBase32(text) {
    if (typeof text !== 'string' || text.length !== 52) throw invalidKey('expected 52 base32 characters')
    return SecretKey.#parse(text)
  }

  /**
   * Reads a key from a file that only its owner may read. The file holds 64 hex or 52 base32 characters.
   * @param {string} path
   * @param {{ create?: boolean }} [options] create: make the file (mode 0600) with a fresh key if there is none
   * @throws {IrohError} ERR_IROH_KEY_FILE
   */
  static fromFile(path, { create = false } = {}) {
    let text = keyFile.read(path)
    if (text === null && create) {
      const key = SecretKey.generate()
      if (keyFile.write(path, key.#seed)) return key
      text = keyFile.read(path)
    }
    if (text === null) throw new IrohError('ERR_IROH_KEY_FILE', { detail: `${path} does not exist` })
    const seed = binding.keyParse(text)
    if (typeof seed === 'number') throw new IrohError('ERR_IROH_KEY_FILE', { detail: `${path} holds no key` })
    return new SecretKey(seed)
  }

  /** What the secretKey option takes: a SecretKey, 32 bytes, or a string of 64 hex or 52 base32 characters. */
  static from(value) {
    if (value instanceof SecretKey) return value
    return typeof value === 'string' ? SecretKey.#parse(value) : SecretKey.fromBytes(value)
  }

  static #parse(text) {
    const seed = binding.keyParse(text)
    if (typeof seed === 'number') throw invalidKey()
    return new SecretKey(seed)
  }

  /**
   * Writes the key to a new file with mode 0600.
   * @throws {IrohError} ERR_IROH_KEY_FILE, also when the file exists
   */
  toFile(path) {
    if (!keyFile.write(path, this.#seed)) {
      throw new IrohError('ERR_IROH_KEY_FILE', { detail: `${path} exists already` })
    }
  }

  /** The public half. */
  nodeId() {
    return this.#nodeId
  }

  /**
   * An Ed25519 signature over the bytes.
   * @param {Uint8Array | string} bytes
   * @returns {Buffer} 64 bytes
   */
  sign(bytes) {
    return check(binding.keySign(this.#seed, toBytes(bytes)))
  }

  /** A copy of the 32 secret bytes; yours to wipe. */
  toBytes() {
    const copy = Buffer.alloc(32)
    copy.set(this.#seed)
    return copy
  }

  /** The secret as 64 hex characters. */
  toHex() {
    return this.#seed.toString('hex')
  }

  /** The secret as 52 lower-case base32 characters. */
  toBase32() {
    return base32.encode(this.#seed)
  }

  toString() {
    return `SecretKey(${this.#nodeId.slice(0, 10)}…)`
  }

  toJSON() {
    return this.toString()
  }

  [util.inspect.custom]() {
    return this.toString()
  }
}

module.exports = { SecretKey }
