// SPDX-License-Identifier: MIT
// iroh's own relay server.
'use strict'

const { RustProgram, build } = require('./cargo.js')

/** @param {'debug' | 'release'} [profile] */
function buildRelay(profile) {
  build(__dirname, profile)
}

/** A running relay: `url`, `pid`, and `ca` when it was started with 'tls'. */
class RustRelay {
  #program

  constructor(program, { url, ca }) {
    this.#program = program
    this.url = url
    this.pid = program.pid
    this.ca = ca || undefined
  }

  /** @param {...string} args 'tls', 'token=<text>', 'threads' */
  static start(...args) {
    return RustRelay.#run('debug', args)
  }

  /** The same of the optimised build. */
  static startRelease(...args) {
    return RustRelay.#run('release', args)
  }

  static async #run(profile, args) {
    const program = new RustProgram('real-relay', args, profile)
    return new RustRelay(program, await program.next())
  }

  close() {
    return this.#program.close()
  }
}

module.exports = { RustRelay, buildRelay }
