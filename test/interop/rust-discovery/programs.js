// SPDX-License-Identifier: MIT
// Builds and runs iroh's own look-up server, and an iroh endpoint that uses one.
'use strict'

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')

/** Outside the checkout, so that one build serves every clone. */
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
const target = path.join(cache, 'event-target-iroh', 'cargo')

/** Builds them, unless they are up to date. The first time it fetches crates and takes minutes. */
function buildPrograms() {
  const { status, stderr } = spawnSync('cargo', ['build', '--locked', '--quiet'], {
    cwd: __dirname,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`iroh's look-up server cannot be built:\n${stderr}`)
}

/** One of them, running: it speaks JSON, a line each. */
class RealProgram {
  #process
  #lines

  /** @private */
  constructor(child) {
    this.#process = child
    this.#lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** iroh-dns-server; its first line has `pkarr`, a URL, and `dns`, 'ip:port'. @param {string} folder for its data */
  static server(folder) {
    return RealProgram.#run(['server', folder])
  }

  /** An endpoint; its first line has its `id`. */
  static peer({ pkarr, dns, origin }) {
    return RealProgram.#run(['peer', pkarr, dns, origin])
  }

  static #run(args) {
    const stdio = ['pipe', 'pipe', 'inherit']
    return new RealProgram(spawn(path.join(target, 'debug', 'real-discovery'), args, { stdio }))
  }

  async next() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('the program has ended')
    return JSON.parse(value)
  }

  /** Says a line, and gives back what it answers. */
  ask(line) {
    this.#process.stdin.write(`${line}\n`)
    return this.next()
  }

  async close() {
    const ended = once(this.#process, 'exit')
    this.#process.stdin.end()
    await ended
  }
}

module.exports = { RealProgram, buildPrograms }
