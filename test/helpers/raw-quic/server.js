// SPDX-License-Identifier: MIT
// A QUIC server for hostile tests: takes the product's first connection and sends what the test wants.
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const { frame } = require('./frames.js')
const { initialKeys, splitDatagram } = require('./packets.js')
const { Parameter, RawPeer, usualParameters } = require('./peer.js')
const tls = require('./tls.js')

/** One connection, from the client's first datagram on. */
class RawServerConnection extends RawPeer {
  #options
  #share = tls.generateShare()
  #transcript = []
  #finish

  constructor(socket, remote, first, options) {
    super(socket, remote)
    this.#options = options
    const [packet] = splitDatagram(first, 8)
    this.originalDcid = packet.dcid
    this.dcid = packet.scid
    const keys = initialKeys(packet.dcid)
    this.spaces.initial.send = keys.server
    this.spaces.initial.receive = keys.client
    /** Resolves once the client's Finished came; by then HANDSHAKE_DONE has been sent, unless the test forbids it. */
    this.handshakeDone = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  get role() {
    return 'server'
  }

  #parameters() {
    const { parameters = usualParameters() } = this.#options
    if (parameters === null) return null
    const ids = [
      [Parameter.originalDestinationConnectionId, this.originalDcid],
      [Parameter.initialSourceConnectionId, this.scid]
    ]
    return tls.transportParameters(new Map([...ids, ...parameters]))
  }

  takeMessages() {
    const { initial, handshake } = this.spaces
    for (let message = initial.crypto.take(); message; message = initial.crypto.take()) {
      if (message.type === tls.MessageType.clientHello) this.#onClientHello(message)
    }
    for (let message = handshake.crypto.take(); message; message = handshake.crypto.take()) {
      if (message.type !== tls.MessageType.finished) continue
      if (!this.#options.staysSilent) this.send(frame.handshakeDone())
      this.#finish()
    }
  }

  #onClientHello({ body, bytes }) {
    const { alpn, identity } = this.#options
    const { sessionId, share } = tls.readClientHello(body)
    const schedule = new tls.KeySchedule(tls.agree(this.#share.privateKey, share))
    const hello = tls.serverHello({ share: this.#share.share, sessionId })
    this.#transcript = [bytes, hello]
    const keys = schedule.handshakeKeys(Buffer.concat(this.#transcript))
    this.spaces.handshake.send = keys.server
    this.spaces.handshake.receive = keys.client

    const add = (message) => this.#transcript.push(message)
    add(tls.encryptedExtensions({ alpn, parameters: this.#parameters() }))
    add(tls.certificateRequest())
    add(tls.certificate({ nodeId: identity.nodeId }))
    const { privateKey } = identity
    add(tls.certificateVerify({ privateKey, role: 'server', transcript: Buffer.concat(this.#transcript) }))
    add(tls.finished({ secret: keys.server.secret, transcript: Buffer.concat(this.#transcript) }))
    const flight = Buffer.concat(this.#transcript.slice(2))
    const application = schedule.applicationKeys(Buffer.concat(this.#transcript))
    this.spaces.oneRtt.send = application.server
    this.spaces.oneRtt.receive = application.client
    this.#sendFlight(hello, flight)
  }

  /** ServerHello and the rest in one datagram; behind them, in the same one, what the test wants to say early. */
  #sendFlight(hello, flight) {
    const parts = [
      this.packet('initial', Buffer.concat([frame.ack(0), this.cryptoFrame('initial', hello)])),
      this.packet('handshake', Buffer.concat([this.cryptoFrame('handshake', flight), Buffer.alloc(700)]))
    ]
    const { early } = this.#options
    if (early) parts.push(this.packet('oneRtt', early))
    this.transmit(Buffer.concat(parts))
    for (const more of this.#options.behind ?? []) this.send(more)
  }
}

/** Waits on a socket; `connection` resolves with the first that comes. */
class RawServer {
  #socket
  #connections = new Map()

  /**
   * @param {object} options
   * @param {string} options.alpn
   * @param {Map|null} [options.parameters] of the transport; `null`: the extension is left out
   * @param {Buffer} [options.early] frames in a 1-RTT packet beside the first flight
   * @param {Buffer[]} [options.behind] frames in 1-RTT packets right behind it, a datagram each
   * @param {boolean} [options.staysSilent] HANDSHAKE_DONE is not sent
   */
  static async listen(options) {
    const socket = dgram.createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RawServer(socket, options)
  }

  constructor(socket, options) {
    this.#socket = socket
    this.identity = tls.generateIdentity()
    this.connection = new Promise((resolve) => {
      socket.on('message', (datagram, from) => resolve(this.#receive(datagram, from, options)))
    })
  }

  #receive(datagram, from, options) {
    const key = `${from.address}:${from.port}`
    let connection = this.#connections.get(key)
    if (!connection) {
      connection = new RawServerConnection(this.#socket, from, datagram, { ...options, identity: this.identity })
      this.#connections.set(key, connection)
    }
    connection.receive(datagram)
    return connection
  }

  /** What a dialler is given. */
  get addr() {
    return {
      nodeId: this.identity.nodeId.toString('hex'),
      directAddresses: [`127.0.0.1:${this.#socket.address().port}`]
    }
  }

  close() {
    this.#socket.close()
  }
}

module.exports = { RawServer }
