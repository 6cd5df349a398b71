// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')
const { IrohError } = require('../base/errors')
const { Acknowledger } = require('./acknowledger')
const { ackJson, readCount, resumeJson } = require('./control')

/** A replay pauses while more than this is unsent in the channel. */
const HIGH_WATER = 1024 * 1024
/** drained() lets so much be in no channel yet. */
const LOW_WATER = 64 * 1024

/**
 * What a link puts events on: an event stream of one connection.
 * @typedef {object} LinkChannel
 * @property {(json: string) => void} push throws ERR_IROH_BUFFER_FULL while it has no room
 * @property {number} bufferedAmount
 * @property {number} receivedLength characters of JSON that came
 * @property {() => Promise<void>} drained rejects if the channel ends
 */

/**
 * Whom a link tells what happens.
 * @typedef {object} LinkOwner
 * @property {(envelope: object, sequence?: number, session?: string) => void} deliver an event of the peer; without a
 *   number if it does not belong to the session
 * @property {(detail: string) => void} onMismatch the peer's counts cannot be: the session is lost
 * @property {(error: IrohError) => void} onStoreFailed the spool fails: the session cannot go on
 */

/**
 * A session and the channel it goes over now. Events are transmitted after start(), from where the peer is; those of the
 * peer have numbers after heed(). A channel that is not the link's any more is heard no more.
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
  #unwritten
  #committing = false
  #waitsForRoom = false
  #error = null
  #waiters = []
  #acks
  #commitTask = () => this.#commit()

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
    session.acknowledge(received)
    session.establish()
    this.#rewind()
    this.#sending = this.#tell(resumeJson(session.id, session.received))
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
  send(json) {
    if (this.#error) throw this.#error
    if (json.length * 3 > this.#maxFrameLength) this.#checkLength(json)
    const number = this.#session.push(json)
    if (this.#session.isStored) this.#scheduleCommit(json)
    else if (this.#sending && this.#written === number - 1 && this.#write(number, json)) return
    else this.#unwritten += json.length
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

  /** Tells the peer now what it may forget. */
  flushAcks() {
    this.#acks.flush()
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

  /** Puts into the store what was sent in this turn. */
  commit() {
    if (this.#committing) this.#guard(() => this.#session.commit())
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
    if (session.isStored && session.ready < session.sent) this.#scheduleCommit('')
  }

  /** All that is unacknowledged is to be written (again). */
  #rewind() {
    this.#written = this.#session.acknowledged
    this.#unwritten = this.#session.replaySize
  }

  #count() {
    this.#guard(() => this.#session.receive())
    this.#acks.count(this.#channel?.receivedLength)
  }

  #checkLength(json) {
    const length = Buffer.byteLength(json)
    if (length <= this.#maxFrameLength) return
    throw new IrohError('ERR_IROH_FRAME_TOO_LONG', {
      detail: `${length} bytes, maxFrameLength is ${this.#maxFrameLength}`
    })
  }

  /** Events of one turn go into the store together, before any of them is transmitted. */
  #scheduleCommit(json) {
    this.#unwritten += json.length
    if (this.#committing) return
    this.#committing = true
    queueMicrotask(this.#commitTask)
  }

  #commit() {
    this.#committing = false
    if (this.#error) return
    if (!this.#guard(() => this.#session.commit())) return
    this.#pump()
    this.#settle()
  }

  /** @returns {boolean} false: it waits for room, or for another channel */
  #write(number, json) {
    if (!this.#tell(json)) {
      this.#waitForRoom()
      return false
    }
    this.#written = number
    this.#session.noteTransmitted(number)
    if (this.#plain) this.#session.acknowledge(number)
    return true
  }

  #pump() {
    const session = this.#session
    while (this.#sending && this.#written < session.ready) {
      if (this.#channel.bufferedAmount > HIGH_WATER) return this.#waitForRoom()
      const json = session.get(this.#written + 1)
      if (!this.#write(this.#written + 1, json)) return
      this.#unwritten -= json.length
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
    return this.isLive && this.#tell(ackJson(this.#session.received))
  }

  /** @returns {boolean} false: the channel has no room, or is at its end */
  #tell(json) {
    try {
      this.#channel.push(json)
      return true
    } catch {
      return false
    }
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
      this.#owner.onStoreFailed(error)
      return false
    }
  }
}

module.exports = { Link }
