// SPDX-License-Identifier: MIT
'use strict'

const { senderOf } = require('../../base/senders')

/** The TCP connections of a relay: how many there are, for each sender, and how long they may take to authenticate. */
class Sockets {
  #limits
  #metrics
  #open = new Set()
  #bySender = new Map()
  /** Not authenticated yet, the oldest first: socket -> when its time is over. */
  #waiting = new Map()

  constructor(limits, metrics) {
    this.#limits = limits
    this.#metrics = metrics
  }

  /** Counts a new TCP connection, or ends it when there are too many. */
  add(socket) {
    const sender = senderOf(socket.remoteAddress)
    const count = this.#bySender.get(sender) ?? 0
    if (this.#open.size >= this.#limits.maxConnections || count >= this.#limits.maxConnectionsPerIp) {
      this.#metrics.connectionsRefused++
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    this.#open.add(socket)
    this.#bySender.set(sender, count + 1)
    this.#metrics.sockets = this.#open.size
    socket.once('close', () => this.#remove(socket, sender))
  }

  #remove(socket, sender) {
    const count = this.#bySender.get(sender) - 1
    if (count === 0) this.#bySender.delete(sender)
    else this.#bySender.set(sender, count)
    this.#open.delete(socket)
    this.#metrics.sockets = this.#open.size
  }

  /** From now on the socket (with TLS: the one inside) has so long to authenticate. */
  await(socket, clock) {
    if (socket.destroyed) return
    this.#waiting.set(socket, clock + this.#limits.handshakeTimeoutMs)
    socket.once('close', () => this.#waiting.delete(socket))
  }

  /** The socket is authenticated. */
  release(socket) {
    this.#waiting.delete(socket)
  }

  sweep(clock) {
    for (const [socket, deadline] of this.#waiting) {
      if (clock < deadline) return
      this.#metrics.connectionsTimedOut++
      this.#waiting.delete(socket)
      socket.destroy()
    }
  }

  /** Ends those that are not authenticated. */
  destroyWaiting() {
    for (const socket of this.#waiting.keys()) socket.destroy()
  }

  destroyAll() {
    for (const socket of this.#open) socket.destroy()
  }
}

module.exports = { Sockets }
