// SPDX-License-Identifier: MIT
'use strict'

/** How long events wait for the first listener of a target. */
const FIRST_LISTENER_MS = 10_000

/**
 * When the events of a target come out: not while it is paused, not before it has a listener, and those of a connection
 * that was lost before those of the next. What the peer sends meanwhile waits at its end.
 */
class Arrivals {
  #isPaused = false
  #isAwaiting = true
  #timer = null
  #onUnheard
  /** Channels that are over, and of which envelopes are still to come out: the oldest first. */
  #older = []
  #olderLength = 0
  #current = null
  #maxLength

  /**
   * @param {number} maxLength characters of JSON of channels that are over
   * @param {() => void} onUnheard no listener came in time, and so events come out that nobody hears
   */
  constructor(maxLength, onUnheard) {
    this.#maxLength = maxLength
    this.#onUnheard = onUnheard
  }

  /** Another channel, or none. @param {import('./channel').Channel | null} channel */
  take(channel) {
    this.#current = channel
    if (channel && this.#isHeld) channel.pause()
    if (channel && this.#isAwaiting) this.#timer ??= setTimeout(() => this.#expire(), FIRST_LISTENER_MS).unref()
  }

  /** Whether what comes by the channel is the target's. */
  has(channel) {
    return channel === this.#current || this.#older.includes(channel)
  }

  /** Whether a channel that is over may be kept until so many characters of it have come out. */
  hasRoom(length) {
    return this.#olderLength + length <= this.#maxLength
  }

  /** The current channel is over, and so much of it is to come out. */
  keep(length) {
    this.#older.push(this.#current)
    this.#olderLength += length
  }

  /** All of an older channel has come out. */
  emptied() {
    this.#older.shift()
    if (this.#older.length === 0) this.#olderLength = 0
    this.#release()
  }

  pause() {
    this.#isPaused = true
    for (const channel of this.#older) channel.pause()
    this.#current?.pause()
  }

  resume() {
    this.#isPaused = false
    this.#release()
  }

  /** There is a listener. */
  heard() {
    if (!this.#isAwaiting) return
    this.#isAwaiting = false
    clearTimeout(this.#timer)
    this.#release()
  }

  /** Nothing comes out any more. */
  discard() {
    for (const channel of this.#older.splice(0)) channel.discard()
    clearTimeout(this.#timer)
  }

  get #isHeld() {
    return this.#isPaused || this.#isAwaiting || this.#older.length > 0
  }

  #release() {
    if (this.#isPaused || this.#isAwaiting) return
    const [next = this.#current] = this.#older
    next?.resume()
  }

  #expire() {
    if (!this.#isAwaiting) return
    const isUnheard = [...this.#older, this.#current].some((channel) => channel?.isHolding)
    this.heard()
    if (isUnheard) this.#onUnheard()
  }
}

module.exports = { Arrivals, FIRST_LISTENER_MS }
