// SPDX-License-Identifier: MIT
'use strict'

// A throw-away self-signed certificate for the TLS peers, made in memory: no key lies in the tree, no tool is needed.

const { generateKeyPairSync, randomUUID, sign } = require('node:crypto')

const DAY_MS = 24 * 3600 * 1000
/** What signs in the name of a certificate that was made here. */
const signers = new WeakMap()

/**
 * A fresh P-256 key and a certificate signed by itself, or by another (RFC 5280 section 4.1).
 * @param {object} [about]
 * @param {string} [about.host] the host name in the certificate; default localhost
 * @param {number} [about.from] since when it is valid, in ms since 1970; default a day ago
 * @param {number} [about.to] until when; default in a day
 * @param {boolean} [about.isAuthority] whether it may sign others
 * @param {{ key: string, cert: string }} [about.issuer] the authority that signs it: an object that this function gave
 * @returns {{ key: string, cert: string }} Both PEM.
 */
function createCertificate({
  host = 'localhost',
  from = Date.now() - DAY_MS,
  to = Date.now() + DAY_MS,
  isAuthority = false,
  issuer
} = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
  // No two have the same subject: who trusts several finds the issuer by it.
  const subject = `${host} ${randomUUID()}`
  const name = sequence(der(0x31, sequence(oid([0x55, 0x04, 0x03]), der(0x0c, Buffer.from(subject)))))
  const subjectAltName = sequence(oid([0x55, 0x1d, 0x11]), der(0x04, sequence(der(0x82, Buffer.from(host)))))
  const signer = signers.get(issuer) ?? { name, privateKey }
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    signer.name,
    sequence(utcTime(from), utcTime(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(subjectAltName, ...(isAuthority ? [authorityConstraint()] : [])))
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, signer.privateKey))
  const base64 = sequence(body, ecdsaWithSha256, signature).toString('base64')
  const cert = `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
  const made = { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert }
  signers.set(made, { name, privateKey })
  return made
}

/** The extension of a certificate that may sign others (RFC 5280, section 4.2.1.9). */
function authorityConstraint() {
  const yes = der(0x01, Buffer.from([0xff]))
  return sequence(oid([0x55, 0x1d, 0x13]), yes, der(0x04, sequence(yes)))
}

/** One DER element: tag, length, content (X.690 section 8.1). */
function der(tag, ...parts) {
  const content = Buffer.concat(parts)
  const length = content.length
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length]
  return Buffer.concat([Buffer.from(head), content])
}

function sequence(...parts) {
  return der(0x30, ...parts)
}

function oid(bytes) {
  return der(0x06, Buffer.from(bytes))
}

function utcTime(ms) {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x17, Buffer.from(digits.slice(2)))
}

module.exports = { createCertificate }
