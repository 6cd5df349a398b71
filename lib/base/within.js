// SPDX-License-Identifier: MIT
'use strict'

const { Patience } = require('./patience')

/** Waits for a promise that does not reject, but not longer than `ms`. */
async function within(promise, ms) {
  let patience
  const late = new Promise((resolve) => {
    patience = new Patience(ms, resolve)
  })
  await Promise.race([promise, late])
  patience.stop()
}

module.exports = { within }
