// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const tls = require('node:tls')
const { createCertificate } = require('../certificate')
const { FramedSocket, listenOnLoopback } = require('./framed-socket')

/** TLS 1.3 over TCP with a length prefix. The server shows a certificate, the client has none. */
async function open() {
  const sockets = new Set()
  let server
  let pinned
  return {
    async listen(onConnection) {
      const { key, cert } = createCertificate()
      server = tls.createServer({ key, cert, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' })
      server.on('secureConnection', (socket) => {
        sockets.add(socket)
        onConnection(new FramedSocket(socket))
      })
      return { port: await listenOnLoopback(server), cert }
    },
    async connect({ port, cert }) {
      pinned ??= tls.createSecureContext({ ca: cert, minVersion: 'TLSv1.3' })
      const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', secureContext: pinned })
      sockets.add(socket)
      await once(socket, 'secureConnect')
      return new FramedSocket(socket)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server?.close()
    }
  }
}

module.exports = { open }
