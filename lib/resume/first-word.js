// SPDX-License-Identifier: MIT
'use strict'

const { Patience } = require('../base/patience')

/** Its time is waited for in so many parts. */
const PARTS = 4

/**
 * Waits for the first envelope of a peer. A part of the time counts if the peer has shown in it that it reads; one that does
 * not is busy, or out of reach, and is waited for longer. Several parts, since one that works without a break but for a
 * turn of its loop now and then reads in one turn and answers in another.
 */
class FirstWord {
  #channel
  #clock
  #partMs
  #left = PARTS
  #unread
  #onSilence
  #patience

  /**
   * @param {import('./link').LinkChannel} channel of a connection that is new
   * @param {{ ms: number, waits: number, clock: import('../base/clock').Clock }} limits `waits`: so many times `ms` for one
   *   that does not read
   * @param {(reads: boolean) => void} onSilence whether the peer reads, and says nothing
   */
  constructor(channel, { ms, waits, clock }, onSilence) {
    this.#channel = channel
    this.#clock = clock
    this.#partMs = ms / PARTS
    this.#unread = PARTS * (waits - 1)
    this.#onSilence = onSilence
    this.#wait(() => this.#count())
  }

  stop() {
    this.#patience.stop()
  }

  #wait(then) {
    this.#patience = new Patience(this.#partMs, then, this.#clock)
  }

  #judge() {
    if (this.#channel.isHeard) this.#count()
    else if (--this.#unread > 0) this.#ask()
    else this.#onSilence(false)
  }

  #count() {
    if (--this.#left === 0) this.#onSilence(true)
    else this.#ask()
  }

  #ask() {
    this.#channel.ask()
    this.#wait(() => this.#judge())
  }
}

module.exports = { FirstWord }
