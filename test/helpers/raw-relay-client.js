// SPDX-License-Identifier: MIT
// A relay client that says what a test wants it to say. And relays for one test, closed after it.
'use strict'

const { once } = require('node:events')
const { SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { WebSocket } = require('ws')
const { AsyncQueue } = require('../../lib/base/async-queue')
const { clientAuthHeader, signChallenge, CLIENT_AUTH_HEADER } = require('../../lib/relay/auth')
const protocol = require('../../lib/relay/protocol')

const { FrameType } = protocol
const loopback = { host: '127.0.0.1', port: 0, stunPort: false, quicPort: false }

class RawRelayClient {
  #frames = new AsyncQueue()

  /**
   * Dials, and resolves once the WebSocket is open. Rejects with an Error whose `response` is what the relay said instead.
   * @param {string} url of the relay
   */
  static async dial(url, { secretKey = SecretKey.generate(), subprotocols, query = '', ...options } = {}) {
    const target = new URL(`/relay${query}`, url)
    const ws = new WebSocket(target, subprotocols ?? [...protocol.SUBPROTOCOLS], {
      perMessageDeflate: false,
      ...options
    })
    const client = new RawRelayClient(ws, secretKey)
    ws.on('unexpected-response', (_request, response) => {
      response.resume()
      ws.emit('error', Object.assign(new Error('refused'), { response }))
    })
    await once(ws, 'open')
    ws.on('error', () => {})
    return client
  }

  /** Dials and proves its key. */
  static async connect(url, options) {
    const client = await RawRelayClient.dial(url, options)
    await client.authenticate()
    return client
  }

  constructor(ws, secretKey) {
    this.ws = ws
    this.secretKey = secretKey
    this.nodeId = secretKey.nodeId()
    this.id = Buffer.from(this.nodeId, 'hex')
    ws.on('message', (frame) => this.#frames.push(frame))
    /** Resolves with the code of the WebSocket's close. */
    this.closed = new Promise((resolve) =>
      ws.on('close', (code) => {
        this.#frames.end()
        resolve(code)
      })
    )
  }

  /** The next frame, or null once closed. */
  next() {
    return this.#frames.take()
  }

  async answerChallenge() {
    const { challenge } = protocol.decodeRelayHandshake(await this.next())
    this.send(protocol.encodeAuth(this.id, signChallenge(this.secretKey, challenge)))
  }

  async authenticate() {
    await this.answerChallenge()
    const answer = protocol.decodeRelayHandshake(await this.next())
    if (answer.type !== FrameType.CONFIRM) throw new Error(`denied: ${answer.reason}`)
  }

  /** The reason of the deny frame. */
  async denied() {
    return protocol.decodeRelayHandshake(await this.next()).reason
  }

  send(frame) {
    this.ws.send(frame)
  }

  /** Sends one datagram to another client. */
  sendTo(peer, text) {
    this.send(protocol.encodeSend({ id: peer.id, payload: Buffer.from(text) }))
  }

  /** The text of the next datagram, and who sent it. */
  async receive() {
    const frame = protocol.decodeFromRelay(await this.next(), 2)
    return { from: frame.id.toString('hex'), text: frame.payload.toString() }
  }

  /** Resolves when the relay has dealt with all that was sent before. No other frame may come meanwhile. */
  async settle() {
    this.send(protocol.encodePing(Buffer.alloc(8, 7)))
    const frame = await this.next()
    if (frame?.[0] !== FrameType.PONG) throw new Error(`a frame of type ${frame?.[0]} came before the pong`)
  }

  /** Reads nothing any more; what arrives piles up at the relay. */
  pause() {
    this.ws.pause()
  }

  async close() {
    this.ws.close()
    await this.closed
  }
}

/** Call it in a describe(): gives makers of relays and clients, and closes after each test what they made. */
function useRelays() {
  const relays = new Set()
  const clients = new Set()

  afterEach(async () => {
    for (const client of clients) client.ws.terminate()
    await Promise.all([...relays].map((relay) => relay.close({ graceMs: 0 })))
    clients.clear()
    relays.clear()
  })

  async function listen(options) {
    const relay = await RelayServer.listen({ ...loopback, ...options })
    relays.add(relay)
    return relay
  }

  async function dial(relay, options) {
    const client = await RawRelayClient.dial(relay.url ?? relay, options)
    clients.add(client)
    return client
  }

  async function connect(relay, options) {
    const client = await dial(relay, options)
    await client.authenticate()
    return client
  }

  return { listen, dial, connect }
}

module.exports = { CLIENT_AUTH_HEADER, clientAuthHeader, loopback, RawRelayClient, useRelays }
