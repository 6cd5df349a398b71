// SPDX-License-Identifier: MIT
// A hub or a spoke that sends numbers as far as it is told to, and writes down each that comes, with its place in the
// session, in a file that tells its next life where it is.
'use strict'

const fs = require('node:fs')
const { createHub, createSpoke, pkarrDiscovery } = require('event-target-iroh')

const BATCH = 100

/** The lines of a log, `session sequence payload`; one that was cut off is none. */
function readLog(file) {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'latin1') : ''
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
}

function lastPlace(file) {
  const last = readLog(file).at(-1)
  if (!last) return null
  const [session, sequence] = last.split(' ')
  return { session, sequence: Number(sequence) }
}

class Peer {
  #target = null
  #goal = 0
  #log
  #isSending = false
  #most = 0

  constructor(log) {
    this.#log = fs.openSync(log, 'a')
  }

  take(target) {
    this.#target = target
    target.addEventListener('number', ({ detail, sequence, session }) => {
      fs.writeSync(this.#log, `${session} ${sequence} ${detail.payload}\n`)
    })
    target.addEventListener('error', ({ error }) => {
      if (error.code === 'ERR_IROH_SESSION_LOST')
        setImmediate(() => process.send({ failed: `${error.message} ${error.cause ?? ''}` }))
    })
    target.closed.then(({ kind, code, reason, error }) => {
      process.send({ failed: `closed: ${kind} ${code} ${reason} ${error?.message} ${error?.cause}` })
    })
    this.#send()
  }

  sendUntil(goal) {
    this.#goal = goal
    this.#send()
  }

  cut() {
    this.#target?.connection?.close(99)
  }

  status() {
    const { sent = 0, acknowledged = 0, received = 0 } = this.#target?.session ?? {}
    const path = this.#target?.connection?.paths().find(({ isSelected }) => isSelected)
    return {
      state: this.#target?.state,
      isRelay: path?.isRelay,
      sent,
      acknowledged,
      received,
      maxReplaySize: this.#most,
      maxRss: process.resourceUsage().maxRSS * 1024
    }
  }

  async #send() {
    if (this.#isSending || !this.#target) return
    this.#isSending = true
    while (this.#target.session.sent < this.#goal) {
      try {
        const last = Math.min(this.#goal, this.#target.session.sent + BATCH)
        while (this.#target.session.sent < last)
          this.#target.send({ type: 'number', payload: this.#target.session.sent + 1 })
      } catch (error) {
        if (error.code !== 'ERR_IROH_BUFFER_FULL') throw error
        await this.#target.drained()
      }
      this.#most = Math.max(this.#most, this.#target.session.replaySize)
      await new Promise(setImmediate)
    }
    this.#isSending = false
  }
}

process.once('message', async ({ role, log, hub, lookUp, ...options }) => {
  const place = lastPlace(log)
  const received = ({ session }) => (session === place?.session ? place.sequence : undefined)
  const peer = new Peer(log)
  const endpointOptions = { ...options.endpointOptions, discovery: [pkarrDiscovery({ relay: lookUp })] }
  const common = { delivery: 'resume', ...options, endpointOptions, resume: { ...options.resume, received } }
  process.on('message', ({ goal, cut, status }) => {
    if (goal) peer.sendUntil(goal)
    if (cut) peer.cut()
    if (status) process.send({ status: peer.status() })
  })
  process.once('disconnect', () => process.exit())
  if (role === 'hub') {
    const made = await createHub(common)
    made.on('spoke', (target) => peer.take(target))
    process.send({ addr: made.endpoint.addr() })
  } else {
    const reconnect = { minDelayMs: 10, maxDelayMs: 100, fromStart: true }
    peer.take(await createSpoke({ hub, reconnect, timeoutMs: 3000, ...common }))
    process.send({ started: true })
  }
})
