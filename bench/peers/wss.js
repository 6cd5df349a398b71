// SPDX-License-Identifier: MIT
'use strict'

const https = require('node:https')
const { createCertificate } = require('../certificate')
const { createWebSocketPeer } = require('./websocket')

/** WebSocket over TLS 1.3. */
async function open() {
  return createWebSocketPeer(
    () => {
      const { key, cert } = createCertificate()
      const server = https.createServer({ key, cert, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' })
      return { server, trust: { options: { ca: cert, servername: 'localhost', host: '127.0.0.1' } } }
    },
    ({ port }) => `wss://localhost:${port}`
  )
}

module.exports = { open }
