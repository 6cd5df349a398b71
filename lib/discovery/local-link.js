// SPDX-License-Identifier: MIT
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const { IrohError } = require('../base/errors')
const { DnsFormatError, readMessage } = require('../dns/reader')
const { PORT } = require('./local-guard')

const GROUP = '224.0.0.251'
const TTL = 255

/** The multicast of one network interface: what comes, and what is sent there. Does not keep the process alive. */
class LocalLink {
  #socket
  #address

  /**
   * @param {string} address of the interface
   * @param {import('./local-guard').LocalGuard} guard
   * @param {(message: object, from: { address: string }) => void} onMessage gets what readMessage() gives; it may throw
   *   DnsFormatError
   * @returns {Promise<LocalLink>}
   * @throws {IrohError} ERR_IROH_DISCOVERY: there can be no multicast
   */
  static async open(address, guard, onMessage) {
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true })
    try {
      // Bound to the group, it gets multicast of this link alone: no router passes that on, and what is sent to an address
      // of this host, from wherever, does not come here.
      socket.bind(PORT, GROUP)
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
    return new LocalLink(socket, address, guard, onMessage)
  }

  /** @private use LocalLink.open() */
  constructor(socket, address, guard, onMessage) {
    this.#socket = socket
    this.#address = address
    socket.on('error', () => {}) // of a network that is gone
    socket.on('message', (datagram, from) => {
      if (!guard.admits(datagram, from, address)) return
      try {
        onMessage(readMessage(datagram), from)
      } catch (error) {
        if (!(error instanceof DnsFormatError)) throw error
        guard.dropped.malformed++
      }
    })
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

  /** @param {Buffer} message */
  send(message) {
    this.#socket.send(message, PORT, GROUP, () => {}) // what cannot be sent now is repeated when it is asked for
  }

  close() {
    return new Promise((resolve) => this.#socket.close(resolve))
  }
}

module.exports = { LocalLink }
