// SPDX-License-Identifier: MIT
'use strict'

const { checkText, checkTexts } = require('./check')

/** RFC 7301, section 3.1: its length is one byte on the wire. */
const MAX_ALPN_BYTES = 255

/** @returns {string} one ALPN as the wire takes it */
function checkAlpn(alpn, name = 'alpn') {
  return checkText(alpn ?? null, name, MAX_ALPN_BYTES)
}

/** @returns {string[]} several; undefined gives none */
function checkAlpns(alpns) {
  return alpns === undefined ? [] : checkTexts(alpns, 'alpns', MAX_ALPN_BYTES)
}

module.exports = { checkAlpn, checkAlpns }
