// SPDX-License-Identifier: MIT
'use strict'

// One measurement: a fresh hub process and a fresh spoke process, both stopped at the end whatever happened.

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { PEERS } = require('./peers')
const { SCENARIOS } = require('./scenarios')

const WORKER = path.join(__dirname, 'worker.js')
const TIMEOUT_MS = 20_000
const LEAVE_MS = 1000

/**
 * @param {string} peerName
 * @param {string} scenarioName
 * @param {{ warmUpMs: number, measureMs: number }} settings
 * @returns {Promise<object>} The scenario's metrics by name. Rejects with the reason when the peer failed.
 */
async function measure(peerName, scenarioName, settings) {
  const { summarize } = SCENARIOS[scenarioName]
  const workers = []
  const start = (role) => {
    const worker = new Worker(role, [peerName, scenarioName, JSON.stringify(settings)])
    workers.push(worker)
    return worker
  }
  try {
    if (PEERS[peerName].oneProcess) {
      const { result } = await start('alone').says('result')
      return summarize(result, result)
    }
    const hub = start('hub')
    const spoke = start('spoke')
    const dialled = hub.says('address').then(({ address }) => spoke.tell({ dial: address }))
    const [atHub, atSpoke] = await Promise.all([hub.says('result'), spoke.says('result'), dialled])
    return summarize(atHub.result, atSpoke.result)
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

/** A child process that sends messages and may fail at any time. */
class Worker {
  #role
  #child
  #stderr = ''
  #exited

  constructor(role, args) {
    this.#role = role
    this.#child = fork(WORKER, [role, ...args], {
      execArgv: [...process.execArgv, '--expose-gc'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc']
    })
    this.#child.stderr.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-2000)
    })
    this.#exited = once(this.#child, 'exit')
  }

  tell(message) {
    this.#child.send(message)
  }

  /** The next message that has `word` in it. */
  says(word) {
    return new Promise((resolve, reject) => {
      const fail = (reason) => reject(new Error(`${this.#role}: ${reason}`))
      const timer = setTimeout(() => fail(`no ${word} within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS)
      const settle = (message) => {
        if ('error' in message) fail(message.error)
        else if (word in message) resolve(message)
        else return
        clearTimeout(timer)
      }
      this.#child.on('message', settle)
      this.#exited.then(([code, signal]) => {
        clearTimeout(timer)
        fail(`ended (${signal ?? code}) ${this.#stderr.trim()}`)
      })
    })
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), LEAVE_MS)
    if (this.#child.connected) this.#child.disconnect()
    await this.#exited
    clearTimeout(timer)
  }
}

module.exports = { measure }
