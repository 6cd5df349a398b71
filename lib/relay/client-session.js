// SPDX-License-Identifier: MIT
'use strict'

const { EventEmitter } = require('node:events')
const { WebSocket } = require('ws')
const { IrohError } = require('../base/errors')
const { isOwnAddress } = require('../addresses/node-addr')
const { CLIENT_AUTH_HEADER, clientAuthHeader, signChallenge } = require('./auth')
const { openSocket } = require('./client-dial')
const { Timers } = require('./client-timers')
const { sessionUrl } = require('./client-url')
const { FrameType, SUBPROTOCOLS, decodeFromRelay, decodeRelayHandshake, encodeAuth, versionOf } = require('./protocol')

/** From the dial to the confirmed session. */
const DIAL_TIMEOUT_MS = 10_000
/** How long a frame may wait for the socket to take it. */
const SEND_TIMEOUT_MS = 15_000
/** How long the relay has to answer our goodbye. */
const CLOSE_TIMEOUT_MS = 1000
const MAX_MESSAGE_BYTES = 1 << 20
const SECURE_EXPORTER = 'TLSv1.3'

/** Codes of `ws` and of Node's HTTP parser. */
const PROTOCOL_ERROR = /^(WS_ERR|HPE)_/
const TLS_ERROR = /^(CERT_|ERR_TLS|ERR_SSL|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME)/

/** An error of the socket or of `ws`, as one of ours. */
function sessionError(cause, isUp) {
  if (cause instanceof IrohError) return cause
  const about = { detail: cause.message || cause.code, cause }
  if (cause.code === undefined || PROTOCOL_ERROR.test(cause.code)) return new IrohError('ERR_IROH_RELAY', about)
  if (TLS_ERROR.test(cause.code)) return new IrohError('ERR_IROH_HANDSHAKE', about)
  return new IrohError(isUp ? 'ERR_IROH_PEER_CLOSED' : 'ERR_IROH_UNREACHABLE', about)
}

/**
 * One session with one relay, from the dial to its end; it is not dialled twice. Nothing is sent between the upgrade
 * request and the relay's first message.
 *
 * Events: 'up'; 'denied' (reason: string); 'frame' (a decoded frame of the relay); 'end' (IrohError), exactly once,
 * after which nothing follows.
 */
class RelaySession extends EventEmitter {
  #secretKey
  #url
  #token
  #timers
  #socket
  #ws = null
  #version = null
  #answered = false
  #up = false
  #ended = false
  #corked = false

  /**
   * Starts to dial.
   * @param {object} options
   * @param {string} options.url normalised
   * @param {import('../identity/secret-key').SecretKey} options.secretKey
   * @param {string} [options.token]
   * @param {string | Buffer | (string | Buffer)[]} [options.ca]
   * @param {import('node:net').LookupFunction} [options.lookup] in place of dns.lookup()
   * @param {import('../base/clock').Clock} options.clock
   */
  constructor({ url, secretKey, token, ca, lookup, clock }) {
    super()
    this.#url = sessionUrl(url)
    this.#secretKey = secretKey
    this.#token = token
    this.#timers = new Timers(clock)
    this.#timers.setPatient('dial', DIAL_TIMEOUT_MS, () => {
      this.#end(new IrohError('ERR_IROH_TIMEOUT', { detail: 'the relay session was not confirmed' }))
    })
    this.#socket = openSocket(this.#url, { ca, lookup, timers: this.#timers }, () => this.#onSocket())
    this.#socket.on('error', (error) => this.#end(sessionError(error, this.#up)))
    /** Resolves once the socket is gone. */
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#end(new IrohError('ERR_IROH_PEER_CLOSED', { detail: 'the relay closed the connection' }))
        this.#timers.clearAll()
        resolve()
      })
    })
  }

  /** The protocol version agreed on, 1 or 2; null before. */
  get version() {
    return this.#version
  }

  /** How the key was proved: 'challenge', or 'exporter' for the TLS shortcut; null before. */
  get proof() {
    if (!this.#up) return null
    return this.#answered ? 'challenge' : 'exporter'
  }

  /** Whether this host still has the address that the relay was dialled from; false before TCP is connected. */
  get isAtHome() {
    const { connecting, localAddress } = this.#socket
    return !connecting && localAddress !== undefined && isOwnAddress(localAddress)
  }

  /** Bytes sent that the socket has not taken yet. */
  get bufferedAmount() {
    return this.#socket.writableLength
  }

  /**
   * Sends one frame; those of one turn leave together.
   * @param {Buffer} frame taken
   */
  send(frame) {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => this.#uncork())
    }
    if (this.#socket.writableNeedDrain && !this.#timers.has('send')) this.#sendWatched(frame)
    else this.#ws.send(frame)
  }

  /** Says goodbye, if there is a session, and ends it. */
  close(error) {
    if (this.#ended) return
    if (!this.#up) {
      this.#end(error)
      return
    }
    this.#ended = true
    this.#timers.clearAll()
    this.#ws.close(1000)
    this.#timers.setPatient('close', CLOSE_TIMEOUT_MS, () => this.#socket.destroy())
    this.emit('end', error)
  }

  /** Ends it at once. */
  abort(error) {
    this.#end(error)
  }

  /** @param {boolean} referenced whether the session keeps the process alive */
  setReferenced(referenced) {
    this.#timers.setReferenced(referenced)
    if (referenced) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Of those that find the socket busy, one at a time stands for the others. */
  #sendWatched(frame) {
    this.#timers.setPatient('send', SEND_TIMEOUT_MS, () => {
      this.#end(new IrohError('ERR_IROH_TIMEOUT', { detail: 'the relay does not read what we send' }))
    })
    this.#ws.send(frame, () => this.#timers.clear('send'))
  }

  #uncork() {
    this.#corked = false
    this.#socket.uncork()
  }

  #headers() {
    const headers = {}
    if (this.#token !== undefined) headers.authorization = `Bearer ${this.#token}`
    if (this.#socket.encrypted && this.#socket.getProtocol() === SECURE_EXPORTER) {
      headers[CLIENT_AUTH_HEADER] = clientAuthHeader(this.#socket, this.#secretKey)
    }
    return headers
  }

  #onSocket() {
    if (this.#ended) return
    this.#ws = new WebSocket(this.#url, SUBPROTOCOLS, {
      createConnection: () => this.#socket,
      headers: this.#headers(),
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      skipUTF8Validation: true
    })
    this.#ws.on('error', (error) => this.#end(sessionError(error, this.#up)))
    this.#ws.on('unexpected-response', (_request, { statusCode }) => {
      this.#end(new IrohError('ERR_IROH_RELAY', { detail: `the relay answered HTTP status ${statusCode}` }))
    })
    this.#ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    this.#ws.on('close', (code) => {
      this.#end(new IrohError('ERR_IROH_PEER_CLOSED', { detail: `the relay closed the session with code ${code}` }))
    })
  }

  /** Text messages mean nothing here. */
  #onMessage(data, isBinary) {
    if (!isBinary || this.#ended) return
    let frame
    try {
      frame = this.#up ? decodeFromRelay(data, this.#version) : decodeRelayHandshake(data)
    } catch (error) {
      this.#end(error)
      return
    }
    if (this.#up) this.emit('frame', frame)
    else this.#onHandshake(frame)
  }

  #onHandshake(frame) {
    if (frame.type === FrameType.CHALLENGE && !this.#answered) this.#answer(frame.challenge)
    else if (frame.type === FrameType.CONFIRM) this.#confirmed()
    else if (frame.type === FrameType.DENY) this.#denied(frame.reason)
    else this.#end(new IrohError('ERR_IROH_RELAY', { detail: 'the relay challenged twice' }))
  }

  #answer(challenge) {
    this.#answered = true
    const publicKey = Buffer.from(this.#secretKey.nodeId(), 'hex')
    this.send(encodeAuth(publicKey, signChallenge(this.#secretKey, challenge)))
  }

  #confirmed() {
    this.#timers.clear('dial')
    this.#version = versionOf(this.#ws.protocol)
    this.#up = true
    this.emit('up')
  }

  #denied(reason) {
    this.emit('denied', reason)
    this.#end(new IrohError('ERR_IROH_REFUSED', { detail: reason }))
  }

  #end(error) {
    if (this.#ended) return
    this.#ended = true
    this.#timers.clearAll()
    this.#ws?.terminate()
    this.#socket.destroy()
    this.emit('end', error)
  }
}

module.exports = { RelaySession }
