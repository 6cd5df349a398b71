// SPDX-License-Identifier: MIT
// A QUIC peer that a test rules, in plain JavaScript: whatever frames in whatever packets, in both roles.
'use strict'

const { RawClient } = require('./client.js')
const { frame, largestVarint, varint } = require('./frames.js')
const { initialDatagram } = require('./packets.js')
const { Parameter, usualParameters } = require('./peer.js')
const { RawServer } = require('./server.js')

module.exports = { frame, initialDatagram, largestVarint, Parameter, RawClient, RawServer, usualParameters, varint }
