// SPDX-License-Identifier: MIT
'use strict'

const util = require('node:util')
const { invalid } = require('../base/errors')
const { fromBase32, fromBase64Url } = require('./base-text')
const { decodeWholeAddressSet, encodeAddressSet, nodeAddrOf } = require('./endpoint-addr')
const { addressSetOf } = require('./endpoint-ticket')
const { checkTicketText, checkWritten, madeOfText, malformed } = require('./malformed')

const SCHEME = 'iroh-live:'
/** UTF-8 bytes of a broadcast's name. */
const MAX_NAME_BYTES = 1024

/** <base64url of the address>/<name> */
function decodeUrl(text) {
  const slash = text.indexOf('/')
  if (slash < 0) throw malformed(`a live ticket is '${SCHEME}<address>/<name>' and this has no '/'`)
  const set = decodeWholeAddressSet(fromBase64Url(text.slice(0, slash)))
  return { set, name: text.slice(slash + 1) }
}

/** <name>@<base32 of the address> */
function decodeLegacy(text) {
  const sign = text.indexOf('@')
  const set = decodeWholeAddressSet(fromBase32(text.slice(sign + 1)))
  return { set, name: text.slice(0, sign) }
}

function decode(given) {
  const text = given.trim() // as iroh-live does
  if (text.startsWith(SCHEME)) return decodeUrl(text.slice(SCHEME.length))
  return text.includes('@') ? decodeLegacy(text) : decodeUrl(text)
}

/** Space around a name would be lost on the way. */
function checkName(name) {
  if (typeof name !== 'string') throw invalid('name must be a string')
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalid(`the name is longer than ${MAX_NAME_BYTES} bytes`)
  if (name.trim() !== name) throw invalid('the name begins or ends with space')
  return name
}

/** Where a live broadcast is, and its name, as iroh-live writes it: iroh-live:<base64url>/<name>. */
class LiveTicket {
  #set
  #name
  #text

  /**
   * @param {{ endpoint: string | object, name: string }} live endpoint: as EndpointTicket takes it; name: up to 1024
   *   bytes without space around it
   * @throws {IrohError} as parsePeer(); ERR_IROH_INVALID_ARGUMENT also for more than 65,536 characters of ticket
   */
  constructor({ endpoint, name }) {
    this.#name = checkName(name)
    this.#set = addressSetOf(endpoint)
    this.#text = checkWritten(`${SCHEME}${encodeAddressSet(this.#set).toString('base64url')}/${name}`)
  }

  /**
   * Reads a live ticket, also in the older form <name>@<base32>.
   * @param {string} text
   * @returns {LiveTicket}
   * @throws {IrohError} ERR_IROH_INVALID_TICKET, with what is wrong
   */
  static parse(text) {
    const { set, name } = decode(checkTicketText(text))
    return madeOfText(() => new LiveTicket({ endpoint: set, name }))
  }

  /** The broadcast's name. */
  get name() {
    return this.#name
  }

  /** { nodeId, relayUrl?, directAddresses } of who broadcasts; of several relays the first. */
  get nodeAddr() {
    return nodeAddrOf(this.#set)
  }

  toString() {
    return this.#text
  }

  toJSON() {
    return this.#text
  }

  [util.inspect.custom](_depth, options) {
    return `LiveTicket ${util.inspect({ name: this.#name, ...this.#set }, options)}`
  }
}

module.exports = { LiveTicket, SCHEME }
