// SPDX-License-Identifier: MIT
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

/** Milliseconds since 1970, fractional: comparable between processes of one host. */
function clock() {
  return performance.timeOrigin + performance.now()
}

/** A process of a bench; what it says is asked for by name. */
class Worker {
  #process
  #exited
  #waiting = new Map()

  /** @param {string} file beside this one */
  constructor(file, ...args) {
    this.#process = fork(path.join(__dirname, file), args)
    this.#exited = once(this.#process, 'exit')
    this.#process.on('message', ({ name, value }) => this.#waiting.get(name)?.resolve(value))
    this.#exited.then(([code, signal]) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended (${signal ?? code})`))
    })
  }

  /** The next message of that name. */
  says(name) {
    return new Promise((resolve, reject) => this.#waiting.set(name, { resolve, reject }))
  }

  /** Tells something and resolves with the answer, a message of the same name. */
  ask(name, value) {
    const answer = this.says(name)
    this.#process.send({ name, value })
    return answer
  }

  /** Ends it at once, without a word. */
  async kill() {
    this.#waiting.clear()
    this.#process.kill('SIGKILL')
    await this.#exited
  }
}

/** In a worker: says something. */
function say(name, value) {
  process.send({ name, value })
}

/** In a worker: answers what is asked by these functions. */
function answer(functions) {
  process.on('message', async ({ name, value }) => say(name, await functions[name](value)))
}

module.exports = { Worker, answer, clock, say }
