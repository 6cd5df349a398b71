// SPDX-License-Identifier: MIT
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const makeMdns = require('multicast-dns')
const { IrohError } = require('../errors')

const GROUP = '224.0.0.251'
const PORT = 5353
const TTL = 255

/** The multicast of one network interface: what comes, and what is sent there. Does not keep the process alive. */
class LocalLink {
  #mdns

  /**
   * @param {string} address of the interface
   * @param {(message: object) => void} onMessage gets queries and responses as dns-packet decodes them
   * @returns {Promise<LocalLink>}
   * @throws {IrohError} ERR_IROH_DISCOVERY: there can be no multicast
   */
  static async open(address, onMessage) {
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true })
    try {
      socket.bind(PORT)
      await once(socket, 'listening')
      socket.addMembership(GROUP, address)
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(TTL)
      socket.setMulticastLoopback(true) // other processes of this host
      socket.unref()
    } catch (cause) {
      socket.close()
      throw new IrohError('ERR_IROH_DISCOVERY', { detail: `multicast at ${address}: ${cause.message}`, cause })
    }
    return new LocalLink(socket, onMessage)
  }

  /** @private use LocalLink.open() */
  constructor(socket, onMessage) {
    // Bound and joined already: the library would ask for the interfaces every 5 s, and keep the process alive for it.
    this.#mdns = makeMdns({ socket, bind: false, multicast: false })
    this.#mdns.on('packet', onMessage)
    this.#mdns.on('warning', () => {}) // what cannot be decoded, or sent now
    this.#mdns.on('error', () => {})
  }

  query(message) {
    this.#mdns.query(message)
  }

  respond(message) {
    this.#mdns.respond(message)
  }

  close() {
    return new Promise((resolve) => this.#mdns.destroy(resolve))
  }
}

module.exports = { LocalLink }
