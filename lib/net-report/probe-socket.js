// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const dgram = require('node:dgram')
const { Patience } = require('../base/patience')
const { once } = require('node:events')

/** When a request is sent again, counted from the first time. */
const SEND_AT_MS = [0, 150, 400, 900]

/**
 * What is sent and what its answer looks like.
 * @typedef {object} Exchange
 * @property {number} idBytes length of the random id that every sending of it gets
 * @property {(id: Buffer) => Buffer} write the datagram with that id
 * @property {(datagram: Buffer, id: Buffer) => unknown} read what the answer to that id says; null: it is none
 */

/** One UDP socket that asks, and pairs answers with questions by their ids. What it does ends with close(). */
class ProbeSocket {
  #socket
  #waiting = new Set()
  #closed = false

  /**
   * @param {4 | 6} family
   * @returns {Promise<ProbeSocket>} bound to any port; rejects with the system's error
   */
  static async open(family) {
    const socket = family === 6 ? dgram.createSocket({ type: 'udp6', ipv6Only: true }) : dgram.createSocket('udp4')
    try {
      socket.bind(0)
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw error
    }
    return new ProbeSocket(socket)
  }

  /** @private use ProbeSocket.open() */
  constructor(socket) {
    this.#socket = socket
    socket.on('error', () => {}) // ICMP errors: the request stays without an answer
    socket.on('message', (datagram, { address, port }) => {
      for (const waiter of this.#waiting) if (waiter(datagram, { address, port })) return
    })
  }

  /**
   * Sends until there is an answer, or time is up.
   * @param {Exchange} exchange
   * @param {{ address: string, port: number }} to
   * @param {{ timeoutMs: number, via?: ProbeSocket }} options `via`: sends from that socket, and awaits the answer at
   *   this one
   * @returns {Promise<{ value: any, from: { address: string, port: number }, ms: number } | { value: null, error: Error |
   *   null }>} `ms`: since the sending that was answered; `error`: what could not be sent
   */
  ask(exchange, to, { timeoutMs, via = this }) {
    return new Promise((resolve) => {
      const sent = []
      const timers = []
      let patience
      const settle = (result) => {
        patience?.stop()
        for (const timer of timers) clearTimeout(timer)
        this.#waiting.delete(onDatagram)
        resolve(result)
      }
      const onDatagram = (datagram, from) => {
        if (datagram === null) settle({ value: null, error: null })
        for (const { id, at } of datagram === null ? [] : sent) {
          const value = exchange.read(datagram, id)
          if (value === null) continue
          settle({ value, from, ms: performance.now() - at })
          return true
        }
        return false
      }
      const send = () => {
        const id = crypto.randomBytes(exchange.idBytes)
        sent.push({ id, at: performance.now() })
        via.#send(exchange.write(id), to, (error) => error && settle({ value: null, error }))
      }
      if (this.#closed) return resolve({ value: null, error: null })
      this.#waiting.add(onDatagram)
      send()
      for (const at of SEND_AT_MS.slice(1)) if (at < timeoutMs) timers.push(setTimeout(send, at))
      patience = new Patience(timeoutMs, () => settle({ value: null, error: null }))
    })
  }

  /** Whoever waits gets no answer. */
  close() {
    if (this.#closed) return
    this.#closed = true
    for (const waiter of [...this.#waiting]) waiter(null)
    this.#socket.close()
  }

  #send(bytes, { address, port }, onError) {
    if (!this.#closed) this.#socket.send(bytes, port, address, onError)
  }
}

module.exports = { ProbeSocket }
