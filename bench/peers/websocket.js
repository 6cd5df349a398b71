// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const { WebSocket, WebSocketServer } = require('ws')
const { decode, dispatch } = require('../codec')
const { listenOnLoopback } = require('./framed-socket')

const OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true }

/** Envelopes as text messages over `ws`, the socket corked for the rest of the turn at the first one. */
class CorkedWebSocket {
  target = new EventTarget()
  #ws
  #socket
  #corked = false
  #uncork = () => {
    this.#corked = false
    this.#socket.uncork()
  }

  /**
   * @param {WebSocket} ws An open WebSocket.
   * @param {import('node:net').Socket} socket The socket below it.
   */
  constructor(ws, socket) {
    this.#ws = ws
    this.#socket = socket
    socket.setNoDelay(true)
    ws.on('message', (data) => dispatch(this.target, decode(data, 0, data.length)))
    ws.on('error', () => ws.terminate())
  }

  get bufferedAmount() {
    return this.#ws.bufferedAmount
  }

  send(envelope) {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(this.#uncork)
    }
    this.#ws.send(JSON.stringify(envelope))
  }

  async drained() {
    if (this.#corked) await new Promise(setImmediate)
    if (this.#socket.writableNeedDrain) await once(this.#socket, 'drain')
  }
}

/**
 * A peer over `ws`.
 * @param {() => { server: import('node:http').Server, trust?: object }} createServer What carries the upgrade.
 * @param {(address: object) => string} url The address to dial.
 */
function createWebSocketPeer(createServer, url) {
  let server
  const sockets = new Set()
  return {
    async listen(onConnection) {
      const created = createServer()
      server = created.server
      const webSockets = new WebSocketServer({ server, ...OPTIONS })
      webSockets.on('connection', (ws, request) => {
        sockets.add(ws)
        onConnection(new CorkedWebSocket(ws, request.socket))
      })
      return { port: await listenOnLoopback(server), ...created.trust }
    },
    async connect(address) {
      const ws = new WebSocket(url(address), { ...OPTIONS, ...address.options })
      sockets.add(ws)
      const upgraded = once(ws, 'upgrade')
      await once(ws, 'open')
      const [response] = await upgraded
      return new CorkedWebSocket(ws, response.socket)
    },
    async close() {
      for (const ws of sockets) ws.terminate()
      server?.close()
    }
  }
}

module.exports = { createWebSocketPeer }
