// SPDX-License-Identifier: MIT
'use strict'

const { checkText } = require('./check')
const { invalid } = require('./errors')

const MAX_URL_BYTES = 2048
const PLAIN = ['http:', 'ws:']
const SECURE = ['https:', 'wss:']

/** A token is a header's value: visible ASCII. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/

/**
 * A relay's URL in its one form (WHATWG URL, so `http://127.0.0.1:3340` becomes `http://127.0.0.1:3340/`); two URLs
 * whose forms differ are two relays.
 * @param {string} text http, https, ws or wss
 * @returns {string}
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function normalizeRelayUrl(text) {
  checkText(text ?? null, 'a relay URL', MAX_URL_BYTES)
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || ![...PLAIN, ...SECURE].includes(url.protocol)) {
    throw invalid(`a relay URL must be http, https, ws or wss: ${text}`)
  }
  return checkText(url.href, 'the form of a relay URL', MAX_URL_BYTES) // may be longer: what is no ASCII is escaped
}

/** @returns {string | undefined} @throws {IrohError} ERR_IROH_INVALID_ARGUMENT */
function checkToken(token) {
  if (token !== undefined && !(typeof token === 'string' && TOKEN.test(token))) {
    throw invalid('a relay token must be 1 to 4096 visible ASCII characters without spaces')
  }
  return token
}

/** Where the WebSocket of a relay is: its path becomes /relay, the query is kept. @returns {URL} ws or wss */
function sessionUrl(relayUrl) {
  const url = new URL(relayUrl)
  url.protocol = PLAIN.includes(url.protocol) ? 'ws:' : 'wss:'
  url.pathname = '/relay'
  url.hash = ''
  return url
}

/** Where a relay's latency is measured: /ping without a query. @returns {URL} http or https */
function pingUrl(relayUrl) {
  const url = new URL('/ping', relayUrl)
  url.protocol = PLAIN.includes(url.protocol) ? 'http:' : 'https:'
  return url
}

module.exports = { checkToken, normalizeRelayUrl, pingUrl, sessionUrl }
