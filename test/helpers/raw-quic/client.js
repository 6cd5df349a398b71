// SPDX-License-Identifier: MIT
// A QUIC client for hostile tests: dials the product, proves a key of its own, and then sends what the test wants.
'use strict'

const dgram = require('node:dgram')
const { randomBytes } = require('node:crypto')
const { once } = require('node:events')
const { frame } = require('./frames.js')
const { initialDatagram, initialKeys } = require('./packets.js')
const { Parameter, RawPeer, usualParameters } = require('./peer.js')
const tls = require('./tls.js')

class RawClient extends RawPeer {
  #options
  #identity = tls.generateIdentity()
  #share = tls.generateShare()
  #transcript = []
  #schedule
  #handshakeKeys
  #context
  #finish

  /** Binds a socket; nothing is sent. */
  static async open({ port, address = '127.0.0.1', from = '127.0.0.1', ...options }) {
    const socket = dgram.createSocket('udp4')
    socket.bind(0, from)
    await once(socket, 'listening')
    const client = new RawClient(socket, { port, address }, options)
    socket.on('message', (datagram) => client.receive(datagram))
    return client
  }

  /** Dials, and resolves once the server has confirmed the handshake. Rejects if it closes instead. */
  static async dial(options) {
    const client = await RawClient.open(options)
    await client.sendHello()
    await client.connected()
    return client
  }

  /** `options`: `alpn`, and `parameters` of the transport, a Map or `null` for none. */
  constructor(socket, remote, options) {
    super(socket, remote)
    this.#options = options
    this.originalDcid = randomBytes(8)
    this.dcid = this.originalDcid
    const keys = initialKeys(this.originalDcid)
    this.spaces.initial.send = keys.client
    this.spaces.initial.receive = keys.server
    this.handshakeDone = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  get role() {
    return 'client'
  }

  get nodeId() {
    return this.#identity.nodeId
  }

  /** The ClientHello's bytes; the same at each call. */
  get hello() {
    if (this.#transcript.length === 0) {
      const { alpn, parameters = usualParameters() } = this.#options
      const withId = parameters && new Map([[Parameter.initialSourceConnectionId, this.scid], ...parameters])
      this.#transcript.push(
        tls.clientHello({
          share: this.#share.share,
          alpn,
          parameters: withId && tls.transportParameters(withId)
        })
      )
    }
    return this.#transcript[0]
  }

  /** Sends the ClientHello, or as many of its bytes as `length` says, in an Initial packet of the given number. */
  sendHello({ packetNumber = 0, length } = {}) {
    return this.sendInitial(frame.crypto(0, this.hello.subarray(0, length)), { packetNumber })
  }

  /** Sends frames in an Initial packet that fills its datagram. */
  sendInitial(frames, { packetNumber = this.spaces.initial.next } = {}) {
    this.spaces.initial.next = Math.max(this.spaces.initial.next, packetNumber + 1)
    const payload = Buffer.concat([frames].flat())
    return this.transmit(
      initialDatagram({ keys: this.spaces.initial.send, dcid: this.dcid, scid: this.scid, packetNumber, payload })
    )
  }

  /** Resolves once HANDSHAKE_DONE came; rejects when the server closes before. */
  async connected() {
    const close = await Promise.race([this.closed, this.frame(({ name }) => name === 'handshakeDone')])
    if (close.name === 'close') throw Object.assign(new Error(`closed: ${close.reason}`), close)
  }

  takeMessages() {
    const { initial, handshake } = this.spaces
    for (let message = initial.crypto.take(); message; message = initial.crypto.take()) {
      if (message.type === tls.MessageType.serverHello) this.#onServerHello(message)
    }
    for (let message = handshake.crypto.take(); message; message = handshake.crypto.take()) {
      if (message.type === tls.MessageType.certificateRequest)
        this.#context = message.body.subarray(1, 1 + message.body[0])
      this.#transcript.push(message.bytes)
      if (message.type === tls.MessageType.finished) this.#onFinished()
    }
  }

  #onServerHello({ body, bytes }) {
    this.#transcript.push(bytes)
    this.#schedule = new tls.KeySchedule(tls.agree(this.#share.privateKey, tls.readServerHello(body).share))
    this.#handshakeKeys = this.#schedule.handshakeKeys(Buffer.concat(this.#transcript))
    this.spaces.handshake.send = this.#handshakeKeys.client
    this.spaces.handshake.receive = this.#handshakeKeys.server
  }

  #onFinished() {
    const keys = this.#schedule.applicationKeys(Buffer.concat(this.#transcript))
    this.spaces.oneRtt.send = keys.client
    this.spaces.oneRtt.receive = keys.server
    const { privateKey, nodeId } = this.#identity
    const add = (message) => this.#transcript.push(message)
    const before = this.#transcript.length
    add(tls.certificate({ nodeId, context: this.#context }))
    add(tls.certificateVerify({ privateKey, role: 'client', transcript: Buffer.concat(this.#transcript) }))
    add(tls.finished({ secret: this.#handshakeKeys.client.secret, transcript: Buffer.concat(this.#transcript) }))
    this.flight = Buffer.concat(this.#transcript.slice(before))
    this.#finish()
    if (!this.#options.holdsFinished) this.sendFinished()
  }

  /** Sends the client's last flight. With the option `holdsFinished` the test calls it. */
  sendFinished() {
    return this.send(this.cryptoFrame('handshake', this.flight), { space: 'handshake' })
  }
}

module.exports = { RawClient }
