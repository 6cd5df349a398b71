// SPDX-License-Identifier: MIT
'use strict'

/** First in, first out, however long: a list whose links cost nothing to take. */
class Fifo {
  #first = null
  #last = null

  get first() {
    return this.#first
  }

  push(entry) {
    if (this.#last) this.#last.next = entry
    else this.#first = entry
    this.#last = entry
  }

  shift() {
    const entry = this.#first
    this.#first = entry.next
    if (!this.#first) this.#last = null
    return entry
  }
}

/** Frames that wait in order; of some of them the oldest can be dropped. */
class DropQueue {
  #kept = new Fifo()
  #droppable = new Fifo()
  #order = 0
  #bytes = 0
  #length = 0
  #charge = 0
  #total

  /** @param {import('../base/shares').Shares} total of several queues together */
  constructor(total) {
    this.#total = total
  }

  /** How many wait. */
  get length() {
    return this.#length
  }

  /** How long they are together. */
  get bytes() {
    return this.#bytes
  }

  /** Whether the sum lets it hold so much more: no more than is free. */
  hasShare(charge) {
    return this.#charge + charge <= this.#total.most
  }

  /** `charge`: what the sum counts of a text that several queues have in common. */
  push(json, bytes, isDroppable, charge = bytes) {
    const list = isDroppable ? this.#droppable : this.#kept
    list.push({ json, bytes, charge, order: this.#order++, next: null })
    this.#bytes += bytes
    this.#length++
    this.#addCharge(charge)
  }

  /** The next, which stays. @returns {string | undefined} */
  peek() {
    return this.#next()?.first.json
  }

  shift() {
    return this.#take(this.#next())
  }

  /** @returns {boolean} false: none can be dropped */
  dropOldest() {
    if (!this.#droppable.first) return false
    this.#take(this.#droppable)
    return true
  }

  clear() {
    this.#kept = new Fifo()
    this.#droppable = new Fifo()
    this.#bytes = 0
    this.#length = 0
    this.#addCharge(-this.#charge)
  }

  #addCharge(amount) {
    this.#charge += amount
    this.#total.add(amount)
  }

  /** The list whose first has waited longest. */
  #next() {
    const [kept, droppable] = [this.#kept.first, this.#droppable.first]
    if (!kept) return droppable ? this.#droppable : undefined
    return droppable && droppable.order < kept.order ? this.#droppable : this.#kept
  }

  #take(list) {
    const { json, bytes, charge } = list.shift()
    this.#bytes -= bytes
    this.#addCharge(-charge)
    this.#length--
    return json
  }
}

module.exports = { DropQueue }
