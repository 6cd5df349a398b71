// SPDX-License-Identifier: MIT
'use strict'

const { getEventListeners, setMaxListeners } = require('node:events')
const { expectMany } = require('../base/signals')
const { kFire } = require('../base/symbols')

/**
 * A listener that goes without removeEventListener().
 * @typedef {{ name: string, listener: object, capture: boolean, once: boolean, signal: AbortSignal | null }} Passing
 */

const NOTHING = () => {}

/**
 * An EventTarget for many names, each listened for once. It mends what Node's does with those: Node.js 20 to 26 keep a name
 * whose last listener was removed by `once`; 20 and 22 forget all but the last of the listeners that a `signal` is to
 * remove; 20 and 24 do not read removeEventListener(name, listener, true). All else is Node's. There is no warning of many
 * listeners.
 */
class ListenerTarget extends EventTarget {
  /** By name; `once`: how many of them are called once. @type {Map<string, { listeners: Passing[], once: number }>} */
  #passing = new Map()
  /** @type {Map<AbortSignal, { listeners: Set<Passing>, onAbort: () => void }>} */
  #signals = new Map()
  #weak = null

  constructor() {
    super()
    setMaxListeners(Number.POSITIVE_INFINITY, this)
  }

  addEventListener(type, listener, options) {
    const { signal = null, once } = typeof options === 'object' && options ? options : {}
    const isSignalled = signal instanceof AbortSignal && !signal.aborted
    // Node sees no signal that it would forget; it refuses what is none, and adds nothing for one that is aborted.
    const nodeOptions = isSignalled ? Object.create(options, { signal: { value: undefined } }) : options
    super.addEventListener(type, listener, nodeOptions)
    const isAdded = listener && (isSignalled || (once && signal === null))
    if (isAdded) this.#add({ name: `${type}`, listener, capture: isCapture(options), once: Boolean(once), signal })
  }

  removeEventListener(type, listener, options) {
    const capture = isCapture(options)
    super.removeEventListener(type, listener, { capture })
    const same = (one) => one.listener === listener && one.capture === capture
    for (const one of this.#passing.get(`${type}`)?.listeners.filter(same) ?? []) this.#drop(one)
  }

  /** @private Dispatches to the listeners here. */
  [kFire](event) {
    super.dispatchEvent(event)
    if (this.#passing.size > 0 && this.#passing.get(event.type)?.once > 0) this.#tidy(event.type)
  }

  #add(one) {
    const { name, signal } = one
    const others = this.#passing.get(name)
    const once = one.once ? 1 : 0
    if (others) {
      others.listeners.push(one)
      others.once += once
    } else this.#passing.set(name, { listeners: [one], once })
    if (signal) this.#endWith(signal).add(one)
  }

  #drop(one) {
    const { name, signal } = one
    const others = this.#passing.get(name)
    others.listeners.splice(others.listeners.indexOf(one), 1)
    if (one.once) others.once--
    if (others.listeners.length === 0) this.#passing.delete(name)
    if (signal) this.#release(signal, one)
  }

  /** Of a name that was dispatched: forgets the listeners that were called once, and the name with the last. */
  #tidy(name) {
    const left = getEventListeners(this, name)
    const isGone = left.length > 0 ? ({ listener }) => !left.includes(listener) : () => true
    for (const one of this.#passing.get(name).listeners.filter(isGone)) this.#drop(one)
    if (left.length > 0) return
    // Node drops a name when its last listener is removed by hand.
    super.addEventListener(name, NOTHING)
    super.removeEventListener(name, NOTHING)
  }

  /** The signal does not hold the target, which it may outlive by far. @returns {Set<Passing>} what it removes */
  #endWith(signal) {
    const known = this.#signals.get(signal)
    if (known) return known.listeners
    this.#weak ??= new WeakRef(this)
    const target = this.#weak
    const listeners = new Set()
    const onAbort = () => target.deref()?.#onAbort(listeners)
    this.#signals.set(signal, { listeners, onAbort })
    expectMany(signal)
    signal.addEventListener('abort', onAbort, { once: true })
    return listeners
  }

  #release(signal, one) {
    const { listeners, onAbort } = this.#signals.get(signal)
    listeners.delete(one)
    if (listeners.size > 0) return
    this.#signals.delete(signal)
    signal.removeEventListener('abort', onAbort)
  }

  #onAbort(listeners) {
    for (const { name, listener, capture } of [...listeners]) this.removeEventListener(name, listener, capture)
  }
}

/** As addEventListener() reads it. */
function isCapture(options) {
  return typeof options === 'boolean' ? options : Boolean(options?.capture)
}

module.exports = { ListenerTarget }
