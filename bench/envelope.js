// SPDX-License-Identifier: MIT
'use strict'

// The envelopes every peer carries, and the name their listener is registered under.

const TYPE = 'bench.event'
const ID = 'b7'
const EVENT_NAME = `${TYPE}:${ID}`
const FIRST = 1_000_000_000
const HEADER_BYTES = 4

/**
 * A function that makes envelopes whose frame (length prefix and JSON) is exactly `bytes` long.
 * @param {number} bytes At least 72.
 * @returns {(n: number) => object} A fresh envelope, numbered `n` (below 10^9) so that no two are alike.
 */
function envelopesOf(bytes) {
  const make = (data) => (n) => ({ type: TYPE, id: ID, payload: { n: FIRST + n, data } })
  const bare = JSON.stringify(make('')(0)).length + HEADER_BYTES
  return make('x'.repeat(bytes - bare))
}

module.exports = { EVENT_NAME, envelopesOf }
