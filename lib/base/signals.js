// SPDX-License-Identifier: MIT
'use strict'

const { defaultMaxListeners, getMaxListeners, setMaxListeners } = require('node:events')

/** One signal may end any number of calls and listeners: Node.js 20 would warn of the eleventh. @param {AbortSignal} signal */
function expectMany(signal) {
  if (hasUsualLimit(signal)) setMaxListeners(Number.POSITIVE_INFINITY, signal)
}

/** Node.js 20 throws for one that has no limit. */
function hasUsualLimit(signal) {
  try {
    return getMaxListeners(signal) === defaultMaxListeners
  } catch {
    return false
  }
}

module.exports = { expectMany }
