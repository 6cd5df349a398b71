// SPDX-License-Identifier: MIT
'use strict'

const util = require('node:util')
const { base32 } = require('../base/base32')
const { invalid } = require('../base/errors')
const { TopicId } = require('../identity/topic-id')
const { fromBase32 } = require('./base-text')
const { decodeAddressSet, encodeAddressSet, nodeAddrOf } = require('./endpoint-addr')
const { addressSetOf } = require('./endpoint-ticket')
const { checkTicketText, checkWritten, madeOfText } = require('./malformed')
const { PostcardReader, varint } = require('./postcard')
const { decodeJsonRoom, isJsonRoom } = require('./room-json')

const TOPIC_BYTES = 32
/** Peers of one ticket. */
const MAX_PEERS = 256

function decodePostcardRoom(bytes) {
  const reader = new PostcardReader(bytes)
  const topic = Buffer.from(reader.take(TOPIC_BYTES, 'the topic'))
  const count = reader.varint(MAX_PEERS, 'the number of peers')
  const peers = Array.from({ length: count }, () => decodeAddressSet(reader))
  reader.end()
  return { topic, peers }
}

function readPeers(peers) {
  if (!Array.isArray(peers) || peers.length > MAX_PEERS) {
    throw invalid(`peers must be an array of at most ${MAX_PEERS} peers`)
  }
  return peers.map(addressSetOf)
}

/**
 * A gossip topic and peers to join it by, as a string to pass on: what iroh-gossip's chat example writes. Whoever has it
 * can join.
 */
class RoomTicket {
  #topic
  #peers
  #text

  /**
   * @param {{ topic: TopicId | Uint8Array | string, peers?: (string | object)[] }} room topic: as TopicId.from() takes
   *   it; peers: at most 256, each as EndpointTicket takes one
   * @throws {IrohError} as parsePeer(); ERR_IROH_INVALID_ARGUMENT also for more than 65,536 characters of ticket
   */
  constructor({ topic, peers = [] }) {
    this.#topic = TopicId.from(topic).toBytes()
    this.#peers = readPeers(peers)
    const count = Buffer.from(varint(this.#peers.length))
    this.#text = checkWritten(base32.encode(Buffer.concat([this.#topic, count, ...this.#peers.map(encodeAddressSet)])))
  }

  /**
   * Reads a room ticket, also in the older form, which holds JSON.
   * @param {string} text
   * @returns {RoomTicket}
   * @throws {IrohError} ERR_IROH_INVALID_TICKET, with what is wrong
   */
  static parse(text) {
    const bytes = fromBase32(checkTicketText(text))
    const room = isJsonRoom(bytes) ? decodeJsonRoom(bytes) : decodePostcardRoom(bytes)
    return madeOfText(() => new RoomTicket(room))
  }

  /** 32 bytes, a copy. */
  get topic() {
    return Buffer.from(this.#topic)
  }

  /** The peers in the order of the ticket, as NodeAddrs; of several relays each has the first. */
  get peers() {
    return this.#peers.map(nodeAddrOf)
  }

  toString() {
    return this.#text
  }

  toJSON() {
    return this.#text
  }

  [util.inspect.custom](_depth, options) {
    return `RoomTicket ${util.inspect({ topic: this.#topic.toString('hex'), peers: this.#peers }, options)}`
  }
}

module.exports = { RoomTicket }
