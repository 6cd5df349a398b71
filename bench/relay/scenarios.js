// SPDX-License-Identifier: MIT
'use strict'

// What is measured. Each scenario:
//
//   metrics                   [{ name, title, unit, digits, lowerIsBetter, noRatio }], one line of the table each
//   run(server, settings)     → { lost, figures: { [metric name]: number } }; runs in the load generator's process
//
// server: { url, pid }; settings: { warmUpMs, measureMs }; lost: datagram frames sent that never came.

const { clients } = require('./clients')
const { batch, single } = require('./forwarding')
const { latency } = require('./latency')

module.exports = { SCENARIOS: { single, batch, latency, clients } }
