// SPDX-License-Identifier: MIT
// Exceptions that nobody catches, in place of mocha's own listeners, which would fail the test.
'use strict'

const KINDS = ['uncaughtException', 'unhandledRejection']

/**
 * Does something; gives the values that were uncaught meanwhile, exceptions and reasons of rejected promises.
 * @param {(uncaught: unknown[]) => unknown} act
 */
async function collectUncaught(act) {
  const before = KINDS.map((kind) => process.listeners(kind))
  const uncaught = []
  for (const kind of KINDS) process.removeAllListeners(kind).on(kind, (thrown) => uncaught.push(thrown))
  try {
    await act(uncaught)
    await new Promise(setImmediate)
    return uncaught
  } finally {
    for (const [index, kind] of KINDS.entries()) {
      process.removeAllListeners(kind)
      for (const listener of before[index]) process.on(kind, listener)
    }
  }
}

module.exports = { collectUncaught }
