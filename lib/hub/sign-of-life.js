// SPDX-License-Identifier: MIT
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { Patience } = require('../base/patience')
const { kAsk, kIsHeard } = require('../base/symbols')

/** How often the peer is asked, and at least this often in a round trip. */
const ASK_MS = 40
const ASKS_A_ROUND_TRIP = 3
/** How often the connection is checked for an answer. */
const LOOK_MS = 10

/**
 * Asks the peer of a connection for a sign of life.
 * @param {import('../connection/connection').Connection} connection
 * @param {number} ms how long the peer may take; time in which this program is too busy to read hardly counts
 * @returns {Promise<boolean>} whether it answered in time; false when the connection is closed
 */
async function isHeard(connection, ms) {
  const began = performance.now()
  const askMs = Math.max(ASK_MS, connection.rtt() / ASKS_A_ROUND_TRIP)
  let asks = 0
  let isLate = false
  const patience = new Patience(ms, () => {
    isLate = true
  })
  for (;;) {
    if (isLate || connection.closeReason() || (asks > 0 && connection[kIsHeard]())) break
    if (performance.now() - began >= asks * askMs) {
      connection[kAsk]()
      asks++
    }
    await sleep(LOOK_MS)
  }
  patience.stop()
  return !isLate && !connection.closeReason()
}

module.exports = { isHeard }
