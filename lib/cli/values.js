// SPDX-License-Identifier: MIT
'use strict'

const { parseAddress } = require('../addresses/node-addr')
const { parsePeer } = require('../tickets/peer')
const { MAX_DURATION_MS, checkText } = require('../base/check')
const { checkOrigin } = require('../discovery/records')
const { checkAlpn } = require('../base/alpn')
const { normalizeRelayUrl } = require('../base/relay-url')

const MAX_SHOWN = 80

function number(text, min, max) {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new RangeError()
  return value
}

const isWebUrl = (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** What follows an option: `read` gives what it means, or throws; `words` say what it has to be. */
const KINDS = {
  address: {
    words: 'an IP address with a port, such as 192.0.2.1:4433 or [2001:db8::1]:4433',
    read: (text) => parseAddress(text) && text
  },
  alpn: { words: 'the name of a protocol, of 1 to 255 bytes', read: (text) => checkAlpn(text) },
  count: { words: 'a whole number from 1 on', read: (text) => number(text, 1, Number.MAX_SAFE_INTEGER) },
  file: { words: 'the name of a file', read: (text) => checkText(text, 'file') },
  host: { words: 'a name or an address', read: (text) => new URL(`http://${text.replace(/^.*:.*$/, '[$&]')}`) && text },
  ms: {
    words: `a number of milliseconds from 1 to ${MAX_DURATION_MS}`,
    read: (text) => number(text, 1, MAX_DURATION_MS)
  },
  peer: {
    words: 'a NodeId (64 hex or 52 base32 characters) or an endpoint ticket',
    read: (text) => parsePeer(text) && text
  },
  port: { words: 'a port from 0 to 65535', read: (text) => number(text, 0, 65535) },
  portOrOff: {
    words: "a port from 0 to 65535, or 'off'",
    read: (text) => (text === 'off' ? false : number(text, 0, 65535))
  },
  rate: { words: 'a whole number from 0 on', read: (text) => number(text, 0, Number.MAX_SAFE_INTEGER) },
  relay: { words: 'the URL of a relay: http, https, ws or wss', read: (text) => normalizeRelayUrl(text) && text },
  reportMs: { words: 'a number of milliseconds from 100 to 60000', read: (text) => number(text, 100, 60000) },
  token: { words: 'a token of 1 to 4096 bytes', read: (text) => checkText(text, 'token') },
  webUrl: {
    words: 'an http or https URL',
    read(text) {
      if (!isWebUrl(text)) throw new RangeError()
      return text
    }
  },
  zone: { words: 'a domain name', read: (text) => checkOrigin(text, 'zone') }
}

/** A value as a message quotes it. */
function quote(text) {
  return `'${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}'`
}

/**
 * Reads what follows an option, or an argument.
 * @param {string} name as it stands on the command line
 * @param {string} text
 * @param {{ is?: string, choices?: string[] }} about of the table
 * @returns {{ value: unknown } | { fault: string }} a fault names the option and the value
 */
function readValue(name, text, { is, choices }) {
  if (choices)
    return choices.includes(text)
      ? { value: text }
      : { fault: `${name} ${quote(text)} is not one of ${choices.join(', ')}` }
  if (!is) return { value: text }
  try {
    return { value: KINDS[is].read(text) }
  } catch {
    return { fault: `${name} ${quote(text)} is not ${KINDS[is].words}` }
  }
}

module.exports = { KINDS, quote, readValue }
