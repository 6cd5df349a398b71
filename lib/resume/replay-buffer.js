// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

/** From this many left places on, the array is cut. */
const SLACK = 4096

/**
 * The events that were sent and not acknowledged, in order, each with its number: the first of a session is 1. Bounded in
 * events and in characters of JSON.
 */
class ReplayBuffer {
  #items = []
  /** Where in #items the oldest is. */
  #head = 0
  #acknowledged
  #size = 0
  #maxBytes
  #maxEvents

  /** @param {{ maxReplayBytes: number, maxReplayEvents: number }} bounds @param {number} [acknowledged] */
  constructor({ maxReplayBytes, maxReplayEvents }, acknowledged = 0) {
    this.#maxBytes = maxReplayBytes
    this.#maxEvents = maxReplayEvents
    this.#acknowledged = acknowledged
  }

  /** The number of the last event that the peer has. */
  get acknowledged() {
    return this.#acknowledged
  }

  /** The number of the last event that was pushed. */
  get last() {
    return this.#acknowledged + this.count
  }

  get count() {
    return this.#items.length - this.#head
  }

  /** Characters of JSON held. */
  get size() {
    return this.#size
  }

  /** Whether a quarter of both bounds is free. */
  get isRoomy() {
    return this.#size * 4 <= this.#maxBytes * 3 && this.count * 4 <= this.#maxEvents * 3
  }

  /** @returns {number} the event's number @throws {IrohError} ERR_IROH_BUFFER_FULL: it was not taken */
  push(json) {
    const { count } = this
    if (this.#size + json.length > this.#maxBytes || count >= this.#maxEvents) throw this.#full(count)
    this.#size += json.length
    this.#items.push(json)
    return this.#acknowledged + count + 1
  }

  /** Takes back what a spool kept; it was within the bounds of its time. */
  restore(events) {
    for (const json of events) {
      this.#size += json.length
      this.#items.push(json)
    }
  }

  /** The event of a number that is not acknowledged. */
  get(number) {
    return this.#items[this.#head + number - this.#acknowledged - 1]
  }

  /** The events of numbers from `first` to `last`. */
  slice(first, last) {
    const start = this.#head - this.#acknowledged - 1
    return this.#items.slice(start + first, start + last + 1)
  }

  /** The peer has all up to this number, which is none beyond `last`. */
  acknowledge(number) {
    while (this.#acknowledged < number) {
      this.#size -= this.#items[this.#head].length
      this.#items[this.#head++] = undefined
      this.#acknowledged++
    }
    if (this.#head >= SLACK && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }

  #full(count) {
    const detail = `${count} events of ${this.#size} bytes are unacknowledged; maxReplayEvents is ${this.#maxEvents}, maxReplayBytes ${this.#maxBytes}`
    return new IrohError('ERR_IROH_BUFFER_FULL', { detail })
  }
}

module.exports = { ReplayBuffer }
