// SPDX-License-Identifier: MIT
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const makeMdns = require('multicast-dns')
const { IrohError } = require('../base/errors')
const { mayBeOurs } = require('./local-message')

const GROUP = '224.0.0.251'
const PORT = 5353
const TTL = 255

/** What others of the network talk about does not come to be decoded. */
class ServiceSocket extends dgram.Socket {
  emit(event, ...about) {
    return event === 'message' && !mayBeOurs(about[0]) ? false : super.emit(event, ...about)
  }
}

/** The multicast of one network interface: what comes, and what is sent there. Does not keep the process alive. */
class LocalLink {
  #mdns
  #socket
  #address

  /**
   * @param {string} address of the interface
   * @param {(message: object, from: { address: string }) => void} onMessage gets queries and responses as dns-packet
   *   decodes them, of every interface that this host has joined the group at
   * @returns {Promise<LocalLink>}
   * @throws {IrohError} ERR_IROH_DISCOVERY: there can be no multicast
   */
  static async open(address, onMessage) {
    const socket = new ServiceSocket({ type: 'udp4', reuseAddr: true })
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
    return new LocalLink(socket, address, onMessage)
  }

  /** @private use LocalLink.open() */
  constructor(socket, address, onMessage) {
    this.#socket = socket
    this.#address = address
    // Bound and joined already: the library would ask for the interfaces every 5 s, and keep the process alive for it.
    this.#mdns = makeMdns({ socket, bind: false, multicast: false })
    this.#mdns.on('packet', onMessage)
    this.#mdns.on('warning', () => {}) // what cannot be decoded, or sent now
    this.#mdns.on('error', () => {})
  }

  /** Joins again: an interface that was gone meanwhile has forgotten it. @returns {boolean} whether it is there */
  rejoin() {
    try {
      this.#socket.dropMembership(GROUP, this.#address)
    } catch {
      // it was gone
    }
    try {
      this.#socket.addMembership(GROUP, this.#address)
      this.#socket.setMulticastInterface(this.#address)
      return true
    } catch {
      return false
    }
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
