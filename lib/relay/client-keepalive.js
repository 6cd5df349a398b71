// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { IrohError } = require('../base/errors')
const { PING_BYTES } = require('./protocol')

/** A ping leaves after this much silence of the relay. */
const SILENCE_MS = 15_000
/** A pong may take three times the last round trip, within these bounds. */
const MIN_PONG_MS = 500
const MAX_PONG_MS = 5000
/** The most when there is reason to doubt the session. */
const CHECK_PONG_MS = 2500
/** A pong that comes so much later still counts. */
const GRACE_MS = 50

/** Watches over one session: pings at once and after silence, and says when a pong stays away. */
class Keepalive {
  #timers
  #now
  #sendPing
  #onLate
  #lastReceived = 0
  #ping = null

  /** Round trip of the last ping in milliseconds, or null. */
  latencyMs = null

  /**
   * @param {import('../base/timers').Timers} timers
   * @param {() => number} now
   * @param {(data: Buffer) => void} sendPing
   * @param {(error: IrohError) => void} onLate
   */
  constructor(timers, now, sendPing, onLate) {
    this.#timers = timers
    this.#now = now
    this.#sendPing = sendPing
    this.#onLate = onLate
  }

  start() {
    this.received()
    this.ping()
    this.#watchSilence(SILENCE_MS)
  }

  stop() {
    this.#timers.clear('pong')
    this.#timers.clear('silence')
  }

  /** Something arrived. */
  received() {
    this.#lastReceived = this.#now()
  }

  /** Pings now, unless a pong is being waited for already. */
  ping() {
    if (!this.#ping) this.#sendOne(MAX_PONG_MS)
  }

  /** Pings in any case, and does not wait for long. */
  check() {
    this.#sendOne(CHECK_PONG_MS)
  }

  #sendOne(most) {
    this.#ping = { data: crypto.randomBytes(PING_BYTES), sentAt: this.#now() }
    this.#sendPing(this.#ping.data)
    const patience = Math.min(Math.max(3 * (this.latencyMs ?? MAX_PONG_MS), MIN_PONG_MS), most)
    this.#timers.setPatient('pong', patience + GRACE_MS, () => this.#late())
  }

  /** @returns {boolean} whether this is the pong waited for; others are ignored */
  pong(data) {
    if (!this.#ping?.data.equals(data)) return false
    this.latencyMs = this.#now() - this.#ping.sentAt
    this.#ping = null
    this.#timers.clear('pong')
    return true
  }

  #late() {
    this.#onLate(new IrohError('ERR_IROH_TIMEOUT', { detail: 'the relay did not answer a ping' }))
  }

  /** One timer that looks again, instead of one that every frame moves. */
  #watchSilence(ms) {
    this.#timers.set('silence', ms, () => {
      const left = SILENCE_MS - (this.#now() - this.#lastReceived)
      if (left <= 0) this.ping()
      this.#watchSilence(left > 0 ? left : SILENCE_MS)
    })
  }
}

module.exports = { Keepalive }
