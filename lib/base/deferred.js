// SPDX-License-Identifier: MIT
'use strict'

/** A promise with its resolve and reject. */
function deferred() {
  const result = {}
  result.promise = new Promise((resolve, reject) => {
    result.resolve = resolve
    result.reject = reject
  })
  return result
}

/** The same, for a promise that its user may never look at: a rejection nobody awaits is not an unhandled one. */
function quietDeferred() {
  const result = deferred()
  result.promise.catch(() => {})
  return result
}

module.exports = { deferred, quietDeferred }
