// SPDX-License-Identifier: MIT
// A relay that does what the test tells it, also what no relay should do.
'use strict'

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const { WebSocketServer } = require('ws')
const { newChallenge, verifyChallenge } = require('../../lib/relay/auth')
const protocol = require('../../lib/relay/protocol')

const { FrameType } = protocol

/** The relay's end of one client's WebSocket. */
class FakeSession {
  /** Frames of the client, raw. */
  received = []
  nodeId = null
  confirmed = false

  constructor(relay, ws, request) {
    this.relay = relay
    this.ws = ws
    this.request = request
    this.socket = request.socket
    ws.on('error', () => {})
    ws.on('message', (data) => this.#onMessage(data))
    this.closed = once(ws, 'close')
  }

  send(...frames) {
    for (const frame of frames) this.ws.send(frame)
  }

  challenge() {
    this.given = newChallenge()
    this.send(protocol.encodeChallenge(this.given))
  }

  confirm() {
    this.confirmed = true
    this.send(protocol.encodeConfirm())
  }

  /** The frames of a type that the client sent, decoded. */
  framesOf(type) {
    return this.received.filter((frame) => frame[0] === type).map((frame) => protocol.decodeFromClient(frame))
  }

  #onMessage(frame) {
    this.received.push(frame)
    if (frame[0] === FrameType.AUTH && this.relay.behaviour.answersAuth) this.#onAuth(frame)
    else if (frame[0] === FrameType.PING && this.relay.behaviour.answersPings) this.#onPing(frame)
    else if (frame[0] === FrameType.SEND || frame[0] === FrameType.SEND_BATCH) this.#forward(frame)
  }

  #onAuth(frame) {
    const { publicKey, signature } = protocol.decodeClientHandshake(frame)
    const nodeId = publicKey.toString('hex')
    if (!verifyChallenge(nodeId, this.given, signature)) {
      this.send(protocol.encodeDeny('signature invalid'))
      return
    }
    this.nodeId = nodeId
    if (this.relay.behaviour.denies) this.send(protocol.encodeDeny(this.relay.behaviour.denies))
    else this.confirm()
  }

  #onPing(frame) {
    this.send(protocol.encodePong(protocol.decodeFromClient(frame).data))
  }

  #forward(frame) {
    const { id, ...datagrams } = protocol.decodeFromClient(frame)
    const receiver = this.relay.sessions.findLast(({ nodeId }) => nodeId === id.toString('hex'))
    receiver?.send(protocol.encodeRecv({ id: Buffer.from(this.nodeId, 'hex'), ...datagrams }))
  }
}

class FakeRelay {
  #server
  #wss
  #sockets = new Set()
  #scheme

  /** Sessions since the beginning, also those that ended. */
  sessions = []
  /** Requests of /ping so far, and those held back when `behaviour.ping` is 'hold'. */
  pings = 0
  held = []

  behaviour = {
    /** What to do when a client connects. */
    onSession: (session) => session.challenge(),
    /** The sub-protocol to answer with, or false for none. */
    subprotocol: 'iroh-relay-v2',
    answersAuth: true,
    answersPings: true,
    /** A reason to deny everyone. */
    denies: '',
    /** The HTTP status of /relay instead of an upgrade. */
    upgradeStatus: 101,
    /** The HTTP status of /ping, or 'hold'. */
    ping: 200
  }

  constructor(tls, behaviour) {
    Object.assign(this.behaviour, behaviour)
    this.#scheme = tls ? 'https' : 'http'
    this.#server = tls ? https.createServer(tls) : http.createServer()
    this.#wss = new WebSocketServer({ noServer: true, handleProtocols: () => this.behaviour.subprotocol })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('request', (request, response) => this.#onRequest(request, response))
    this.#server.on('upgrade', (...upgrade) => this.#onUpgrade(...upgrade))
  }

  /** The newest session. */
  get session() {
    return this.sessions.at(-1)
  }

  async listen(port = 0) {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = this.#server.address().port
    this.url = `${this.#scheme}://${this.#scheme === 'https' ? 'localhost' : '127.0.0.1'}:${this.port}/`
    return this
  }

  /** Answers the oldest request of /ping that is held back. */
  release() {
    this.held.shift().end()
  }

  /** Cuts every connection; the sessions end without a word. */
  cut() {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close() {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  #onRequest(request, response) {
    if (request.url !== '/ping') {
      response.writeHead(404).end()
      return
    }
    this.pings++
    if (this.behaviour.ping === 'hold') this.held.push(response)
    else response.writeHead(this.behaviour.ping).end()
  }

  #onUpgrade(request, socket, head) {
    if (this.behaviour.upgradeStatus !== 101) {
      socket.end(`HTTP/1.1 ${this.behaviour.upgradeStatus} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
      return
    }
    this.#wss.handleUpgrade(request, socket, head, (ws) => {
      const session = new FakeSession(this, ws, request)
      this.sessions.push(session)
      this.behaviour.onSession(session)
    })
  }
}

/** Call it in a describe(): gives a maker of relays, and closes after each test what it made. */
function useFakeRelays() {
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((relay) => relay.close()))
    open.clear()
  })

  async function listen({ tls, port, ...behaviour } = {}) {
    const relay = await new FakeRelay(tls, behaviour).listen(port)
    open.add(relay)
    return relay
  }

  async function stop(relay) {
    open.delete(relay)
    await relay.close()
  }

  return { listen, stop }
}

module.exports = { useFakeRelays }
