// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { names } = require('../outbound/names')
const { Journal } = require('./journal')
const { ProbeSocket } = require('./probe-socket')

/** How long a server may take to answer over UDP, and what share of the report's time that may be. */
const ANSWER_MS = 1500
const ANSWER_SHARE = 1 / 4

/** 'ip:port', IPv6 in brackets. */
function addressAndPort({ address, port }) {
  return net.isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

/** What the probes of one report share: its journal, its sockets, and its end. */
class Run {
  journal = new Journal()
  #answerMs
  #sockets = new Set()
  #end = new AbortController()

  /** The proxies that were asked, without user and password. @type {Set<string>} */
  proxyNames = new Set()

  /**
   * @param {number} timeoutMs of the whole report; whoever made the run ends it then
   * @param {{ proxies?: import('../outbound/proxies').Proxies, ca?: string | Buffer | (string | Buffer)[], caOption?: string }}
   *   [outbound] the proxies and trusted certificates of HTTP requests
   */
  constructor(timeoutMs, outbound = {}) {
    this.outbound = outbound
    this.#answerMs = Math.min(ANSWER_MS, timeoutMs * ANSWER_SHARE)
  }

  /** Aborted when the report's time is up, or nobody wants it any more. */
  get signal() {
    return this.#end.signal
  }

  get isOver() {
    return this.#end.signal.aborted
  }

  /** Whoever still waits gets no answer. */
  end() {
    this.#end.abort()
    for (const socket of this.#sockets) socket.close()
  }

  /**
   * A UDP socket that is closed at the end.
   * @param {4 | 6} family
   * @returns {Promise<ProbeSocket>} rejects with the system's error
   */
  async open(family) {
    const socket = await ProbeSocket.open(family)
    this.#sockets.add(socket)
    if (this.isOver) socket.close()
    return socket
  }

  /**
   * The addresses of a host.
   * @param {string} hostname
   * @returns {Promise<{ address: string, family: number }[]>} none if it cannot be resolved, or not in time
   */
  async lookup(hostname) {
    const family = net.isIP(hostname)
    if (family > 0) return [{ address: hostname, family }]
    const started = performance.now()
    const found = await names.addresses(hostname, this.signal).catch((error) => (this.isOver ? null : error))
    if (Array.isArray(found)) {
      this.journal.note('dns', hostname, 'ok', started, found.map(({ address }) => address).join(', '))
      return found
    }
    this.journal.note('dns', hostname, found ? 'error' : 'no-answer', started, found?.message)
    return []
  }

  /**
   * Asks one question over UDP, and notes it.
   * @param {string} what for the journal
   * @param {ProbeSocket} socket where the answer is awaited
   * @param {{ address: string, port: number, name: string }} server `name`: for the journal
   * @param {import('./probe-socket').Exchange} exchange
   * @param {{ timeoutMs?: number, via?: ProbeSocket }} [options]
   * @returns {Promise<{ value: any, from: { address: string, port: number }, ms: number } | null>} null: no answer
   */
  async ask(what, socket, server, exchange, options) {
    const started = performance.now()
    const answer = await socket.ask(exchange, server, { timeoutMs: this.#answerMs, ...options })
    const { value, error } = answer
    const detail = value?.mapped ? `seen at ${addressAndPort(value.mapped)}` : error?.message
    if (value?.errorCode !== undefined)
      this.journal.note(what, server.name, 'error', started, `STUN error ${value.errorCode}`)
    else this.journal.note(what, server.name, value ? 'ok' : error ? 'error' : 'no-answer', started, detail)
    return value === null ? null : answer
  }

  /** The same for STUN. @returns {Promise<{ mapped?: object, otherPort?: number | null, errorCode?: number, from: object, ms: number } | null>} */
  async stun(what, socket, server, exchange, options) {
    const answer = await this.ask(what, socket, server, exchange, options)
    return answer && { ...answer.value, from: answer.from, ms: answer.ms }
  }
}

module.exports = { Run, addressAndPort }
