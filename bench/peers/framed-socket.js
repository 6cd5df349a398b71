// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const { FrameReader, FrameWriter } = require('../codec')

/** Envelopes over a stream socket (node:net, node:tls): length prefix, one write per turn of the event loop. */
class FramedSocket {
  target = new EventTarget()
  #socket
  #writer = new FrameWriter()
  #scheduled = false
  #flush = () => {
    this.#scheduled = false
    const chunks = this.#writer.take()
    if (chunks.length > 1) this.#socket.cork()
    for (const chunk of chunks) this.#socket.write(chunk)
    if (chunks.length > 1) this.#socket.uncork()
  }

  /** @param {import('node:net').Socket} socket A connected socket. */
  constructor(socket) {
    this.#socket = socket
    const reader = new FrameReader(this.target)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => reader.push(chunk))
    socket.on('error', () => socket.destroy())
  }

  get bufferedAmount() {
    return this.#socket.writableLength + this.#writer.length
  }

  send(envelope) {
    this.#writer.add(envelope)
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#flush)
  }

  async drained() {
    if (this.#scheduled) await new Promise(setImmediate)
    if (this.#socket.writableNeedDrain) await once(this.#socket, 'drain')
  }
}

/** Binds a server to a free port on the loopback address. Resolves with the port. */
async function listenOnLoopback(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

module.exports = { FramedSocket, listenOnLoopback }
