// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')
const { reportUncaught } = require('../base/guard')
const { kHold, kReceivedLength } = require('../base/symbols')

/** What may have come since the oldest event that waits, in characters of JSON, before the target is held back. */
const MAX_LAG = 4 * 1024 * 1024
/** It goes on when so much is left. */
const LOW_LAG = MAX_LAG / 2
/** A listener that has refused is tried again later and later, up to so many ms. */
const MAX_DELAY_MS = 100
/** One that takes so many at a time is tried sooner, and one that takes fewer than these later: it holds 1024. */
const MANY = 512
const FEW = 128

/** Whether a subscriber cannot take an event now: a Repeater throws this at its 1025th event that nobody has taken. */
function isFull(error) {
  return error?.name === 'RepeaterOverflowError'
}

/** The events of one listener of a pubsub view. What the listener cannot take yet waits here, in order. */
class Subscription {
  #view
  #target
  #listener
  #stallTimeoutMs
  /** Events that wait: { topic, payload, at }; `at`: what the target had received. */
  #waiting = []
  #first = 0
  #isHolding = false
  #isEnded = false
  #timer = null
  #delayMs = 0
  /** How long it took nothing while others waited: the sum of the delays, without time in which the loop stood still. */
  #stalledMs = 0

  /**
   * @param {object} view what listeners are called on
   * @param {import('../event-target/event-target').IrohEventTarget} target
   * @param {Function | { handleEvent: Function }} listener
   * @param {number} stallTimeoutMs
   */
  constructor(view, target, listener, stallTimeoutMs) {
    this.#view = view
    this.#target = target
    this.#listener = listener
    this.#stallTimeoutMs = stallTimeoutMs
  }

  /** An event for the listener. @returns {unknown} what the listener returns @throws {unknown} what it throws */
  hear(topic, payload) {
    if (this.#isEnded) return undefined
    if (this.#length === 0) {
      try {
        return this.#call(topic, payload)
      } catch (error) {
        if (!isFull(error)) throw error
      }
    }
    this.#keep(topic, payload)
    return undefined
  }

  /** The listener does not listen to a topic any more. */
  forget(topic) {
    if (this.#length === 0) return
    this.#waiting = this.#waiting.slice(this.#first).filter((event) => event.topic !== topic)
    this.#first = 0
    if (this.#length === 0) this.#rest()
    else this.#holdIfLate()
  }

  get #length() {
    return this.#waiting.length - this.#first
  }

  #call(topic, payload) {
    const event = new CustomEvent(topic, { detail: payload })
    const listener = this.#listener
    return typeof listener === 'function' ? listener.call(this.#view, event) : listener.handleEvent(event)
  }

  #keep(topic, payload) {
    this.#waiting.push({ topic, payload, at: this.#target[kReceivedLength] })
    this.#holdIfLate()
    if (this.#timer === null) this.#tryIn(0)
  }

  #holdIfLate() {
    if (this.#isEnded) return
    const lag = this.#target[kReceivedLength] - this.#waiting[this.#first].at
    if (lag > MAX_LAG) this.#hold(true)
    else if (lag <= LOW_LAG) this.#hold(false)
  }

  #hold(isHolding) {
    if (this.#isHolding === isHolding) return
    this.#isHolding = isHolding
    this.#target[kHold](isHolding)
  }

  #tryIn(delayMs) {
    this.#delayMs = delayMs
    const again = () => this.#try()
    this.#timer = delayMs === 0 ? setImmediate(again) : setTimeout(again, delayMs)
    if (this.#isEnded) this.#timer.unref()
  }

  #try() {
    this.#timer = null
    const taken = this.#giveAll()
    if (this.#length === 0) {
      this.#rest()
      return
    }
    this.#stalledMs = taken === 0 && this.#isHolding ? this.#stalledMs + this.#delayMs : 0
    if (this.#stalledMs >= this.#stallTimeoutMs) this.#end()
    else this.#holdIfLate()
    if (taken >= MANY) this.#tryIn(this.#delayMs >> 1)
    else this.#tryIn(taken < FEW ? Math.min(2 * this.#delayMs + 1, MAX_DELAY_MS) : this.#delayMs)
  }

  /** @returns {number} how many the listener has taken */
  #giveAll() {
    let taken = 0
    while (this.#length > 0) {
      const event = this.#waiting[this.#first++]
      if (!this.#give(event)) {
        if (this.#first > 0) this.#first-- // else the listener has ended its subscription meanwhile
        break
      }
      taken++
    }
    this.#waiting.splice(0, this.#first)
    this.#first = 0
    return taken
  }

  /** @returns {boolean} false: it cannot take it yet */
  #give({ topic, payload }) {
    try {
      const result = this.#call(topic, payload)
      result?.then?.(undefined, reportUncaught)
    } catch (error) {
      if (isFull(error)) return false
      reportUncaught(error)
    }
    return true
  }

  /** Nothing waits. */
  #rest() {
    this.#hold(false)
    clearImmediate(this.#timer)
    clearTimeout(this.#timer)
    this.#timer = null
    this.#stalledMs = 0
  }

  /** Whoever iterates gets what it has not taken yet, and then the error: a Repeater ends with a promise that rejects. */
  #end() {
    const { topic, at } = this.#waiting[this.#first]
    const detail = `a subscriber to ${topic} took none of ${this.#length} events that wait for ${this.#stallTimeoutMs} ms`
    const failure = Promise.reject(new IrohError('ERR_IROH_BUFFER_FULL', { detail }))
    failure.catch(() => {})
    this.#isEnded = true
    this.#hold(false)
    this.#waiting = [{ topic, payload: failure, at }]
    this.#first = 0
  }
}

module.exports = { Subscription }
