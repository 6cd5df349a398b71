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
  /** What of the sum of all buffers is this one's, and what of that the loose events are. */
  #charge = 0
  #looseCharge = 0
  #maxBytes
  #maxEvents
  #total

  /**
   * @param {{ maxReplayBytes: number, maxReplayEvents: number, replayTotal?: import('../base/shares').Shares }} bounds
   *   `replayTotal`: of several buffers together
   * @param {number} [acknowledged]
   * @param {import('./batch').Batch[]} [batches] what was kept: all from `acknowledged` on, and of the first maybe more
   */
  constructor({ maxReplayBytes, maxReplayEvents, replayTotal = null }, acknowledged = 0, batches = []) {
    this.#maxBytes = maxReplayBytes
    this.#maxEvents = maxReplayEvents
    this.#total = replayTotal
    this.#acknowledged = acknowledged
    this.#batched = batches.at(-1)?.last ?? acknowledged
    this.#last = this.#batched
    this.#batches = batches
    for (const { size } of batches) this.#size += size
    this.#addCharge(this.#size)
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

  /** What of the sum of all buffers is this one's: what several have in common until it is transmitted is shared. */
  get charge() {
    return this.#charge
  }

  /** Whether the sum lets it hold so much more: no more than is free. */
  hasShare(length) {
    return !this.#total || this.#charge + length <= this.#total.most
  }

  /**
   * @param {string} json
   * @param {number} [sharers] how many buffers take the same text now
   * @returns {boolean} whether it is worth a batch
   * @throws {IrohError} ERR_IROH_BUFFER_FULL: it was not taken
   */
  push(json, sharers = 1) {
    if (this.#size + json.length > this.#maxBytes || this.count >= this.#maxEvents) throw this.#full()
    const charge = Math.ceil(json.length / sharers)
    if (!this.hasShare(charge)) throw this.#full('all sessions together hold maxReplayTotal')
    this.#take(json, charge)
    return this.#fresh >= CHUNK || json.length >= ALONE
  }

  /** Takes events that were within the bounds already. */
  pushAll(events) {
    for (const json of events) this.#take(json, json.length)
  }

  /** The sum counts it no longer. */
  release() {
    this.#addCharge(-this.#charge)
    this.#total = null
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
      this.#addCharge(-batch.size)
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
    this.#addCharge(rest.size - oldest.size)
    this.#batches[this.#head] = rest
    releaseBatch(oldest)
  }

  #addCharge(amount) {
    this.#charge += amount
    this.#total?.add(amount)
  }

  #take(json, charge) {
    this.#looseCharge += charge
    this.#addCharge(charge)
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
    this.#chargeBatch(batch, end === loose.length)
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

  /** From now on the batch has a text of its own, or will. */
  #chargeBatch({ first, last, size }, isLast) {
    const loose = last - first + 1 + (this.#last - last)
    const part = isLast ? this.#looseCharge : Math.floor((this.#looseCharge * (last - first + 1)) / loose)
    this.#looseCharge -= part
    this.#addCharge(size - part)
  }

  #full(why) {
    if (why) return new IrohError('ERR_IROH_BUFFER_FULL', { detail: why })
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
