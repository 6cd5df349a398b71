// SPDX-License-Identifier: MIT
// A gossip peer that says, on streams of its own making, what a test wants it to say, and keeps what it is told.
'use strict'

const { Endpoint } = require('event-target-iroh')
const binding = require('../../lib/binding')
const { local } = require('./endpoints.js')

const ALPN = '/iroh-gossip/1'
const ID = 32
const LENGTH = 4
/** What is kept in place of the end of a stream. */
const FIN = 'fin'

const hexOf = (content) => Buffer.from(content).toString('hex')
const messageId = (content) => binding.blake3(Buffer.from(content)).toString('hex')

/** An unsigned LEB128, in hex. */
function varint(value) {
  const bytes = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return hexOf([...bytes, rest])
}

/** The messages, in hex. `data`: of the peer, in hex. */
const messages = {
  join: (data) => `0000${option(data)}`,
  forwardJoin: (id, data, ttl) => `0001${id}${option(data)}${varint(ttl)}`,
  shuffle: (origin, ids, ttl) =>
    `0002${origin}${varint(ids.length)}${ids.map((id) => `${id}00`).join('')}${varint(ttl)}`,
  shuffleReply: (ids) => `0003${varint(ids.length)}${ids.map((id) => `${id}00`).join('')}`,
  shuffleReplyWith: (ids, data) => `0003${varint(ids.length)}${ids.map((id) => id + option(data)).join('')}`,
  neighbor: (priority, data) => `0004${priority === 'high' ? '00' : '01'}${option(data)}`,
  disconnect: (isAlive) => `0005${isAlive ? '01' : '00'}00`,
  gossip: (content, round) =>
    `0100${messageId(content)}${varint(content.length)}${hexOf(content)}${round === undefined ? '01' : `00${varint(round)}`}`,
  prune: () => '0101',
  graft: (id, round) => `0102${option(id, true)}${varint(round)}`,
  ihave: (...entries) => `0103${varint(entries.length)}${entries.map(([id, round]) => id + varint(round)).join('')}`
}

/** Bytes that may be missing; with a length before them unless they are an id. */
function option(hex, isId = false) {
  if (hex === undefined) return '00'
  return `01${isId ? '' : varint(hex.length / 2)}${hex}`
}

/** Peer data that says one IPv4 address. */
function dataOf(address) {
  const [ip, port] = address.split(':')
  return `000100${hexOf(ip.split('.').map(Number))}${varint(Number(port))}`
}

function frame(hex) {
  const bytes = Buffer.alloc(LENGTH + hex.length / 2)
  bytes.writeUInt32BE(hex.length / 2)
  bytes.write(hex, LENGTH, 'hex')
  return bytes
}

/** A stream that this side sends on. */
class RawStream {
  #send

  constructor(send) {
    this.#send = send
    /** Resolves with the code when the other side wants no more of it. */
    this.stopped = send.stopped()
  }

  static async open(connection, header) {
    const stream = new RawStream(await connection.openUni())
    if (header !== undefined) await stream.say(header)
    return stream
  }

  /** Messages in hex. */
  say(...hex) {
    return this.write(Buffer.concat(hex.map(frame)))
  }

  write(bytes) {
    return this.#send.writeAll(bytes)
  }

  finish() {
    return this.#send.finish()
  }
}

class RawGossipPeer {
  #endpoint
  #frames = []
  #waiting = []

  static async create(options) {
    const peer = new RawGossipPeer(await Endpoint.createWithOptions({ ...local, alpns: [ALPN], ...options }))
    peer.#accept()
    return peer
  }

  /** @private */
  constructor(endpoint) {
    this.#endpoint = endpoint
    this.nodeId = endpoint.nodeId()
    this.addresses = endpoint.boundAddresses()
    this.data = dataOf(this.addresses[0])
    /** Those that the other side dialled. */
    this.accepted = 0
  }

  /** A connection to a peer with `nodeId` and `addresses`. */
  async dial({ nodeId, addresses }) {
    const connection = await this.#endpoint.connect({ nodeId, directAddresses: addresses }, ALPN)
    this.#read(connection)
    return connection
  }

  /** The same, and what comes on it is left where it is. */
  dialWithoutReading({ nodeId, addresses }) {
    return this.#endpoint.connect({ nodeId, directAddresses: addresses }, ALPN)
  }

  /** Becomes a neighbour of a peer, as one that joins does. @returns what it has now: { connection, stream } */
  async join(peer, topic) {
    const connection = await this.dial(peer)
    const stream = await RawStream.open(connection, topic)
    await stream.say(messages.join(this.data))
    await this.next(topic, '0004')
    await stream.say(messages.neighbor('high', this.data))
    return { connection, stream }
  }

  /**
   * Takes the first frame of a topic that begins so, and waits for it if there is none. Frames before it are kept.
   * @param {Connection} [connection] the only one that counts
   */
  next(topic, prefix, connection) {
    const isWanted = (one) =>
      one.topic === topic && one.hex.startsWith(prefix) && (!connection || one.connection === connection)
    const index = this.#frames.findIndex(isWanted)
    if (index !== -1) return Promise.resolve(this.#frames.splice(index, 1)[0].hex)
    return new Promise((resolve) => this.#waiting.push({ isWanted, resolve }))
  }

  /** Takes the frames that were not waited for. */
  rest(topic) {
    const taken = this.#frames.filter((one) => one.topic === topic).map(({ hex }) => hex)
    this.#frames = this.#frames.filter((one) => one.topic !== topic)
    return taken
  }

  close() {
    return this.#endpoint.close()
  }

  async #accept() {
    for await (const connection of this.#endpoint) {
      this.accepted++
      this.#read(connection)
    }
  }

  async #read(connection) {
    try {
      for (;;) this.#readStream(connection, await connection.acceptUni()).catch(() => {})
    } catch {
      // The connection is closed.
    }
  }

  async #readStream(connection, recv) {
    const next = async () => (await recv.readExact((await recv.readExact(LENGTH)).readUInt32BE())).toString('hex')
    const topic = (await next()).slice(0, 2 * ID)
    for (;;) {
      const head = await recv.read(1)
      if (head === null) return this.#add({ connection, topic, hex: FIN })
      const length = Buffer.concat([head, await recv.readExact(LENGTH - 1)]).readUInt32BE()
      this.#add({ connection, topic, hex: (await recv.readExact(length)).toString('hex') })
    }
  }

  #add(one) {
    const index = this.#waiting.findIndex(({ isWanted }) => isWanted(one))
    if (index === -1) this.#frames.push(one)
    else this.#waiting.splice(index, 1)[0].resolve(one.hex)
  }
}

/** Call it in a describe(): gives a maker of them, and closes after each test what it made. */
function useRawGossip() {
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((peer) => peer.close()))
    open.clear()
  })

  return async (options) => {
    const peer = await RawGossipPeer.create(options)
    open.add(peer)
    return peer
  }
}

module.exports = { FIN, RawStream, messageId, messages, useRawGossip, varint }
