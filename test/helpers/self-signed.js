// SPDX-License-Identifier: MIT
// A self-signed TLS certificate for loopback (RFC 5280), made on the spot.
'use strict'

const crypto = require('node:crypto')

const SEQUENCE = 0x30
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex')
const ED25519 = Buffer.from('300506032b6570', 'hex')

function der(tag, ...parts) {
  const body = Buffer.concat(parts)
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), body])
}

function time(date) {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`)) // GeneralizedTime
}

/** @returns {{ cert: string, key: string }} PEM, for localhost, 127.0.0.1 and ::1, good for a day */
function selfSigned(commonName = 'localhost') {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519')
  const name = der(SEQUENCE, der(0x31, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(commonName)))))
  const day = 86400000
  const validity = der(SEQUENCE, time(new Date(Date.now() - day)), time(new Date(Date.now() + day)))
  const names = [
    der(0x82, Buffer.from('localhost')),
    der(0x87, Buffer.of(127, 0, 0, 1)),
    der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.of(1)]))
  ]
  const extension = der(SEQUENCE, SUBJECT_ALT_NAME, der(0x04, der(SEQUENCE, ...names)))
  const serial = der(0x02, Buffer.concat([Buffer.of(1), crypto.randomBytes(8)]))
  const version = der(0xa0, der(0x02, Buffer.of(2)))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const toSign = der(
    SEQUENCE,
    version,
    serial,
    ED25519,
    name,
    validity,
    name,
    spki,
    der(0xa3, der(SEQUENCE, extension))
  )
  const signature = der(0x03, Buffer.of(0), crypto.sign(null, toSign, privateKey))
  const certificate = der(SEQUENCE, toSign, ED25519, signature)
    .toString('base64')
    .match(/.{1,64}/g)
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' })
  }
}

module.exports = { selfSigned }
