// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')
const { IrohError } = require('../base/errors')
const { Acknowledger } = require('./acknowledger')
const { packBatch } = require('./batch')
const { ackJson, readCount, resumeJson } = require('./control')

/** Nothing is transmitted while more than this, and than the channel's lowWater, is unsent in the channel. */
const HIGH_WATER = 1024 * 1024
/** drained() lets so much be in no channel yet. */
const LOW_WATER = 64 * 1024

/**
 * What a link puts events on: an event stream of one connection.
 * @typedef {object} LinkChannel
 * @property {(content: string | Buffer) => void} pushFrames takes the content of a batch, or JSON; throws
 *   ERR_IROH_BUFFER_FULL while it has no room
 * @property {number} bufferedAmount
 * @property {number} lowWater what drained() lets be unsent
 * @property {() => void} ask asks the peer's endpoint for a sign of life
 * @property {boolean} isHeard whether it was heard since
 * @property {number} receivedLength characters of JSON that came
 * @property {() => Promise<void>} drained rejects if the channel ends
 */

/**
 * Whom a link tells what happens.
 * @typedef {object} LinkOwner
 * @property {(envelope: object, sequence?: number, session?: string) => void} deliver an event of the peer; without a
 *   number if it does not belong to the session
 * @property {(detail: string) => void} onMismatch the peer's counts cannot be: the session is lost
 * @property {(error: IrohError) => void} onFailed the session cannot go on: the spool fails, or what is next in it can be
 *   sent at no time
 */

/**
 * A session and the channel it goes over now. What is sent before the next microtask goes out together. Events are
 * transmitted after start(), from where the peer is; those of the peer have numbers after heed(). A channel that is not the
 * link's any more is heard no more.
 */
class Link {
  #session
  #owner
  #maxFrameLength
  #channel = null
  #sending = false
  #plain = false
  #heeding = false
  /** The number of the last event put on this channel. */
  #written
  /** Characters of JSON that are not. */
  #unwritten
  #isScheduled = false
  #waitsForRoom = false
  #error = null
  #waiters = []
  #acks
  #flushTask = () => this.#flush()

  /** @param {import('./session').Session} session @param {LinkOwner} owner */
  constructor(session, owner, { clock, maxFrameLength }) {
    this.#owner = owner
    this.#maxFrameLength = maxFrameLength
    this.#acks = new Acknowledger(clock, () => this.#acknowledge())
    this.#take(session)
  }

  get session() {
    return this.#session
  }

  /** The channel it has now, or null. */
  get channel() {
    return this.#channel
  }

  /** Whether events have numbers both ways. */
  get isLive() {
    return this.#sending && !this.#plain
  }

  /** Goes on with another session. */
  replace(session) {
    this.#acks.stop()
    this.#take(session)
  }

  /** From now on over this channel; nothing is transmitted before start() or startPlain(). */
  attach(channel) {
    this.detach()
    this.#channel = channel
  }

  /** The channel is gone. */
  detach() {
    this.#channel = null
    this.#sending = false
    this.#plain = false
    this.#heeding = false
    this.#waitsForRoom = false
    this.#acks.reset()
    this.#rewind()
  }

  /** Says where this side is, and transmits what the peer, which has `received` events, has not. */
  start(received) {
    const session = this.#session
    const meet = () => {
      session.acknowledge(received)
      session.establish()
    }
    if (!this.#guard(meet)) return
    this.#rewind()
    this.#sending = this.#transmit(resumeJson(session.id, session.received))
    this.#pump()
    this.#settle()
  }

  /** Transmits without keeping: the peer knows no sessions. */
  startPlain() {
    this.#sending = true
    this.#plain = true
    this.#pump()
    this.#settle()
  }

  /** The peer has said where it is: its events have numbers from now on. */
  heed() {
    this.#heeding = true
  }

  /** @throws {IrohError} ERR_IROH_FRAME_TOO_LONG, _BUFFER_FULL, or why the link is over: it is not sent */
  send(json, sharers) {
    if (this.#error) throw this.#error
    if (json.length * 3 > this.#maxFrameLength) this.#checkLength(json)
    const isFull = this.#session.push(json, sharers)
    this.#unwritten += json.length
    if (!this.#isScheduled) this.#schedule()
    if (isFull && !this.#waitsForRoom) this.#pump()
  }

  /** An ordinary envelope of the peer. */
  receive(envelope) {
    if (!this.#heeding) {
      this.#owner.deliver(envelope)
      return
    }
    const session = this.#session
    this.#owner.deliver(envelope, session.received + 1, session.id)
    if (session === this.#session) this.#count()
  }

  /** A frame of the peer that was refused has a number too. */
  skip() {
    if (this.#heeding) this.#count()
  }

  /** A `hub.ack` of the peer. */
  onAck({ payload }) {
    if (!this.isLive) return
    const received = readCount(payload)
    if (received === null || received > this.#written) {
      this.#owner.onMismatch('the peer acknowledged what was not sent')
      return
    }
    this.#guard(() => this.#session.acknowledge(received))
    this.#settle()
  }

  /** Characters of JSON that are in no channel yet, and bytes that have not left the channel. */
  get bufferedAmount() {
    return this.#unwritten + (this.#channel?.bufferedAmount ?? 0)
  }

  /** Resolves when there is room in the replay buffer and little is unsent; rejects if the link is over before. */
  async drained() {
    const hasRoom = () => this.#session.isRoomy && this.#unwritten <= LOW_WATER
    do {
      await this.#until(hasRoom)
      await this.#channel?.drained().catch(() => {})
    } while (!hasRoom())
  }

  /** Resolves when the peer has all that was sent; rejects if the link is over before. */
  acknowledged() {
    return this.#until(() => this.#session.acknowledged === this.#session.sent)
  }

  /** Puts into the store what was sent in this turn. @throws {IrohError} ERR_IROH_SPOOL */
  commit() {
    if (this.#isScheduled) this.#session.commit()
  }

  /** Nothing is sent any more; a store keeps what was committed. */
  end(error) {
    this.#error = error
    this.detach()
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
  }

  #take(session) {
    this.#session = session
    this.#rewind()
  }

  /** All that is unacknowledged is to be written (again). */
  #rewind() {
    this.#session.rewind()
    this.#written = this.#session.acknowledged
    this.#unwritten = this.#session.replaySize
  }

  #count() {
    // Once an event: without a closure.
    try {
      this.#session.receive()
    } catch (error) {
      this.#owner.onFailed(error)
    }
    this.#acks.count(this.#channel?.receivedLength)
  }

  #checkLength(json) {
    const length = Buffer.byteLength(json)
    if (length <= this.#maxFrameLength) return
    throw new IrohError('ERR_IROH_FRAME_TOO_LONG', {
      detail: `${length} bytes, maxFrameLength is ${this.#maxFrameLength}`
    })
  }

  #schedule() {
    this.#isScheduled = true
    queueMicrotask(this.#flushTask)
  }

  /** What was sent in this turn goes into the store, before any of it is transmitted. */
  #flush() {
    this.#isScheduled = false
    if (this.#error || !this.#guard(() => this.#session.commit())) return
    this.#pump()
    this.#settle()
  }

  /** Transmits while there is something and the channel has room; goes on when it has, or with another channel. */
  #pump() {
    const session = this.#session
    while (this.#sending && this.#written < session.ready) {
      const batch = session.batchAfter(this.#written)
      if (this.#isFull()) return this.#waitForRoom()
      if (!this.#transmit(packBatch(batch))) return
      this.#written = batch.last
      this.#unwritten -= batch.size
      session.noteTransmitted(batch.last)
      if (this.#plain && !this.#guard(() => session.acknowledge(batch.last))) return
    }
  }

  #isFull() {
    const { bufferedAmount, lowWater } = this.#channel
    return bufferedAmount > Math.max(HIGH_WATER, lowWater)
  }

  /** @returns {boolean} false: it waits for room; the channel is at its end, and another will follow; or all is over */
  #transmit(content) {
    try {
      this.#channel.pushFrames(content)
      return true
    } catch (error) {
      if (error.code === 'ERR_IROH_BUFFER_FULL') this.#waitForRoom()
      else if (!isOfChannel(error)) this.#owner.onFailed(error)
      return false
    }
  }

  /** A channel that ends instead is followed by another, which begins anew. */
  #waitForRoom() {
    if (this.#waitsForRoom) return
    this.#waitsForRoom = true
    const channel = this.#channel
    const goOn = () => {
      if (channel !== this.#channel) return
      this.#waitsForRoom = false
      this.#pump()
      this.#settle()
    }
    channel.drained().then(goOn, () => {})
  }

  #acknowledge() {
    return this.isLive && this.#transmit(ackJson(this.#session.received))
  }

  #until(isMet) {
    const waiter = { ...deferred(), isMet }
    this.#waiters.push(waiter)
    this.#settle()
    return waiter.promise
  }

  /** Lets those go on whose condition is met. */
  #settle() {
    if (this.#waiters.length === 0) return
    const waiting = this.#waiters.splice(0)
    for (const waiter of waiting) {
      if (this.#error) waiter.reject(this.#error)
      else if (waiter.isMet()) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }

  #guard(act) {
    try {
      act()
      return true
    } catch (error) {
      this.#owner.onFailed(error)
      return false
    }
  }
}

/** Whether it says that a stream or its connection is over. */
function isOfChannel({ code, class: kind }) {
  return code === 'ERR_IROH_CLOSED' || kind === 'conn' || (kind === 'stream' && code !== 'ERR_IROH_FRAME_TOO_LONG')
}

module.exports = { Link }
