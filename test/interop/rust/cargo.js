// SPDX-License-Identifier: MIT
// Builds real iroh's programs, and runs them.
'use strict'

const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')

/** The first build on a machine fetches and compiles some hundred crates. */
const BUILD_TIMEOUT_MS = 1_200_000

/** Outside the checkout, so that one build serves every clone. */
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
const target = path.join(cache, 'event-target-iroh', 'cargo')

function hasCargo() {
  return spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0
}

/**
 * Builds the programs of a crate, unless they are up to date.
 * @param {string} directory of the crate
 * @param {'debug' | 'release'} [profile] release: optimised
 */
function build(directory, profile = 'debug') {
  const args = ['build', '--locked', '--quiet', ...(profile === 'release' ? ['--release'] : [])]
  const { status, stderr } = spawnSync('cargo', args, {
    cwd: directory,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`${path.basename(directory)} cannot be built:\n${stderr}`)
}

/** Where build() has put a program. */
function programPath(name, profile = 'debug') {
  return path.join(target, profile, name)
}

/** Call it in a describe(): builds a crate before its tests, which are not run where there is no cargo. */
function useCrate(directory) {
  before(function () {
    this.timeout(BUILD_TIMEOUT_MS)
    if (hasCargo()) {
      build(directory)
      return
    }
    console.log(`    ${path.basename(directory)} is not tested against: there is no cargo to build it`)
    this.skip()
  })
}

/** A program that prints lines of JSON, and runs until its standard input ends. */
class RustProgram {
  #process
  #lines

  /**
   * @param {string} name
   * @param {string[]} args
   * @param {'debug' | 'release'} [profile]
   */
  constructor(name, args, profile = 'debug') {
    this.#process = spawn(programPath(name, profile), args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = readline.createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  get pid() {
    return this.#process.pid
  }

  /** The next line; rejects if there is none any more. */
  async next() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${path.basename(this.#process.spawnfile)} ended`)
    return JSON.parse(value)
  }

  /** Writes a line, and resolves with the next one that is printed. */
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

module.exports = { RustProgram, build, hasCargo, programPath, useCrate }
