// SPDX-License-Identifier: MIT
'use strict'

const { guarded } = require('./guard')

/** What is to be called for each signal that is waited for: one signal may end any number of calls. */
const callbacks = new WeakMap()

/** Calls all of them, whatever one throws. */
function onAborted({ target: signal }) {
  const waiting = callbacks.get(signal)
  callbacks.delete(signal)
  for (const call of waiting) call()
}

/**
 * Calls back once when a signal is aborted; not if it is aborted already. All who wait for one signal share a listener: a
 * program may pass one signal to many calls, and Node warns of a leak from eleven listeners on.
 * @param {AbortSignal | undefined} signal
 * @param {() => void} callback
 * @returns {() => void} ends the waiting
 */
function onAbort(signal, callback) {
  if (signal === undefined || signal.aborted) return () => {}
  let waiting = callbacks.get(signal)
  if (!waiting) {
    waiting = new Set()
    callbacks.set(signal, waiting)
    signal.addEventListener('abort', onAborted, { once: true })
  }
  const call = guarded(callback)
  waiting.add(call)
  return () => {
    waiting.delete(call)
    if (waiting.size > 0 || callbacks.get(signal) !== waiting) return
    callbacks.delete(signal)
    signal.removeEventListener('abort', onAborted)
  }
}

module.exports = { onAbort }
