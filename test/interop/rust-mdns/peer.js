// SPDX-License-Identifier: MIT
// Builds and runs a real iroh endpoint with iroh's own mDNS.
'use strict'

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')

/** Outside the checkout, so that one build serves every clone. */
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
const target = path.join(cache, 'event-target-iroh', 'cargo')

/** Builds it, unless it is up to date. The first time it fetches its crates and takes minutes. */
function buildMdnsPeer() {
  const { status, stderr } = spawnSync('cargo', ['build', '--locked', '--quiet'], {
    cwd: __dirname,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`iroh with its mDNS cannot be built:\n${stderr}`)
}

/** A running one: `nodeId`. */
class RealMdnsPeer {
  #process
  #lines

  /** @param {string} address what it binds to */
  static async start(address) {
    const peer = new RealMdnsPeer(spawn(path.join(target, 'debug', 'real-mdns-peer'), [address]))
    peer.nodeId = (await peer.#next()).id
    return peer
  }

  /** @private */
  constructor(child) {
    this.#process = child
    child.stderr.pipe(process.stderr)
    this.#lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** The NodeId of the next who connects. */
  async accepted() {
    return (await this.#next()).accepted
  }

  /** Makes it dial. @returns {Promise<string>} the NodeId it is connected to then, or what is wrong */
  async dial(nodeId) {
    const { connected, error } = await this.#ask(nodeId)
    return connected ?? error
  }

  /** @returns {Promise<{ known: string[], expired: number }>} whom it hears, and how often it ceased to hear one */
  list() {
    return this.#ask('list')
  }

  async close() {
    const ended = once(this.#process, 'exit')
    this.#process.stdin.end()
    await ended
  }

  #ask(line) {
    this.#process.stdin.write(`${line}\n`)
    return this.#next()
  }

  async #next() {
    return JSON.parse((await this.#lines.next()).value)
  }
}

module.exports = { RealMdnsPeer, buildMdnsPeer }
