// SPDX-License-Identifier: MIT
'use strict'

const { IrohEventTarget } = require('./event-target')
const { kDetached, kSendJson } = require('./symbols')

/** With this much on its way to a spoke, more waits here, where it can still be dropped. */
const ON_ITS_WAY = 256 * 1024

/**
 * A spoke of a hub that drops the oldest events when the spoke does not keep up. What was handed to the stream is on its
 * way; the rest waits here, at most `maxBufferedAmount` of it.
 */
class DroppingSpoke extends IrohEventTarget {
  #max
  #queue = []
  #queued = 0
  #dropped = 0
  #isMoving = false

  constructor(remoteNodeId, options) {
    super(remoteNodeId, options)
    this.#max = options.maxBufferedAmount
  }

  [kSendJson](json) {
    if (this.#queue.length === 0 && super.bufferedAmount < ON_ITS_WAY) {
      super[kSendJson](json)
      return
    }
    this.#queue.push(json)
    this.#queued += json.length
    while (this.#queued > this.#max && this.#queue.length > 1) {
      this.#queued -= this.#queue.shift().length
      this.#dropped++
    }
    if (!this.#isMoving) this.#move()
  }

  get bufferedAmount() {
    return super.bufferedAmount + this.#queued
  }

  stats() {
    return { ...super.stats(), dropped: this.#dropped }
  }

  /** What waits goes before the end, as far as the stream has room. */
  close() {
    const rest = this.#take()
    try {
      while (rest.length > 0) {
        super[kSendJson](rest[0])
        rest.shift()
      }
    } catch {
      this.#dropped += rest.length // the stream's buffer is full
    }
    return super.close()
  }

  [kDetached](ending) {
    this.#dropped += this.#take().length
    super[kDetached](ending)
  }

  #take() {
    this.#queued = 0
    return this.#queue.splice(0)
  }

  /** Hands over what waits whenever the stream has room. */
  async #move() {
    this.#isMoving = true
    try {
      while (this.#queue.length > 0) {
        await super.drained()
        while (this.#queue.length > 0 && super.bufferedAmount < ON_ITS_WAY) {
          const json = this.#queue.shift()
          this.#queued -= json.length
          super[kSendJson](json)
        }
      }
    } catch {
      // The target is over, and said so.
    }
    this.#isMoving = false
  }
}

module.exports = { DroppingSpoke }
