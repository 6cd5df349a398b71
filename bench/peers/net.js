// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const net = require('node:net')
const { FramedSocket, listenOnLoopback } = require('./framed-socket')

/** Plain TCP with a length prefix: no encryption, no identity. */
async function open() {
  const sockets = new Set()
  const server = net.createServer()
  return {
    listen(onConnection) {
      server.on('connection', (socket) => {
        sockets.add(socket)
        onConnection(new FramedSocket(socket))
      })
      return listenOnLoopback(server)
    },
    async connect(port) {
      const socket = net.connect({ port, host: '127.0.0.1' })
      sockets.add(socket)
      await once(socket, 'connect')
      return new FramedSocket(socket)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}

module.exports = { open }
