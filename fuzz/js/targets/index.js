// SPDX-License-Identifier: MIT
'use strict'

/** @type {import('../engine').Target[]} every JavaScript decoder that sees bytes of others */
const targets = [
  ...require('./dns'),
  ...require('./relay'),
  ...require('./nat'),
  ...require('./tickets'),
  ...require('./gossip'),
  ...require('./resume'),
  ...require('./texts')
]

module.exports = { targets }
