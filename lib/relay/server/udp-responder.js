// SPDX-License-Identifier: MIT
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const net = require('node:net')
const { plainAddress } = require('./ip')

/** A UDP port that answers some datagrams with one datagram each. */
class UdpResponder {
  #socket

  /**
   * @param {{ host: string, port: number }} where
   * @param {(message: Buffer, from: { address: string, port: number }) => Buffer | null} answer
   * @param {{ limiter: import('./ip').SenderLimiter, metrics: object, counter: string }} about
   */
  static async bind({ host, port }, answer, { limiter, metrics, counter }) {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
    socket.on('message', (message, { address, port: from }) => {
      if (!limiter.allows(address)) {
        metrics.udpRateLimited++
        return
      }
      const reply = answer(message, { address: plainAddress(address), port: from })
      if (!reply) {
        metrics.udpIgnored++
        return
      }
      metrics[counter]++
      socket.send(reply, from, address, () => {}) // a sender that cannot be reached is its own affair
    })
    try {
      socket.bind({ port, address: host })
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw error
    }
    socket.on('error', () => {}) // ICMP errors of earlier answers
    return new UdpResponder(socket)
  }

  /** @private use UdpResponder.bind() */
  constructor(socket) {
    this.#socket = socket
  }

  get port() {
    return this.#socket.address().port
  }

  close() {
    return new Promise((resolve) => this.#socket.close(resolve))
  }
}

module.exports = { UdpResponder }
