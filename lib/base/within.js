// SPDX-License-Identifier: MIT
'use strict'

/** Waits for a promise that does not reject, but not longer than `ms`. */
async function within(promise, ms) {
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}

module.exports = { within }
