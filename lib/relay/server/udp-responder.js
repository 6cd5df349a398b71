// SPDX-License-Identifier: MIT
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const net = require('node:net')
const { plainAddress } = require('../../base/senders')

/** A UDP port that answers some datagrams with one datagram each. */
class UdpResponder {
  #socket

  /**
   * @param {{ host: string, port: number }} where
   * @param {(message: Buffer, from: { address: string, port: number }, server: object) => Buffer | object | null} answer
   *   a Buffer goes back; `{ bytes, port, isFromOther }` to that port of the sender, from the other responder of the
   *   pair if so. `server` is `{ host, port, otherPort }`
   * @param {{ limiter: import('../../base/senders').SenderLimiter, metrics: object, counter: string, pair?: UdpResponder[] }} about
   *   `pair`: joins it; two responders may answer for each other
   */
  static async bind({ host, port }, answer, { limiter, metrics, counter, pair = [] }) {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
    const responder = new UdpResponder(socket)
    const other = () => pair.find((one) => one !== responder)
    socket.on('message', (message, { address, port: from }) => {
      if (!limiter.allows(address)) {
        metrics.udpRateLimited++
        return
      }
      const server = { host, port: responder.port, otherPort: other()?.port ?? null }
      const reply = answer(message, { address: plainAddress(address), port: from }, server)
      if (!reply) {
        metrics.udpIgnored++
        return
      }
      metrics[counter]++
      if (Buffer.isBuffer(reply)) responder.#send(reply, from, address)
      else (reply.isFromOther ? other() : responder).#send(reply.bytes, reply.port, address)
    })
    try {
      socket.bind({ port, address: host })
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw error
    }
    socket.on('error', () => {}) // ICMP errors of earlier answers
    pair.push(responder)
    return responder
  }

  /** @private use UdpResponder.bind() */
  constructor(socket) {
    this.#socket = socket
  }

  get port() {
    return this.#socket.address().port
  }

  #send(bytes, port, address) {
    this.#socket.send(bytes, port, address, () => {}) // a sender that cannot be reached is its own affair
  }

  close() {
    return new Promise((resolve) => this.#socket.close(resolve))
  }
}

module.exports = { UdpResponder }
