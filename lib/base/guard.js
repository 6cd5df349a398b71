// SPDX-License-Identifier: MIT
'use strict'

/** Reports an error of the program's function as uncaught, without losing what else this turn has to do. */
function reportUncaught(error) {
  process.nextTick(() => {
    throw error
  })
}

/**
 * A function of the program that is called for what it does, and not for what it returns: what it throws is reported as
 * uncaught, and its caller goes on.
 * @template {Function | undefined} F
 * @param {F} call
 * @returns {F}
 */
function guarded(call) {
  if (call === undefined) return call
  return (...args) => {
    try {
      call(...args)
    } catch (error) {
      reportUncaught(error)
    }
  }
}

module.exports = { guarded, reportUncaught }
