// SPDX-License-Identifier: MIT
// Builds and runs iroh's own relay server.
'use strict'

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const os = require('node:os')
const path = require('node:path')

/** Outside the checkout, so that one build serves every clone. */
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
const target = path.join(cache, 'event-target-iroh', 'cargo')

function hasCargo() {
  return spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0
}

/**
 * Builds the relay, unless it is up to date. The first time it fetches its crates and takes minutes.
 * @param {'debug' | 'release'} [profile] release: optimised
 */
function buildRelay(profile = 'debug') {
  const args = ['build', '--locked', '--quiet', ...(profile === 'release' ? ['--release'] : [])]
  const { status, stderr } = spawnSync('cargo', args, {
    cwd: __dirname,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`iroh's relay server cannot be built:\n${stderr}`)
}

/** A running relay: `url`, `pid`, and `ca` when it was started with 'tls'. */
class RustRelay {
  #process

  constructor(child, { url, ca }) {
    this.#process = child
    this.url = url
    this.pid = child.pid
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
    const child = spawn(path.join(target, profile, 'real-relay'), args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    return new RustRelay(child, JSON.parse(line))
  }

  async close() {
    const ended = once(this.#process, 'exit')
    this.#process.stdin.end()
    await ended
  }
}

module.exports = { RustRelay, buildRelay, hasCargo }
