// SPDX-License-Identifier: MIT
// A program that is told what to do by lines of JSON on its standard input and answers on its standard output.
'use strict'

const readline = require('node:readline')

/** A program that is asked waits for things itself, but never so long. */
const ANSWER_MS = 60_000

/**
 * Answers `{ id, command, argument }` with `{ id, value }` or `{ id, error }`, and ends with its input.
 * @param {{ [command: string]: (argument: any) => any }} commands
 */
function serve(commands) {
  const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
  const lines = readline.createInterface({ input: process.stdin })
  lines.on('line', async (line) => {
    const { id, command, argument } = JSON.parse(line)
    try {
      write({ id, value: await commands[command](argument) })
    } catch (error) {
      write({ id, error: `${error.code ?? error.name}: ${error.message}` })
    }
  })
  lines.on('close', () => process.exit())
}

/** The other end: a program running in a namespace. */
class Program {
  #child
  #waiting = new Map()
  #asked = 0
  #complaints = ''
  #ended = null

  /**
   * @param {import('./topology').Namespace} namespace
   * @param {string} file
   */
  constructor(namespace, file) {
    this.#child = namespace.spawn(file)
    this.#child.stderr.on('data', (text) => {
      this.#complaints += text
    })
    this.#child.stdin.on('error', () => {})
    readline.createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, value, error } = JSON.parse(line)
      this.#settle(id, error === undefined ? null : new Error(error), value)
    })
    this.#child.on('close', (code, signal) => {
      this.#ended = new Error(`a program ended (${signal ?? code}): ${this.#complaints}`)
      for (const id of this.#waiting.keys()) this.#settle(id, this.#ended)
    })
  }

  /** Resolves with what the command returned. */
  ask(command, argument) {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      const late = () => this.#settle(id, new Error(`${command}: no answer for ${ANSWER_MS / 1000} s`))
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER_MS) })
      this.#child.stdin.write(`${JSON.stringify({ id, command, argument })}\n`)
    })
  }

  #settle(id, error, value) {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (error) waiting.reject(error)
    else waiting.resolve(value)
  }
}

module.exports = { Program, serve }
