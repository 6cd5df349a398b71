// SPDX-License-Identifier: MIT
'use strict'

const { RelayServer } = require('./lib/relay/server/relay-server')

module.exports = { RelayServer }
