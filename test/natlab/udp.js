// SPDX-License-Identifier: MIT
// Plain UDP sockets in a namespace, to see what the NATs of the lab do without this package.
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const { serve } = require('./program.js')

const sockets = []
const heard = []

serve({
  /** @returns the socket's number */
  async open({ host, port }) {
    const socket = dgram.createSocket('udp4')
    const number = sockets.push(socket) - 1
    socket.on('message', (bytes, { address, port }) => {
      heard.push({ socket: number, text: bytes.toString(), from: { host: address, port } })
    })
    socket.bind(port, host)
    await once(socket, 'listening')
    return number
  },

  async send({ socket, to, text }) {
    await new Promise((resolve) => sockets[socket].send(text, to.port, to.host, resolve))
  },

  /** @returns { socket, text, from } of the datagram with that text, or null after a while */
  async heard({ text }) {
    const deadline = performance.now() + 300
    while (performance.now() < deadline) {
      const found = heard.find((each) => each.text === text)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return null
  }
})
