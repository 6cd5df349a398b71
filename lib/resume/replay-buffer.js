// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')
const { ALONE, CHUNK, MARK } = require('../event-target/frame-text')
const { batchOf, eventsOf, releaseBatch } = require('./batch')

/** From this many left places on, an array is cut. */
const SLACK = 64

/**
 * The events that were sent and not acknowledged, in order, each with its number: the first of a session is 1. Bounded in
 * events and in characters of JSON.
 *
 * They are in batches from when they are stored or transmitted on, and forgotten by batches, which are not to be looked at
 * after that. If each were an object that lives until it is acknowledged, the garbage collector would have more to do than
 * the rest of sending. Before, they are loose: the JSON that others who were sent the same have, too.
 */
class ReplayBuffer {
  /** @type {import('./batch').Batch[]} */
  #batches = []
  /** Where in #batches the oldest is. */
  #head = 0
  #loose = []
  #looseHead = 0
  #acknowledged
  /** The number of the last event that is in a batch. */
  #batched
  #last
  #size = 0
  /** Characters of JSON pushed since the last batch was made. */
  #fresh = 0
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
    this.#batched = batches.at(-1)?.last ?? acknowledged
    this.#last = this.#batched
    this.#batches = batches
    for (const { size } of batches) this.#size += size
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

  /** @returns {boolean} whether it is worth a batch @throws {IrohError} ERR_IROH_BUFFER_FULL: it was not taken */
  push(json) {
    if (this.#size + json.length > this.#maxBytes || this.count >= this.#maxEvents) throw this.#full()
    this.#take(json)
    return this.#fresh >= CHUNK || json.length >= ALONE
  }

  /** Takes events that were within the bounds already. */
  pushAll(events) {
    for (const json of events) this.#take(json)
  }

  /** The batch that has the event after this number, or undefined; loose events become one. */
  batchAfter(number) {
    return number < this.#batched ? this.#find(number) : this.#gather()
  }

  /** All batches with events after this number. */
  *batchesAfter(number) {
    for (let batch = this.batchAfter(number); batch; batch = this.batchAfter(batch.last)) yield batch
  }

  /** The JSON of the events of numbers from `first` to `last`. */
  slice(first, last) {
    const events = []
    for (let next = first; next <= Math.min(last, this.#batched); next = events.length + first)
      events.push(...eventsOf(this.#find(next - 1), next, last))
    const start = this.#looseHead - this.#batched - 1
    return events.concat(this.#loose.slice(start + Math.max(first, this.#batched + 1), Math.max(start + last + 1, 0)))
  }

  /**
   * The peer has all up to this number, which is none that is loose.
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
    const rest = batchOf(this.#acknowledged + 1, eventsOf(oldest, this.#acknowledged + 1))
    this.#size -= oldest.size - rest.size
    this.#batches[this.#head] = rest
    releaseBatch(oldest)
  }

  #take(json) {
    this.#size += json.length
    this.#fresh += json.length + MARK.length
    this.#last++
    this.#loose.push(json)
  }

  #find(number) {
    let [low, high] = [this.#head, this.#batches.length - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#batches[middle].last <= number) low = middle + 1
      else high = middle
    }
    return this.#batches[low]
  }

  /** A batch of the first loose events, if there are any. */
  #gather() {
    const loose = this.#loose
    const start = this.#looseHead
    if (start === loose.length) return undefined
    const end = endOfBatch(loose, start)
    const isAll = start === 0 && end === loose.length
    const batch = batchOf(this.#batched + 1, isAll ? loose : loose.slice(start, end))
    this.#batches.push(batch)
    this.#batched = batch.last
    this.#fresh = 0
    this.#looseHead = end
    if (isAll || end * 2 >= loose.length) {
      this.#loose = isAll ? [] : loose.slice(end)
      this.#looseHead = 0
    }
    return batch
  }

  #full() {
    const detail = `${this.count} events of ${this.#size} bytes are unacknowledged; maxReplayEvents is ${this.#maxEvents}, maxReplayBytes ${this.#maxBytes}`
    return new IrohError('ERR_IROH_BUFFER_FULL', { detail })
  }
}

/** Where the events end that are worth a batch. A long one is a batch by itself: joining would copy it once more. */
function endOfBatch(events, start) {
  if (events[start].length >= ALONE) return start + 1
  let end = start
  for (let length = 0; end < events.length && length < CHUNK && events[end].length < ALONE; end++)
    length += events[end].length + MARK.length
  return end
}

module.exports = { ReplayBuffer }
