// SPDX-License-Identifier: MIT
// First packets of QUIC clients (RFC 9000 section 17.2.2, RFC 9001 section 5), with any frames in them.
'use strict'

const { createCipheriv, createHmac, randomBytes } = require('node:crypto')

const SALT = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex')
const LENGTH = 1200
const TAG_LENGTH = 16

function hmac(key, data) {
  return createHmac('sha256', key).update(data).digest()
}

/** HKDF-Expand-Label of at most one hash. */
function expand(secret, label, length) {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])])
  return hmac(secret, info).subarray(0, length)
}

function keysOf(dcid) {
  const secret = expand(hmac(SALT, dcid), 'client in', 32)
  return { key: expand(secret, 'quic key', 16), iv: expand(secret, 'quic iv', 12), hp: expand(secret, 'quic hp', 16) }
}

function varint2(value) {
  return Buffer.from([0x40 | (value >> 8), value & 0xff])
}

/** The first `length` bytes of a ClientHello that says it has 500, in a CRYPTO frame. */
function cryptoFrame(length = 4) {
  const hello = Buffer.alloc(length)
  hello.set([1, 0, 1, 0xf0].slice(0, length))
  return Buffer.concat([Buffer.from([6, 0]), varint2(length), hello])
}

/**
 * An Initial of 1,200 bytes.
 * @param {{ frames?: Buffer, dcid?: Buffer, scid?: Buffer, token?: Buffer }} [packet]
 */
function initial({
  frames = cryptoFrame(),
  dcid = randomBytes(8),
  scid = randomBytes(8),
  token = Buffer.alloc(0)
} = {}) {
  const start = Buffer.concat([
    Buffer.from([0xc0, 0, 0, 0, 1, dcid.length]),
    dcid,
    Buffer.from([scid.length]),
    scid,
    varint2(token.length),
    token
  ])
  const sealedLength = LENGTH - start.length - 3
  const header = Buffer.concat([start, varint2(sealedLength + 1), Buffer.from([0])])
  const { key, iv, hp } = keysOf(dcid)
  const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(header)
  const plain = Buffer.concat([frames, Buffer.alloc(sealedLength - TAG_LENGTH - frames.length)])
  const packet = Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  const numberAt = header.length - 1
  const mask = createCipheriv('aes-128-ecb', hp, null).update(packet.subarray(numberAt + 4, numberAt + 20))
  packet[0] ^= mask[0] & 0x0f
  packet[numberAt] ^= mask[1]
  return packet
}

/** What a Retry asks for, or undefined when the packet is none. */
function readRetry(packet) {
  if ((packet[0] & 0xf0) !== 0xf0) return undefined
  const scidAt = 7 + packet[5]
  const tokenAt = scidAt + packet[scidAt - 1]
  return { dcid: packet.subarray(scidAt, tokenAt), token: packet.subarray(tokenAt, -TAG_LENGTH) }
}

module.exports = { cryptoFrame, initial, readRetry }
