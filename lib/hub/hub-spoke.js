// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')
const { DropQueue } = require('./drop-queue')
const { IrohError } = require('../base/errors')
const { IrohEventTarget } = require('../event-target/event-target')
const { kBroadcastJson, kDetached, kMeasure, kSendJson, kTake } = require('../base/symbols')

/** With this much on its way to a spoke, more waits here, where it can still be dropped. */
const ON_ITS_WAY = 256 * 1024

/**
 * A spoke of a hub that drops the oldest events when the spoke does not keep up. What was handed to the stream is on its
 * way; the rest waits here, at most `maxBufferedAmount` of it, and no more than is free of what may wait for all spokes.
 * Only broadcasts are dropped: what is sent to this spoke alone throws ERR_IROH_BUFFER_FULL when there is no room.
 */
class DroppingSpoke extends IrohEventTarget {
  #max
  #onItsWay = ON_ITS_WAY
  #queue
  #dropped = 0
  /** How many it has had. */
  #channels = 0
  #isClosing = false
  /** While something waits: resolves when nothing does any more. */
  #emptied = null

  /** What its channels take: the bound is here. */
  static channelOptions(options) {
    return { ...options, maxBufferedAmount: Number.MAX_SAFE_INTEGER }
  }

  /** @param {object} options of an event target, and `dropTotal`: the Shares of what waits for all spokes */
  constructor(remoteNodeId, { dropTotal, ...options }) {
    super(remoteNodeId, options)
    this.#max = options.maxBufferedAmount
    this.#queue = new DropQueue(dropTotal)
  }

  /** Above sendLowWater, below which the stream asks for more. */
  [kTake](channel, isGreeted) {
    this.#onItsWay = Math.max(ON_ITS_WAY, channel.lowWater + 1)
    this.#channels++
    super[kTake](channel, isGreeted)
  }

  [kSendJson](json) {
    this.#put(json, false, 1)
  }

  [kBroadcastJson](json, sharers = 1) {
    this.#put(json, true, sharers)
  }

  get bufferedAmount() {
    return super.bufferedAmount + this.#queue.bytes
  }

  async drained() {
    while (this.#emptied) await this.#emptied.promise
    await super.drained()
  }

  stats() {
    return { ...super.stats(), dropped: this.#dropped }
  }

  async close() {
    this.#isClosing = true
    while (this.#emptied) await this.#emptied.promise
    await super.close()
  }

  [kDetached](ending) {
    this.#giveUp()
    super[kDetached](ending)
  }

  #put(json, isDroppable, sharers) {
    const bytes = this[kMeasure](json)
    if (this.#isClosing) throw new IrohError('ERR_IROH_CLOSED', { peer: this.remoteNodeId })
    if (!this.#emptied && super.bufferedAmount < this.#onItsWay && this.#handOver(json)) return
    const charge = Math.ceil(bytes / sharers)
    this.#makeRoom(bytes, charge)
    this.#queue.push(json, bytes, isDroppable, charge)
    if (!this.#emptied) this.#move()
  }

  #makeRoom(bytes, charge) {
    while (this.#queue.bytes + bytes > this.#max || !this.#queue.hasShare(charge)) {
      if (bytes > this.#max || !this.#queue.dropOldest()) {
        const detail = `${this.#queue.bytes} bytes wait, maxBufferedAmount is ${this.#max}`
        throw new IrohError('ERR_IROH_BUFFER_FULL', { detail, peer: this.remoteNodeId })
      }
      this.#dropped++
    }
  }

  /** @returns {boolean} false: the stream has no room for it now */
  #handOver(json) {
    try {
      super[kSendJson](json)
      return true
    } catch (error) {
      if (error.code === 'ERR_IROH_BUFFER_FULL') return false
      throw error
    }
  }

  /** Hands over what waits whenever the stream has room. */
  async #move() {
    const emptied = deferred()
    this.#emptied = emptied
    while (this.#queue.length > 0) {
      const channels = this.#channels
      try {
        await super.drained()
        while (this.#queue.length > 0 && super.bufferedAmount < this.#onItsWay) {
          if (!this.#handOver(this.#queue.peek())) break
          this.#queue.shift()
        }
      } catch {
        if (channels === this.#channels) this.#giveUp() // the stream has ended, and said so
      }
    }
    this.#emptied = null
    emptied.resolve()
  }

  #giveUp() {
    this.#dropped += this.#queue.length
    this.#queue.clear()
  }
}

module.exports = { DroppingSpoke }
