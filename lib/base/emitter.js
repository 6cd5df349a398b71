// SPDX-License-Identifier: MIT
'use strict'

const { EventEmitter } = require('node:events')
const { reportUncaught } = require('./guard')

/**
 * An EventEmitter whose listeners are the program's: one that throws breaks neither the emitter nor the other listeners.
 * What it throws is reported as uncaught, as what a listener of an EventTarget throws is. Any number of listeners is usual.
 */
class Emitter extends EventEmitter {
  constructor() {
    super()
    this.setMaxListeners(0)
  }

  /** Throws only what EventEmitter throws for an 'error' that nobody listens for. */
  emit(name, ...args) {
    if (name === 'error') {
      if (this.listenerCount(name) === 0) return super.emit(name, ...args)
      this.#call(EventEmitter.errorMonitor, args)
    }
    return this.#call(name, args)
  }

  #call(name, args) {
    const listeners = this.rawListeners(name)
    for (const listener of listeners) {
      try {
        Reflect.apply(listener, this, args)
      } catch (error) {
        reportUncaught(error)
      }
    }
    return listeners.length > 0
  }
}

module.exports = { Emitter }
