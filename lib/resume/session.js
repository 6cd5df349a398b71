// SPDX-License-Identifier: MIT
'use strict'

const { newSessionId } = require('./control')
const { ReplayBuffer } = require('./replay-buffer')

/**
 * One session: the events of both directions are counted from its beginning, whatever connections they go over. What was
 * sent is kept until the peer has it; what came is counted once it was dispatched. With a store (a slot of a spool) all of
 * it outlives the process.
 */
class Session {
  #replay
  #received
  #transmitted
  #stored
  #store

  /** @private use begin() or restore() */
  constructor(replay, { id, established, transmitted, received }, store) {
    this.id = id
    /** Whether the peer is known to have it; before, nothing of it is transmitted. */
    this.established = established
    this.#replay = replay
    this.#received = received
    this.#transmitted = transmitted
    this.#stored = replay.last
    this.#store = store
  }

  /**
   * A new session, which takes the place of what the store has.
   * @param {{ maxReplayBytes: number, maxReplayEvents: number }} bounds
   * @param {{ id?: string, established?: boolean, events?: string[], store?: import('./spool').Slot | null }} [about]
   *   `events` are the first to be sent
   */
  static begin(bounds, { id = newSessionId(), established = false, events = [], store = null } = {}) {
    const replay = new ReplayBuffer(bounds)
    replay.pushAll(events)
    store?.begin({ id, established, batches: [...replay.batchesAfter(0)] })
    return new Session(replay, { id, established, transmitted: 0, received: 0 }, store)
  }

  /** The session that a store kept. All that it had to send may have been transmitted. @param {object} kept see Slot */
  static restore(bounds, store, { id, established, acknowledged, batches, received }) {
    const replay = new ReplayBuffer(bounds, acknowledged, batches)
    return new Session(replay, { id, established, transmitted: established ? replay.last : 0, received }, store)
  }

  /** The number of the last event that was dispatched here. */
  get received() {
    return this.#received
  }

  /** The number of the last event given to push(). */
  get sent() {
    return this.#replay.last
  }

  /** The number of the last event that the peer has said to have dispatched. */
  get acknowledged() {
    return this.#replay.acknowledged
  }

  /** The number of the last event that may be transmitted: it is in the store, if there is one. */
  get ready() {
    return this.#store ? this.#stored : this.#replay.last
  }

  get isStored() {
    return this.#store !== null
  }

  /** The number of the last event that was on any channel. */
  get transmitted() {
    return this.#transmitted
  }

  /** Characters of JSON that are unacknowledged. */
  get replaySize() {
    return this.#replay.size
  }

  /** Whether there is room for a good many more events. */
  get isRoomy() {
    return this.#replay.isRoomy
  }

  /** Takes an event to send. @returns {boolean} whether it is time to transmit @throws {IrohError} ERR_IROH_BUFFER_FULL */
  push(json, sharers) {
    return this.#replay.push(json, sharers)
  }

  /** What of the bound on all sessions together is this one's. */
  get charge() {
    return this.#replay.charge
  }

  /** Whether that bound lets it hold so much more. */
  hasShare(length) {
    return this.#replay.hasShare(length)
  }

  /** Whether the peer has shown that the session is of use: it sent an event, or dispatched one. */
  get isProved() {
    return this.#received > 0 || this.acknowledged > 0
  }

  /** Puts what was pushed into the store. @throws {IrohError} ERR_IROH_SPOOL; nothing of it may be transmitted then */
  commit() {
    if (!this.#store || this.#stored === this.#replay.last) return
    this.#store.append([...this.#replay.batchesAfter(this.#stored)])
    this.#stored = this.#replay.last
  }

  /** The batch that has the event after this number, the last on a channel. @returns {import('./batch').Batch} */
  batchAfter(number) {
    return this.#replay.batchAfter(number)
  }

  /** From now on the first event that is unacknowledged is the first of its batch. */
  rewind() {
    this.#replay.trim()
  }

  /** The events up to this number have been put on a channel. */
  noteTransmitted(number) {
    if (number > this.#transmitted) this.#transmitted = number
  }

  /** Whether a peer that has dispatched so many can go on from here: nothing is missing, and it has seen nothing that was not sent. */
  fits(received) {
    return received >= this.#replay.acknowledged && received <= this.#transmitted
  }

  /** The peer has dispatched so many: they are forgotten. Call it with what fits(). */
  acknowledge(received) {
    if (received <= this.#replay.acknowledged) return
    const forgotten = this.#replay.acknowledge(received)
    this.#store?.acknowledge(received, forgotten)
  }

  establish() {
    if (this.established) return
    this.#store?.establish()
    this.established = true
  }

  /** One more event was dispatched, or refused. @throws {IrohError} ERR_IROH_SPOOL */
  receive() {
    this.#store?.receive(this.#received + 1)
    this.#received++
  }

  /** The program knows that so many were dispatched: those of which it had no time to tell the store, too. */
  correctReceived(received) {
    if (received === this.#received) return
    this.#store?.receive(received)
    this.#received = received
  }

  /** The JSON of the events of numbers from `first` to `last`, which are unacknowledged. */
  slice(first, last) {
    return this.#replay.slice(first, last)
  }

  /** The envelopes that may or may not have been dispatched by the peer. */
  uncertain() {
    return this.slice(this.acknowledged + 1, this.#transmitted).map((json) => JSON.parse(json))
  }

  /** The envelopes that would be lost with this process: those that neither the peer nor a store is known to have. */
  unkept() {
    const first = (this.#store ? Math.max(this.#stored, this.acknowledged) : this.acknowledged) + 1
    return this.slice(first, this.sent).map((json) => JSON.parse(json))
  }

  /** The JSON of what was never on a channel. */
  untransmitted() {
    return this.slice(Math.max(this.#transmitted, this.acknowledged) + 1, this.sent)
  }

  /** It is over for good: the store has it no more. */
  forget() {
    this.#replay.release()
    this.#store?.remove()
    this.#store = null
  }
}

module.exports = { Session }
