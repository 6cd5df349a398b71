// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')
const { ALONE, CHUNK, MARK } = require('../event-target/frame-text')
const { batchFrom, eventsOf, framesBatch, longBatch, releaseBatch } = require('./batch')

/** From this many left places on, the array is cut. */
const SLACK = 1024

/**
 * The events that were sent and not acknowledged, in order, each with its number: the first of a session is 1. Bounded in
 * events and in characters of JSON. They are kept in batches: if each were an object that lives until it is acknowledged,
 * the garbage collector would have more to do than the rest of sending. A batch is forgotten with the last of its events,
 * and not to be looked at after that.
 */
class ReplayBuffer {
  /** @type {import('./batch').Batch[]} */
  #batches = []
  /** Where in #batches the oldest is. */
  #head = 0
  /** The frames of the batch that is being made, and how many they are. */
  #text = ''
  #made = 0
  #acknowledged
  #last
  #size = 0
  #maxBytes
  #maxEvents

  /**
   * @param {{ maxReplayBytes: number, maxReplayEvents: number }} bounds
   * @param {number} [acknowledged]
   * @param {import('./batch').Batch[]} [batches] what was kept: all from `acknowledged` on, and of the first maybe more
   */
  constructor({ maxReplayBytes, maxReplayEvents }, acknowledged = 0, batches = []) {
    this.#maxBytes = maxReplayBytes
    this.#maxEvents = maxReplayEvents
    this.#acknowledged = acknowledged
    this.#last = batches.at(-1)?.last ?? acknowledged
    for (const batch of batches) this.#add(batch)
    this.trim()
  }

  /** The number of the last event that the peer has. */
  get acknowledged() {
    return this.#acknowledged
  }

  /** The number of the last event that was pushed. */
  get last() {
    return this.#last
  }

  /** The number of the last event that is in a closed batch. */
  get closed() {
    return this.#last - this.#made
  }

  /** Events that are unacknowledged. */
  get count() {
    return this.#last - this.#acknowledged
  }

  /** Characters of JSON held. */
  get size() {
    return this.#size
  }

  /** Whether a quarter of both bounds is free. */
  get isRoomy() {
    return this.#size * 4 <= this.#maxBytes * 3 && this.count * 4 <= this.#maxEvents * 3
  }

  /** @returns {boolean} whether a batch was closed @throws {IrohError} ERR_IROH_BUFFER_FULL: it was not taken */
  push(json) {
    if (this.#size + json.length > this.#maxBytes || this.count >= this.#maxEvents) throw this.#full()
    return this.#take(json)
  }

  /** Takes events that were within the bounds already. */
  pushAll(events) {
    for (const json of events) this.#take(json)
    this.close()
  }

  /** What was pushed after the last batch is one. */
  close() {
    if (this.#made === 0) return
    this.#batches.push(framesBatch(this.closed + 1, this.#made, this.#text))
    this.#text = ''
    this.#made = 0
  }

  /** The closed batch that has the event after this number, or undefined. */
  batchAfter(number) {
    let [low, high] = [this.#head, this.#batches.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#batches[middle].last <= number) low = middle + 1
      else high = middle
    }
    return this.#batches[low]
  }

  /** The closed batches with events after this number. */
  *batchesAfter(number) {
    for (let batch = this.batchAfter(number); batch; batch = this.batchAfter(batch.last)) yield batch
  }

  /** The JSON of the events of numbers from `first` to `last`. */
  slice(first, last) {
    this.close()
    return [...this.batchesAfter(first - 1)].flatMap((batch) => eventsOf(batch, first, last))
  }

  /**
   * The peer has all up to this number, which is none beyond `closed`.
   * @returns {number} the number of the last event that was forgotten; 0: none was
   */
  acknowledge(number) {
    let forgotten = 0
    this.#acknowledged = number
    while (this.#head < this.#batches.length && this.#batches[this.#head].last <= number) {
      const batch = this.#batches[this.#head]
      forgotten = batch.last
      this.#size -= batch.size
      this.#batches[this.#head++] = undefined
      releaseBatch(batch)
    }
    if (this.#head >= SLACK && this.#head * 2 >= this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head)
      this.#head = 0
    }
    return forgotten
  }

  /** Forgets what is acknowledged of a batch, so that it begins with what is not. */
  trim() {
    const oldest = this.#batches[this.#head]
    if (!oldest || oldest.first > this.#acknowledged) return
    const rest = batchFrom(oldest, this.#acknowledged + 1)
    this.#size -= oldest.size - rest.size
    this.#batches[this.#head] = rest
    releaseBatch(oldest)
  }

  /** A long event is a batch by itself. */
  #take(json) {
    if (json.length >= ALONE) {
      this.close()
      this.#add(longBatch(++this.#last, json))
      return true
    }
    this.#size += json.length
    this.#last++
    this.#made++
    this.#text += MARK + json
    if (this.#text.length < CHUNK) return false
    this.close()
    return true
  }

  #add(batch) {
    this.#size += batch.size
    this.#batches.push(batch)
  }

  #full() {
    const detail = `${this.count} events of ${this.#size} bytes are unacknowledged; maxReplayEvents is ${this.#maxEvents}, maxReplayBytes ${this.#maxBytes}`
    return new IrohError('ERR_IROH_BUFFER_FULL', { detail })
  }
}

module.exports = { ReplayBuffer }
