// SPDX-License-Identifier: MIT
// iroh's own DNS server, and a real iroh endpoint that finds others by DNS and pkarr.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { RustProgram } = require('../rust/cargo.js')

/** A running server: `pkarrUrl`, and `dns` as 'ip:port'. */
class RustDnsServer {
  #program
  #directory

  constructor(program, directory, { pkarrUrl, dns }) {
    this.#program = program
    this.#directory = directory
    this.pkarrUrl = pkarrUrl
    this.dns = dns
  }

  /** @param {string} origin it answers for any, and for this one */
  static async start(origin) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-dns-'))
    const program = new RustProgram('real-dns-server', [directory, origin])
    return new RustDnsServer(program, directory, await program.next())
  }

  async close() {
    await this.#program.close()
    fs.rmSync(this.#directory, { recursive: true })
  }
}

/** A running endpoint: `nodeId`. It answers the first frame of each connection with the same frame. */
class RustPeer {
  #program

  constructor(program, { id }) {
    this.#program = program
    this.nodeId = id
  }

  /** @param {{ [name: string]: string }} options as real-peer.rs says */
  static async start(options) {
    const args = Object.entries(options).map(([name, value]) => `${name}=${value}`)
    const program = new RustProgram('real-peer', args)
    return new RustPeer(program, await program.next())
  }

  /** Dials a NodeId, sends an envelope, and resolves with the one that comes back. */
  async ask(nodeId, envelope) {
    const { answer, error } = await this.#program.ask(`${nodeId} ${JSON.stringify(envelope)}`)
    if (error) throw new Error(error)
    return answer
  }

  /** Resolves with the NodeId of the next connection it accepts. */
  async accepted() {
    return (await this.#program.next()).accepted
  }

  close() {
    return this.#program.close()
  }
}

module.exports = { RustDnsServer, RustPeer }
