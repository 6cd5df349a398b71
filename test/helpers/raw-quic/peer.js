// SPDX-License-Identifier: MIT
// What a hostile client and a hostile server have in common: a socket, three packet number spaces, and packets of any frames.
'use strict'

const { randomBytes } = require('node:crypto')
const { frame, readFrames } = require('./frames.js')
const { longPacket, minInitialDatagram, open, shortPacket, splitDatagram, updatedKeys } = require('./packets.js')

const idLength = 8
const none = Buffer.alloc(0)

/** Ids of transport parameters (RFC 9000 section 18.2, RFC 9221) that tests change. */
const Parameter = {
  originalDestinationConnectionId: 0x00,
  maxIdleTimeout: 0x01,
  statelessResetToken: 0x02,
  maxUdpPayloadSize: 0x03,
  initialMaxData: 0x04,
  initialMaxStreamDataBidiLocal: 0x05,
  initialMaxStreamDataBidiRemote: 0x06,
  initialMaxStreamDataUni: 0x07,
  initialMaxStreamsBidi: 0x08,
  initialMaxStreamsUni: 0x09,
  ackDelayExponent: 0x0a,
  preferredAddress: 0x0d,
  activeConnectionIdLimit: 0x0e,
  initialSourceConnectionId: 0x0f,
  maxDatagramFrameSize: 0x20
}

/** What an honest peer would say. */
const usualParameters = () =>
  new Map([
    [Parameter.maxIdleTimeout, 60000],
    [Parameter.initialMaxData, 1 << 24],
    [Parameter.initialMaxStreamDataBidiLocal, 1 << 20],
    [Parameter.initialMaxStreamDataBidiRemote, 1 << 20],
    [Parameter.initialMaxStreamDataUni, 1 << 20],
    [Parameter.initialMaxStreamsBidi, 100],
    [Parameter.initialMaxStreamsUni, 100],
    [Parameter.activeConnectionIdLimit, 8],
    [Parameter.maxDatagramFrameSize, 65535]
  ])

/** Bytes of a CRYPTO stream in order, as TLS messages. */
class CryptoStream {
  #parts = new Map()
  #buffer = none
  #read = 0

  add(offset, data) {
    this.#parts.set(offset, data)
    for (let next = this.#next(); next; next = this.#next()) this.#buffer = Buffer.concat([this.#buffer, next])
  }

  #next() {
    const end = this.#read + this.#buffer.length
    for (const [offset, data] of this.#parts) {
      if (offset > end) continue
      this.#parts.delete(offset)
      if (offset + data.length > end) return data.subarray(end - offset)
    }
    return null
  }

  /** The next whole message: its type, body and bytes; `null` until it is here. */
  take() {
    if (this.#buffer.length < 4) return null
    const length = 4 + this.#buffer.readUIntBE(1, 3)
    if (this.#buffer.length < length) return null
    const bytes = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    this.#read += length
    return { type: bytes[0], body: bytes.subarray(4), bytes }
  }
}

/** One packet number space. */
class Space {
  send = null
  receive = null
  next = 0
  largest = -1
  cryptoSent = 0
  crypto = new CryptoStream()
}

class RawPeer {
  #socket
  #remote
  #phase = 0
  #ended
  #waiting = new Set()
  spaces = { initial: new Space(), handshake: new Space(), oneRtt: new Space() }
  scid = randomBytes(idLength)
  dcid = none
  /** The ids that the product gave for use, the first one included. */
  ids = []
  /** Every frame of the product, in the order it came; each knows its `space`. */
  frames = []
  /** Acknowledge what comes; a test may turn it off. */
  acknowledges = true

  constructor(socket, remote) {
    this.#socket = socket
    this.#remote = remote
    /** Resolves with the CONNECTION_CLOSE that the product sent: `{ code, application, reason, frameType }`. */
    this.closed = new Promise((resolve) => {
      this.#ended = resolve
    })
  }

  /** The type of this side's own packets: 'client' or 'server'. Subclasses say. */
  get role() {
    throw new Error('not said')
  }

  /** A packet of the given space, sealed. */
  packet(space, payload, { packetNumber, dcid = this.dcid, first, token } = {}) {
    const { send } = this.spaces[space]
    const number = packetNumber ?? this.spaces[space].next
    this.spaces[space].next = Math.max(this.spaces[space].next, number + 1)
    const bytes = Buffer.concat([payload, Buffer.alloc(Math.max(0, 4 - payload.length))])
    const common = { keys: send, dcid, packetNumber: number, payload: bytes, first }
    if (space === 'oneRtt') return shortPacket({ ...common, phase: this.#phase })
    return longPacket({ ...common, type: space, scid: this.scid, token })
  }

  /** Sends one datagram as it is; resolves once the system has it. */
  transmit(datagram, { socket = this.#socket, port = this.#remote.port, address = this.#remote.address } = {}) {
    return new Promise((resolve, reject) =>
      socket.send(datagram, port, address, (error) => (error ? reject(error) : resolve()))
    )
  }

  /** Sends frames in one packet. `options`: see packet(); `socket` sends it from elsewhere. */
  send(frames, { space = 'oneRtt', ...options } = {}) {
    return this.transmit(this.packet(space, Buffer.concat([frames].flat()), options), options)
  }

  /** A CRYPTO frame with the next bytes of TLS in a space. */
  cryptoFrame(space, bytes) {
    const state = this.spaces[space]
    state.cryptoSent += bytes.length
    return frame.crypto(state.cryptoSent - bytes.length, bytes)
  }

  /** Seals from now on with the next generation of keys (RFC 9001 section 6), whatever the product thinks of it. */
  updateKeys() {
    const { oneRtt } = this.spaces
    oneRtt.send = updatedKeys(oneRtt.send)
    this.#phase ^= 1
  }

  /** Resolves with the first frame, of those that have come or will come, that the predicate accepts. */
  async frame(accepts) {
    for (let seen = 0; ; ) {
      for (; seen < this.frames.length; seen++) if (accepts(this.frames[seen])) return this.frames[seen]
      await new Promise((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Takes a datagram of the product's. */
  receive(datagram) {
    for (const packet of splitDatagram(datagram, idLength)) {
      const state = this.spaces[packet.type]
      if (!state?.receive) continue
      const opened = this.#open(state, packet)
      if (!opened) continue
      state.largest = Math.max(state.largest, opened.packetNumber)
      if (packet.scid) this.peerId(packet.scid)
      this.#take(packet.type, readFrames(opened.payload), opened.packetNumber)
    }
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  /** The product may answer a key update with its own. */
  #open(state, packet) {
    const opened = open(state.receive, packet.bytes, packet.numberAt, state.largest)
    if (opened || packet.type !== 'oneRtt') return opened
    const updated = updatedKeys(state.receive)
    const later = open(updated, packet.bytes, packet.numberAt, state.largest)
    if (later) state.receive = updated
    return later
  }

  /** The id by which the product wants to be called. */
  peerId(id) {
    this.dcid = id
    if (this.ids.length === 0) this.ids.push(id)
  }

  #take(space, frames, packetNumber) {
    let asks = false
    for (const received of frames) {
      received.space = space
      this.frames.push(received)
      if (received.name === 'close') this.#ended(received)
      if (received.name === 'newConnectionId') this.ids[received.sequence] = received.id
      if (received.name === 'crypto') this.spaces[space].crypto.add(received.offset, received.data)
      asks ||= received.name !== 'ack' && received.name !== 'close'
    }
    this.takeMessages()
    if (asks && this.acknowledges && this.spaces[space].send) {
      const payload = frame.ack(packetNumber)
      const padding = space === 'initial' ? Buffer.alloc(minInitialDatagram - 80) : none
      this.send([payload, padding], { space }).catch(() => {})
    }
  }

  /** Looks for TLS messages; subclasses do. */
  takeMessages() {}

  /** Closes the socket, without a word. */
  close() {
    this.#socket.close()
  }
}

module.exports = { idLength, Parameter, RawPeer, usualParameters }
