// SPDX-License-Identifier: MIT
'use strict'

const dns = require('node:dns/promises')
const binding = require('./binding')

/** Often enough for the mapping of a NAT to stay. */
const ASK_EVERY_MS = 20_000
/** An address that no server has confirmed for this long is forgotten. */
const FORGET_AFTER_MS = 3 * ASK_EVERY_MS
/** Servers asked. */
const MAX_SERVERS = 4

/** Where STUN servers see this endpoint. Asks them now and then, as long as it is open. */
class PublicAddresses {
  #core
  #servers
  #onChange
  #timer
  #seen = new Map()
  #closed = false

  /**
   * @param {import('./core').Core} core
   * @param {{ hostname: string, port: number }[]} servers
   * @param {() => void} onChange
   */
  constructor(core, servers, onChange) {
    this.#core = core
    this.#servers = servers.slice(0, MAX_SERVERS)
    this.#onChange = onChange
    this.#timer = setInterval(() => this.ask(), ASK_EVERY_MS)
    this.#timer.unref()
    this.ask()
  }

  /** @returns {string[]} 'ip:port', the newest first */
  list() {
    const oldest = performance.now() - FORGET_AFTER_MS
    const fresh = [...this.#seen].filter(([, at]) => at > oldest)
    return fresh.sort(([, a], [, b]) => b - a).map(([address]) => address)
  }

  ask() {
    for (const server of this.#servers) this.#askOne(server)
  }

  /** A server has answered. */
  onObserved(address) {
    const isNew = !this.list().includes(address)
    this.#seen.set(address, performance.now())
    if (isNew) this.#onChange()
  }

  close() {
    this.#closed = true
    clearInterval(this.#timer)
  }

  /** A name that cannot be resolved now is asked for again in the next round. */
  async #askOne({ hostname, port }) {
    const found = await dns.lookup(hostname, { all: true }).catch(() => [])
    if (this.#closed) return
    for (const family of [4, 6]) {
      const address = found.find((one) => one.family === family)?.address
      if (address) binding.askAddress(this.#core.handle, family === 6 ? `[${address}]:${port}` : `${address}:${port}`)
    }
  }
}

module.exports = { PublicAddresses }
