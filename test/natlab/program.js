// SPDX-License-Identifier: MIT
// A program that is told what to do by lines of JSON on its standard input and answers on its standard output.
'use strict'

const readline = require('node:readline')

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
    readline.createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answered(JSON.parse(line)))
    this.#child.on('close', (code, signal) => {
      const error = new Error(`a program ended (${signal ?? code}): ${this.#complaints}`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
  }

  /** Resolves with what the command returned. */
  ask(command, argument) {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(`${JSON.stringify({ id, command, argument })}\n`)
    })
  }

  #answered({ id, value, error }) {
    const { resolve, reject } = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) resolve(value)
    else reject(new Error(error))
  }
}

module.exports = { Program, serve }
