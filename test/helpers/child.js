// SPDX-License-Identifier: MIT
// Running a piece of a test in a process of its own.
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')

/** A forked module; messages from it can be awaited one by one, in order. */
class Child {
  #process
  #inbox = []
  #waiting = []
  output = ''

  constructor(file, { args = [], execArgv = [], env = process.env } = {}) {
    this.#process = fork(file, args, { execArgv, env, silent: true, serialization: 'advanced' })
    const collect = (chunk) => {
      this.output += chunk
    }
    this.#process.on('error', () => {}) // a message to a child that has ended; `ended` tells
    this.#process.stdout.on('data', collect)
    this.#process.stderr.on('data', collect)
    this.#process.on('message', (message) => {
      const waiting = this.#waiting.shift()
      if (waiting) waiting.resolve(message)
      else this.#inbox.push(message)
    })
    /** Resolves with `{ code, signal, output }`. */
    this.ended = this.#waitForEnd()
  }

  send(message) {
    this.#process.send(message)
  }

  /** The next message; rejects when the process ends before it. */
  message() {
    if (this.#inbox.length > 0) return Promise.resolve(this.#inbox.shift())
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Sends a message and resolves with the next one. */
  ask(message) {
    this.send(message)
    return this.message()
  }

  /** The process's 'close' event does not come after a disconnect() from this side; its parts do. */
  async #waitForEnd() {
    const streams = [this.#process.stdout, this.#process.stderr].map((stream) => once(stream, 'close'))
    const [code, signal] = await once(this.#process, 'exit')
    await Promise.all(streams)
    for (const { reject } of this.#waiting) reject(new Error(`the child ended (${signal ?? code}): ${this.output}`))
    return { code, signal, output: this.output }
  }

  disconnect() {
    if (this.#process.connected) this.#process.disconnect()
  }

  kill(signal = 'SIGKILL') {
    this.#process.kill(signal)
  }
}

/** Call it in a describe(): gives a maker of children, and kills after each test what is still running. */
function useChildren() {
  const running = new Set()
  afterEach(() => {
    for (const child of running) child.kill()
    running.clear()
  })
  return (...args) => {
    const child = new Child(...args)
    running.add(child)
    child.ended.then(() => running.delete(child))
    return child
  }
}

module.exports = { Child, useChildren }
