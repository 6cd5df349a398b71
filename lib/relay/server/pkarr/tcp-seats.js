// SPDX-License-Identifier: MIT
'use strict'

const { senderOf } = require('../../../base/senders')

/**
 * The TCP connections that may be open at once, for each sender and in all. When all are taken, one who comes takes the
 * oldest of the sender that has most.
 */
class TcpSeats {
  #perSender
  #total
  #taken = 0
  /** sender -> its sockets, the oldest first */
  #senders = new Map()

  constructor(perSender, total) {
    this.#perSender = perSender
    this.#total = total
  }

  /** Gives a connection a seat until it closes, or ends it. @param {import('node:net').Socket} socket @returns {boolean} */
  take(socket) {
    const sender = senderOf(socket.remoteAddress)
    const sockets = this.#senders.get(sender) ?? new Set()
    if (sockets.size >= this.#perSender) {
      socket.destroy()
      return false
    }
    if (this.#taken >= this.#total) this.#free()
    this.#senders.set(sender, sockets.add(socket))
    this.#taken++
    socket.once('close', () => this.#leave(sender, socket))
    return true
  }

  #free() {
    let [[fullest, most]] = this.#senders
    for (const [sender, sockets] of this.#senders) {
      if (sockets.size > most.size) [fullest, most] = [sender, sockets]
    }
    const [oldest] = most
    this.#leave(fullest, oldest)
    oldest.destroy()
  }

  #leave(sender, socket) {
    const sockets = this.#senders.get(sender)
    if (!sockets?.delete(socket)) return // freed already
    this.#taken--
    if (sockets.size === 0) this.#senders.delete(sender)
  }
}

module.exports = { TcpSeats }
