// SPDX-License-Identifier: MIT
// A real iroh endpoint with iroh's own mDNS.
'use strict'

const { RustProgram } = require('../rust/cargo.js')

/** A running one: `nodeId`. */
class RealMdnsPeer {
  #program

  /** @param {string} address what it binds to */
  static async start(address) {
    const program = new RustProgram('real-mdns-peer', [address])
    return new RealMdnsPeer(program, await program.next())
  }

  /** @private */
  constructor(program, { id }) {
    this.#program = program
    this.nodeId = id
  }

  /** The NodeId of the next who connects. */
  async accepted() {
    return (await this.#program.next()).accepted
  }

  /** Makes it dial. @returns {Promise<string>} the NodeId it is connected to then, or what is wrong */
  async dial(nodeId) {
    const { connected, error } = await this.#program.ask(nodeId)
    return connected ?? error
  }

  /** @returns {Promise<{ known: string[], expired: number }>} whom it hears, and how often it ceased to hear one */
  list() {
    return this.#program.ask('list')
  }

  close() {
    return this.#program.close()
  }
}

module.exports = { RealMdnsPeer }
