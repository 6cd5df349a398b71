// SPDX-License-Identifier: MIT
'use strict'

/**
 * Where the time comes from; tests bring their own.
 * @typedef {object} Clock
 * @property {() => number} now milliseconds that only rise
 * @property {(callback: () => void, ms: number) => object} setTimeout
 * @property {(timer: object) => void} clearTimeout
 * @property {(callback: () => void) => object} setImmediate after the sockets were read once more
 * @property {(immediate: object) => void} clearImmediate
 */

/** @type {Clock} */
const systemClock = Object.freeze({
  now: () => performance.now(),
  setTimeout,
  clearTimeout,
  setImmediate,
  clearImmediate
})

module.exports = { systemClock }
