// SPDX-License-Identifier: MIT
'use strict'

const dgram = require('node:dgram')
const { Patience } = require('../base/patience')
const { once } = require('node:events')

/** When a question is sent, counted from the first time: 250 ms, doubling (RFC 6886, section 3.1), four times. */
const SEND_AT_MS = [0, 250, 750, 1750]
/** When it has stayed without an answer. */
const GIVE_UP_MS = 3750

/** A UDP socket to one gateway; datagrams of others are not seen. It does not hold the process. */
class GatewaySocket {
  #socket
  #gateway
  #onOther
  #waiting = null
  #closed = false

  /**
   * @param {{ address: string, port: number }} gateway
   * @param {string} from IPv4 address to send from; '0.0.0.0': the system's choice
   * @param {(datagram: Buffer) => void} [onOther] gets what is no answer
   * @returns {Promise<GatewaySocket>} rejects with the system's error
   */
  static async open(gateway, from, onOther = () => {}) {
    const socket = dgram.createSocket('udp4').unref()
    try {
      socket.bind({ address: from, port: 0, exclusive: true })
      await once(socket, 'listening')
      socket.connect(gateway.port, gateway.address)
      await once(socket, 'connect')
    } catch (error) {
      socket.close()
      throw error
    }
    return new GatewaySocket(socket, gateway, onOther)
  }

  /** @private use GatewaySocket.open() */
  constructor(socket, gateway, onOther) {
    this.#socket = socket
    this.#gateway = gateway
    this.#onOther = onOther
    socket.on('error', () => {}) // ICMP errors: the question stays without an answer
    socket.on('message', (datagram, from) => this.#onMessage(datagram, from))
  }

  /** The IPv4 address that the gateway sees questions come from, as far as this host knows. */
  get localAddress() {
    return this.#socket.address().address
  }

  /**
   * Asks until there is an answer, four times at most. One question at a time.
   * @template T
   * @param {Buffer} question
   * @param {(datagram: Buffer) => T | null} read null: it is no answer to that
   * @param {number} [giveUpMs] default 3750
   * @returns {Promise<T | null>} null: no answer, or close() was called
   */
  ask(question, read, giveUpMs = GIVE_UP_MS) {
    if (this.#closed) return Promise.resolve(null)
    return new Promise((resolve) => {
      const settle = (answer) => {
        patience.stop()
        for (const timer of timers) clearTimeout(timer)
        this.#waiting = null
        resolve(answer)
      }
      const again = SEND_AT_MS.filter((ms) => ms > 0 && ms < giveUpMs)
      const timers = again.map((ms) => setTimeout(() => this.send(question), ms).unref())
      const patience = new Patience(giveUpMs, () => settle(null)).unref()
      this.#waiting = { read, settle }
      this.send(question)
    })
  }

  /** Sends once; whether it gets there is not known. */
  send(datagram) {
    if (!this.#closed) this.#socket.send(datagram, () => {})
  }

  /**
   * Whoever waits gets no answer.
   * @param {Buffer} [last] sent before
   */
  close(last) {
    if (this.#closed) return
    this.#closed = true
    this.#waiting?.settle(null)
    if (last) this.#socket.send(last, () => this.#socket.close())
    else this.#socket.close()
  }

  /** The kernel lets only the gateway in, but for what came before connect(). */
  #onMessage(datagram, { address, port }) {
    if (this.#closed || address !== this.#gateway.address || port !== this.#gateway.port) return
    const answer = this.#waiting?.read(datagram) ?? null
    if (answer === null) this.#onOther(datagram)
    else this.#waiting.settle(answer)
  }
}

module.exports = { GatewaySocket }
