// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')

/** Beyond the bound, events that are no messages have some more room: they are few, and state depends on them. */
const EXTRA_EVENTS = 1024

/** Events of one subscription, up to a number and a size; what comes beyond is missed, and that is told in its place. */
class EventQueue {
  #items = []
  #head = 0
  #takers = []
  #bytes = 0
  #missed = 0
  #ended = false
  #max

  /** @param {{ events: number, bytes: number }} max */
  constructor(max) {
    this.#max = max
  }

  /** How many wait. */
  get length() {
    return this.#items.length - this.#head
  }

  /** How long the messages among them are together. */
  get bytes() {
    return this.#bytes
  }

  push(event) {
    if (this.#ended) return
    const bytes = event.content?.length ?? 0
    if (!this.#hasRoom(event, bytes)) {
      this.#missed++
      return
    }
    if (this.#missed > 0) this.#add(this.#lagged(), 0)
    this.#add(event, bytes)
  }

  /** @returns {Promise<object | null>} null: it has ended */
  take() {
    const taker = deferred()
    const next = this.#next()
    if (next) taker.resolve(next)
    else if (this.#ended) taker.resolve(null)
    else this.#takers.push(taker)
    return taker.promise
  }

  /** Nothing more comes; what is there is still taken. */
  end() {
    this.#ended = true
    for (const taker of this.#takers.splice(0)) taker.resolve(null)
  }

  #hasRoom(event, bytes) {
    if (event.type !== 'received') return this.length < this.#max.events + EXTRA_EVENTS
    return this.length < this.#max.events && (this.length === 0 || this.#bytes + bytes <= this.#max.bytes)
  }

  #lagged() {
    const missed = this.#missed
    this.#missed = 0
    return { type: 'lagged', missed }
  }

  #add(event, bytes) {
    if (this.#takers.length > 0) {
      this.#takers.shift().resolve(event)
      return
    }
    this.#items.push(event)
    this.#bytes += bytes
  }

  #next() {
    if (this.length === 0) return this.#missed > 0 ? this.#lagged() : null
    const event = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    this.#bytes -= event.content?.length ?? 0
    if (this.#head === this.#items.length || this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return event
  }
}

module.exports = { EventQueue }
