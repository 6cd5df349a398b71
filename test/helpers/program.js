// SPDX-License-Identifier: MIT
// The command line, run as its users run it.
'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createInterface } = require('node:readline')
const manifest = require('../../package.json')

const program = path.join(__dirname, '..', '..', manifest.bin)

/** A running program: its lines can be awaited one by one, in order. */
class Program {
  #lines
  #errorLines
  stdout = ''
  stderr = ''

  constructor(file, args) {
    this.child = spawn(file, args, { stdio: 'pipe' })
    this.child.stdin.on('error', () => {}) // it may end before it has read everything
    this.child.stdout.on('data', (chunk) => (this.stdout += chunk))
    this.child.stderr.on('data', (chunk) => (this.stderr += chunk))
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
    this.#errorLines = createInterface({ input: this.child.stderr })[Symbol.asyncIterator]()
    /** Resolves with { code, signal, stdout, stderr }. */
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      return { code, signal, stdout: this.stdout, stderr: this.stderr }
    })
  }

  /** The next line of stdout; undefined at its end. */
  async line() {
    return (await this.#lines.next()).value
  }

  async json() {
    return JSON.parse(await this.line())
  }

  /** The next line of stdout that is JSON with this `event`. */
  event(name) {
    return this.#find((value) => value.event === name)
  }

  /** The next line of stdout that is an envelope of this `type`. */
  envelope(type) {
    return this.#find((value) => value.type === type)
  }

  async #find(isWanted) {
    for (;;) {
      const value = await this.json()
      if (isWanted(value)) return value
    }
  }

  /** The next line of stderr that matches; throws when there is none. */
  async said(pattern) {
    for (;;) {
      const { value, done } = await this.#errorLines.next()
      if (done) throw new Error(`it never said ${pattern}: ${this.stderr}`)
      const match = pattern.exec(value)
      if (match) return match
    }
  }

  /** Writes objects as lines of JSON, and strings as they are. */
  write(...lines) {
    for (const line of lines) this.child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  }

  /** Ends stdin. */
  eof() {
    this.child.stdin.end()
  }

  kill(signal = 'SIGKILL') {
    this.child.kill(signal)
  }
}

/** Call it in a describe(): gives a starter of programs, and a folder; both are gone after each test. */
function usePrograms() {
  const running = new Set()
  const about = { directory: '' }

  beforeEach(() => {
    about.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-cli-'))
  })
  afterEach(async () => {
    for (const one of running) one.kill()
    await Promise.all([...running].map(({ ended }) => ended))
    running.clear()
    fs.rmSync(about.directory, { recursive: true })
  })

  function spawnProgram(file, ...args) {
    const one = new Program(file, args)
    running.add(one)
    return one
  }

  /** event-target-iroh with these arguments. */
  function start(...args) {
    return spawnProgram(process.execPath, program, ...args)
  }

  /** The same without anybody who reads its stdout: a plain child process. */
  function startUnread(...args) {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'ignore'] })
    running.add({ kill: () => child.kill('SIGKILL'), ended: once(child, 'exit') })
    return child
  }

  return { about, spawnProgram, start, startUnread }
}

module.exports = { program, usePrograms }
