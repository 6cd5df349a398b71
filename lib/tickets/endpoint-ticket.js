// SPDX-License-Identifier: MIT
'use strict'

const util = require('node:util')
const { base32 } = require('../base/base32')
const { fromBase32 } = require('./base-text')
const { decodeAddressSet, encodeAddressSet, nodeAddrOf, readAddressSet } = require('./endpoint-addr')
const { checkTicketText, checkWritten, madeOfText, malformed } = require('./malformed')
const { PostcardReader } = require('./postcard')

const PREFIX = 'endpoint'
/** Of the formats of endpoint tickets there has been one. */
const VARIANT_1 = 0
/** A NodeId in base32 may begin with the prefix; no ticket is as short. */
const NODE_ID_LENGTH = 52

/** Whether a value is a string that means to be an endpoint ticket. */
function isTicketText(value) {
  return typeof value === 'string' && value.startsWith(PREFIX) && value.length !== NODE_ID_LENGTH
}

function decode(text) {
  if (!text.startsWith(PREFIX)) throw malformed(`an endpoint ticket begins with '${PREFIX}', in lower case`)
  const reader = new PostcardReader(fromBase32(text.slice(PREFIX.length)))
  const variant = reader.byte('the variant')
  if (variant !== VARIANT_1) throw malformed(`byte 1: variant ${variant} of endpoint tickets is not known; there is 0`)
  const set = decodeAddressSet(reader)
  reader.end()
  return set
}

/**
 * The address set of whatever names a peer, an endpoint ticket's as a whole.
 * @throws {IrohError} as parsePeer()
 */
function addressSetOf(peer) {
  return isTicketText(peer) ? decode(checkTicketText(peer)) : readAddressSet(peer)
}

/**
 * Where one endpoint is, as a string to pass on: byte for byte iroh's own endpoint ticket. It holds no secret. It has
 * what a NodeAddr has, and is taken for one.
 */
class EndpointTicket {
  #set
  #text

  /**
   * @param {string | object} peer a NodeId, an endpoint ticket, or a NodeAddr; that may have `relayUrls` for several
   *   relays. At most 1024 addresses
   * @throws {IrohError} as parsePeer(); ERR_IROH_INVALID_ARGUMENT also for more than 65,536 characters of ticket
   */
  constructor(peer) {
    this.#set = addressSetOf(peer)
    const bytes = Buffer.concat([Buffer.from([VARIANT_1]), encodeAddressSet(this.#set)])
    this.#text = checkWritten(PREFIX + base32.encode(bytes))
  }

  /** @param {string} text @returns {EndpointTicket} @throws {IrohError} ERR_IROH_INVALID_TICKET, with what is wrong */
  static parse(text) {
    const set = decode(checkTicketText(text))
    return madeOfText(() => new EndpointTicket(set))
  }

  get nodeId() {
    return this.#set.nodeId
  }

  /** The first relay, or undefined. */
  get relayUrl() {
    return this.#set.relayUrls[0]
  }

  /** Every relay, sorted. */
  get relayUrls() {
    return [...this.#set.relayUrls]
  }

  /** 'ip:port' or '[ip]:port', IPv4 first, sorted. */
  get directAddresses() {
    return [...this.#set.directAddresses]
  }

  /** { nodeId, relayUrl?, directAddresses }; of several relays the first. */
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
    return `EndpointTicket ${util.inspect(this.#set, options)}`
  }
}

module.exports = { EndpointTicket, addressSetOf, isTicketText }
