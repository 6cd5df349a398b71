// SPDX-License-Identifier: MIT
'use strict'

// What is measured. A scenario is two halves that run in two processes:
//
//   metrics                         [{ name, title, unit, digits, lowerIsBetter }], one line of the table each
//   hub(peer, settings)             → { address, finished }: listens; `finished` is a promise of the hub's figures
//   spoke(peer, address, settings)  → a promise of the spoke's figures
//   summarize(hub, spoke)           → { [metric name]: number }; for a peer in one process both are the same run
//
// Settings: { warmUpMs, measureMs }.

const SCENARIOS = {
  small: require('./one-way').small,
  kib: require('./one-way').kib,
  'round-trip': require('./requests').roundTrip,
  requests: require('./requests').outstanding64,
  bulk: require('./one-way').bulk,
  connect: require('./connect'),
  'fan-out': require('./fan-out'),
  memory: require('./memory')
}

module.exports = { SCENARIOS }
