// SPDX-License-Identifier: MIT
'use strict'

const { Patience } = require('../base/patience')

/** It is asked for a sign of life when so much of the time is over, and then each time that so much more is. */
const PART = 4

/**
 * Waits for the first envelope of a peer. Silence counts when the peer has shown after the most of the time that it reads:
 * one that does not is busy, or out of reach, and is waited for longer.
 */
class FirstWord {
  #channel
  #clock
  #partMs
  #left
  #onSilence
  #patience

  /**
   * @param {import('./link').LinkChannel} channel
   * @param {{ ms: number, waits: number, clock: import('../base/clock').Clock }} limits `waits`: so many times `ms` for one
   *   that does not read
   * @param {(reads: boolean) => void} onSilence whether the peer reads, and says nothing
   */
  constructor(channel, { ms, waits, clock }, onSilence) {
    this.#channel = channel
    this.#clock = clock
    this.#partMs = ms / PART
    this.#left = PART * (waits - 1) + 1
    this.#onSilence = onSilence
    this.#patience = new Patience(ms - this.#partMs, () => this.#ask(), clock)
  }

  stop() {
    this.#patience.stop()
  }

  #ask() {
    this.#channel.ask()
    this.#patience = new Patience(this.#partMs, () => this.#judge(), this.#clock)
  }

  #judge() {
    if (this.#channel.isHeard) this.#onSilence(true)
    else if (--this.#left > 0) this.#ask()
    else this.#onSilence(false)
  }
}

module.exports = { FirstWord }
