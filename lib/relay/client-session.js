// SPDX-License-Identifier: MIT
'use strict'

const { WebSocket } = require('ws')
const { Emitter } = require('../base/emitter')
const { IrohError } = require('../base/errors')
const { brief } = require('../base/printable')
const { isOwnAddress } = require('../addresses/host-addresses')
const { CLIENT_AUTH_HEADER, clientAuthHeader, signChallenge } = require('./auth')
const { Dial } = require('../outbound/dial')
const { Timers } = require('../base/timers')
const { sessionUrl } = require('../base/relay-url')
const { FrameType, SUBPROTOCOLS, decodeFromRelay, decodeRelayHandshake, encodeAuth, versionOf } = require('./protocol')

/** From the dial to the confirmed session. */
const DIAL_TIMEOUT_MS = 10_000
/** How long a frame may wait for the socket to take it. */
const SEND_TIMEOUT_MS = 15_000
/** How long the relay has to answer our goodbye. */
const CLOSE_TIMEOUT_MS = 1000
const MAX_MESSAGE_BYTES = 1 << 20
const SECURE_EXPORTER = 'TLSv1.3'
/** How long one address may take to accept the TCP connection. */
const TCP_TIMEOUT_MS = 1500

/** What a WebSocket's end without a close frame has for a code (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006

/** @param {number} code @param {Buffer | string} reason */
function relayClosed(code, reason) {
  const said = reason.length > 0 ? `: ${brief(reason)}` : ''
  const frame = `the relay closed the session with code ${code}${said}`
  return new IrohError('ERR_IROH_PEER_CLOSED', {
    detail: code === NO_CLOSE_FRAME ? 'the relay closed the connection' : frame
  })
}

/**
 * One session with one relay, from the dial to its end; it is not dialled twice. Nothing is sent between the upgrade
 * request and the relay's first message.
 *
 * Events: 'up'; 'denied' (reason: string); 'frame' (a decoded frame of the relay); 'end' (IrohError), exactly once,
 * after which nothing follows.
 */
class RelaySession extends Emitter {
  #secretKey
  #url
  #token
  #timers
  #dial
  #socket = null
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
   * @param {import('../outbound/proxies').Proxies} [options.proxies]
   * @param {(address: string) => boolean} [options.admits] whether an address of the relay may be connected to
   * @param {import('../base/clock').Clock} options.clock
   */
  constructor({ url, secretKey, token, ca, proxies, admits, clock }) {
    super()
    this.#url = sessionUrl(url)
    this.#secretKey = secretKey
    this.#token = token
    this.#timers = new Timers(clock)
    this.#timers.setPatient('dial', DIAL_TIMEOUT_MS, () => {
      const detail = this.#dial.lateWords ?? 'the relay session was not confirmed'
      this.#end(new IrohError('ERR_IROH_TIMEOUT', { detail }))
    })
    const about = { who: 'the relay', ca, caOption: 'relayCa', proxies, admits }
    this.#dial = new Dial(
      this.#url,
      { ...about, timers: this.#timers, tcpTimeoutMs: TCP_TIMEOUT_MS },
      (socket) => this.#onSocket(socket),
      (error) => this.#end(error)
    )
    /** Resolves once the socket is gone. */
    this.closed = this.#dial.closed.then(() => this.#timers.clearAll())
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
    const { localAddress } = this.#dial
    return localAddress !== undefined && isOwnAddress(localAddress)
  }

  /** Where it is connected to, 'ip:port'; null while it is not, and where a proxy is between. */
  get remote() {
    return this.#dial.proxy ? null : this.#dial.remote
  }

  /** What is being waited for, as the words of an error; null when it is the relay's handshake. */
  get lateWords() {
    return this.#dial.lateWords
  }

  /** Bytes sent that the socket has not taken yet. */
  get bufferedAmount() {
    return this.#socket?.writableLength ?? 0
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
    this.#dial.setReferenced(referenced)
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

  #onSocket(socket) {
    this.#socket = socket
    socket.on('error', (error) => this.#end(this.#dial.errorOf(error, this.#up)))
    // What the relay said with it comes in the same turn, a little later.
    socket.once('close', () => setImmediate(() => this.#end(relayClosed(NO_CLOSE_FRAME, ''))))
    this.#ws = new WebSocket(this.#url, SUBPROTOCOLS, {
      createConnection: () => this.#socket,
      headers: this.#headers(),
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      skipUTF8Validation: true
    })
    this.#ws.on('error', (error) => this.#end(this.#dial.errorOf(error, this.#up)))
    this.#ws.on('unexpected-response', (_request, { statusCode }) => {
      this.#end(new IrohError('ERR_IROH_RELAY', { detail: `the relay answered HTTP status ${statusCode}` }))
    })
    this.#ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary))
    this.#ws.on('close', (code, reason) => this.#end(relayClosed(code, reason)))
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
    this.#end(new IrohError('ERR_IROH_REFUSED', { detail: `the relay denies this NodeId: ${brief(reason)}` }))
  }

  #end(error) {
    if (this.#ended) return
    this.#ended = true
    this.#timers.clearAll()
    this.#ws?.terminate()
    this.#dial.abort()
    this.emit('end', error)
  }
}

module.exports = { RelaySession }
