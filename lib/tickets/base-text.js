// SPDX-License-Identifier: MIT
'use strict'

const { base32 } = require('../base/base32')
const { malformed } = require('./malformed')

/** The bytes of base32 text of either case. @throws {IrohError} ERR_IROH_INVALID_TICKET */
function fromBase32(text) {
  try {
    return base32.decode(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())) // ASCII alone: K has a twin sign
  } catch (error) {
    throw malformed(error.message)
  }
}

/** The bytes of base64url text without padding (RFC 4648, section 5). @throws {IrohError} ERR_IROH_INVALID_TICKET */
function fromBase64Url(text) {
  const strange = text.search(/[^A-Za-z0-9_-]/)
  if (strange >= 0) {
    const character = JSON.stringify(text[strange])
    throw malformed(`character ${strange + 1} of its base64url text, ${character}, is none of base64url`)
  }
  if (text.length % 4 === 1) throw malformed(`its base64url text cannot have ${text.length} characters`)
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') === text) return bytes
  throw malformed('its base64url text ends with bits that are not zero')
}

module.exports = { fromBase32, fromBase64Url }
