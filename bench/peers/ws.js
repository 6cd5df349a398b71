// SPDX-License-Identifier: MIT
'use strict'

const http = require('node:http')
const { createWebSocketPeer } = require('./websocket')

/** WebSocket over plain TCP. */
async function open() {
  return createWebSocketPeer(
    () => ({ server: http.createServer() }),
    ({ port }) => `ws://127.0.0.1:${port}`
  )
}

module.exports = { open }
