// SPDX-License-Identifier: MIT
'use strict'

/** The peer is told after so many events or characters, or at most so long after the first event it was not told of. */
const EVENTS = 256
const LENGTH = 1024 * 1024
const DELAY_MS = 25

/** Decides when the peer is told how many of its events were dispatched. */
class Acknowledger {
  #clock
  #tell
  #owed = 0
  #toldAt = 0
  #timer = null
  #onTimer = () => {
    this.#timer = null
    this.#flush()
  }

  /** @param {{ setTimeout: Function, clearTimeout: Function }} clock @param {() => boolean} tell false: it could not */
  constructor(clock, tell) {
    this.#clock = clock
    this.#tell = tell
  }

  /** One more event was dispatched, of so many characters that came by this channel. */
  count(receivedLength) {
    if (++this.#owed % EVENTS === 0 || receivedLength - this.#toldAt >= LENGTH) {
      this.#toldAt = receivedLength
      this.#flush()
    } else this.#timer ??= this.#clock.setTimeout(this.#onTimer, DELAY_MS)
  }

  /** Another channel, which begins to count. */
  reset() {
    this.#toldAt = 0
    this.stop()
  }

  /** Nothing is owed any more. */
  stop() {
    this.#owed = 0
    if (this.#timer) this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  /** Later if it cannot be told now. The timer runs on: to stop it and start it for each would cost more. */
  #flush() {
    if (this.#owed === 0) return
    if (this.#tell()) this.#owed = 0
    else this.#timer ??= this.#clock.setTimeout(this.#onTimer, DELAY_MS)
  }
}

module.exports = { Acknowledger }
