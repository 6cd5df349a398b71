// SPDX-License-Identifier: MIT
// A process of the example as its parent sees it: it prints lines and reaches steps.
'use strict'

const { fork } = require('node:child_process')
const path = require('node:path')

const limitMs = 30000
const running = new Set()

/** Rejects with a clear sentence when a promise takes too long. */
function inTime(promise, what) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${what} did not happen within ${limitMs / 1000} s`))
    const timer = setTimeout(late, limitMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

class Part {
  #process
  #ended
  #steps = new Map()

  /** Starts the process; `start` is the first message it gets. */
  constructor(name, start, file = `${name}.js`) {
    this.name = name
    this.#process = fork(path.join(__dirname, file), [], { serialization: 'advanced' })
    this.#ended = new Promise((resolve) => this.#process.once('exit', (code, signal) => resolve(signal ?? code)))
    this.#ended.then((how) => this.#onEnded(how))
    this.#process.on('message', (message) => this.#onMessage(message))
    this.#process.send(start)
    running.add(this)
  }

  /** Resolves with what the process told when it reached a step. */
  step(name) {
    return inTime(this.#step(name).reached, `${this.name}: "${name}"`)
  }

  /** Asks the process to stop; it must then end by itself. */
  async stop() {
    if (this.#process.connected) this.#process.send('stop')
    const how = await inTime(this.#ended, `${this.name}: its end`)
    if (how !== 0) throw new Error(`${this.name} ended with ${how}`)
  }

  static killAll() {
    for (const part of running) part.#process.kill()
  }

  #step(name) {
    if (!this.#steps.has(name)) {
      const step = {}
      step.reached = new Promise((resolve, reject) => Object.assign(step, { resolve, reject }))
      step.reached.catch(() => {})
      this.#steps.set(name, step)
    }
    return this.#steps.get(name)
  }

  #onMessage({ line, step, ...details }) {
    if (line) console.log(`[${this.name}] ${line}`)
    if (step) this.#step(step).resolve(details)
  }

  #onEnded(how) {
    running.delete(this)
    for (const { reject } of this.#steps.values()) reject(new Error(`${this.name} ended too early (${how})`))
  }
}

module.exports = { Part }
