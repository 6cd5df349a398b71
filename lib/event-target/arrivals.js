// SPDX-License-Identifier: MIT
'use strict'

const { systemClock } = require('../base/clock')

/** How long events wait for the first listener of a target. */
const FIRST_LISTENER_MS = 10_000

/**
 * When the events of a target come out: not while it is paused, not before it has a listener, and those of an older channel
 * before those of the next. What the peer sends meanwhile waits at its end.
 */
class Arrivals {
  #isPaused = false
  #holds = 0
  #isAwaiting = true
  #clock
  #timer = null
  #onUnheard
  /** Channels whose events come first, the oldest first; of those that are over, how much is still to come out. */
  #older = new Map()
  #current = null
  #maxLength

  /**
   * @param {number} maxLength characters of JSON of channels that are over
   * @param {() => void} onUnheard no listener came in time, and so events come out that nobody hears
   * @param {import('../base/clock').Clock} [clock]
   */
  constructor(maxLength, onUnheard, clock = systemClock) {
    this.#clock = clock
    this.#maxLength = maxLength
    this.#onUnheard = onUnheard
  }

  /** Another channel, or none. @param {import('./channel').Channel | null} channel */
  take(channel) {
    this.#current = channel
    if (!channel) return
    this.#older.delete(channel)
    channel.pause()
    this.#release()
    if (!this.#isAwaiting || this.#timer !== null) return
    this.#timer = this.#clock.setTimeout(() => this.#expire(), FIRST_LISTENER_MS)
    this.#timer.unref?.()
  }

  /** The events of this channel come before those of the current one, until it is over. */
  precede(channel) {
    this.#older.set(channel, 0)
    this.#goInOrder(channel)
  }

  /** Whether what comes by the channel is the target's. */
  has(channel) {
    return channel === this.#current || this.#older.has(channel)
  }

  /**
   * A channel is over, and so much of it is to come out.
   * @returns {boolean} false: that is too much, and is lost
   */
  keep(channel, length) {
    const kept = [...this.#older.values()].reduce((sum, one) => sum + one, 0)
    if (kept + length > this.#maxLength) return false
    this.#older.set(channel, length)
    this.#goInOrder(channel)
    return true
  }

  /** All of a channel has come out, or what has not is lost. */
  forget(channel) {
    if (this.#older.delete(channel)) this.#release()
  }

  pause() {
    this.#isPaused = true
    this.#pauseAll()
  }

  /** A program that says so needs no listener. */
  resume() {
    this.#isPaused = false
    this.heard()
    this.#release()
  }

  /** Apart from pause(): as many as hold it have to let go. */
  hold(isHeld) {
    this.#holds += isHeld ? 1 : -1
    if (isHeld) this.#pauseAll()
    else this.#release()
  }

  /** Whether nothing holds events back but that nobody listens. */
  get isUnheard() {
    return this.#isAwaiting && !this.#isPaused
  }

  /** There is a listener. */
  heard() {
    if (!this.#isAwaiting) return
    this.#isAwaiting = false
    this.#stopTimer()
    this.#release()
  }

  /** Nothing comes out any more. */
  discard() {
    for (const channel of this.#older.keys()) channel.discard()
    this.#older.clear()
    this.#stopTimer()
  }

  #stopTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer)
  }

  #pauseAll() {
    for (const channel of this.#older.keys()) channel.pause()
    this.#current?.pause()
  }

  #goInOrder(channel) {
    if (channel !== this.#current) this.#current?.pause()
    this.#release()
  }

  #release() {
    if (this.#isPaused || this.#holds > 0 || this.#isAwaiting) return
    const [next = this.#current] = this.#older.keys()
    next?.resume()
  }

  #expire() {
    const isUnheard = [...this.#older.keys(), this.#current].some((channel) => channel?.isHolding)
    this.heard()
    if (isUnheard) this.#onUnheard()
  }
}

module.exports = { Arrivals, FIRST_LISTENER_MS }
