// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { IrohError } = require('../base/errors')

/** When the next address of a host is tried beside those that have not answered (RFC 8305, section 5). */
const NEXT_ADDRESS_MS = 250
/** Of so many addresses is told why they failed. */
const MAX_TOLD = 4

/** Why none of the addresses could be connected to. */
function allFailed(errors) {
  const words = [...new Set(errors.map((error) => error.message || error.code))]
  const told = words.slice(0, MAX_TOLD).join('; ')
  return Object.assign(new Error(told, { cause: errors.at(-1) }), { code: errors.at(-1).code })
}

/**
 * Opens a TCP connection to whichever address of a host answers first ("happy eyeballs", RFC 8305): they are tried one
 * after the other, each beside those before. Calls back once, and not before the next turn.
 */
class TcpRace {
  #left
  #port
  #timers
  #timeoutMs
  #lateWords
  #isReferenced
  #onOpen
  #onFail
  #trying = new Set()
  #errors = []
  #onClosed
  #sockets = 0
  #isOver = false

  /**
   * @param {{ address: string, family: number }[]} addresses at least one
   * @param {object} options
   * @param {number} options.port
   * @param {import('../base/timers').Timers} options.timers whose 'tcp' and 'next address' are the race's
   * @param {number} options.timeoutMs from each address on, until one has answered; 0: the caller sees to it
   * @param {string} options.lateWords why it failed then
   * @param {boolean} options.isReferenced whether it keeps the process alive
   * @param {(socket: net.Socket) => void} options.onOpen
   * @param {(error: Error) => void} options.onFail
   * @param {() => void} options.onClosed called whenever none of its sockets is left, the opened one among them
   */
  constructor(addresses, { port, timers, timeoutMs, lateWords, isReferenced, onOpen, onFail, onClosed }) {
    this.#left = [...addresses]
    this.#port = port
    this.#timers = timers
    this.#timeoutMs = timeoutMs
    this.#lateWords = lateWords
    this.#isReferenced = isReferenced
    this.#onOpen = onOpen
    this.#onFail = onFail
    this.#onClosed = onClosed
    this.#tryNext()
  }

  /** Whether no socket of it is open. */
  get isClosed() {
    return this.#sockets === 0
  }

  setReferenced(isReferenced) {
    this.#isReferenced = isReferenced
    for (const socket of this.#trying)
      if (isReferenced) socket.ref()
      else socket.unref()
  }

  /** Ends it without calling back. */
  stop() {
    this.#end(null)
  }

  #tryNext() {
    const { address } = this.#left.shift()
    const socket = net.connect({ host: address, port: this.#port })
    this.#sockets++
    this.#trying.add(socket)
    socket.setNoDelay(true)
    if (!this.#isReferenced) socket.unref()
    socket.once('connect', () => this.#opened(socket))
    socket.on('error', (error) => this.#failed(socket, error)) // stays: the layers above tell of later ones
    socket.once('close', () => {
      this.#sockets--
      if (this.#sockets === 0) this.#onClosed()
    })
    if (this.#left.length > 0) this.#timers.set('next address', NEXT_ADDRESS_MS, () => this.#tryNext())
    if (this.#timeoutMs > 0) this.#timers.setPatient('tcp', this.#timeoutMs, () => this.#late())
  }

  #opened(socket) {
    if (this.#isOver) return
    this.#end(socket)
    this.#onOpen(socket)
  }

  #failed(socket, error) {
    if (this.#isOver) return
    this.#trying.delete(socket)
    this.#errors.push(error)
    if (this.#left.length > 0) {
      this.#tryNext()
    } else if (this.#trying.size === 0) {
      this.#end(null)
      this.#onFail(allFailed(this.#errors))
    }
  }

  #late() {
    this.#end(null)
    this.#onFail(new IrohError('ERR_IROH_TIMEOUT', { detail: this.#lateWords }))
  }

  #end(winner) {
    if (this.#isOver) return
    this.#isOver = true
    this.#timers.clear('next address')
    this.#timers.clear('tcp')
    for (const socket of this.#trying) if (socket !== winner) socket.destroy()
  }
}

module.exports = { TcpRace }
