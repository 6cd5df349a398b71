// SPDX-License-Identifier: MIT
'use strict'

// What is simulated, and what upstream's rules do in the same case: figures of a model of iroh-gossip 0.101's state
// machines, the least and the most of the means of four seeds.

const SEEDS = ['0', '1', '212312388123', '123']

const SPREAD = [
  { id: 'single-20', title: 'one sender', scenario: 'single', nodes: 20, rmr: [0.13, 0.15], ldh: [3, 3] },
  { id: 'single-100', title: 'one sender', scenario: 'single', nodes: 100, rmr: [0.09, 0.09], ldh: [5, 7] },
  { id: 'single-1000', title: 'one sender', scenario: 'single', nodes: 1000, rmr: [0.07, 0.07], ldh: [13, 16] },
  {
    id: 'single-100-far',
    title: 'one sender',
    scenario: 'single',
    nodes: 100,
    max: 100,
    rmr: [0.09, 0.09],
    ldh: [7, 7]
  },
  { id: 'multi-20', title: 'many senders', scenario: 'multi', nodes: 20, rmr: [0.28, 0.63], ldh: [3.4, 6] },
  { id: 'multi-100', title: 'many senders', scenario: 'multi', nodes: 100, rmr: [0.41, 0.51], ldh: [9.8, 10.9] },
  { id: 'multi-1000', title: 'many senders', scenario: 'multi', nodes: 1000, rmr: [0.42, 0.51], ldh: [20, 22] },
  {
    id: 'multi-100-far',
    title: 'many senders',
    scenario: 'multi',
    nodes: 100,
    max: 100,
    rmr: [0.52, 0.76],
    ldh: [10.1, 10.8]
  },
  { id: 'all-20', title: 'all at once', scenario: 'all', nodes: 20, rmr: [1.15, 1.47], ldh: [5.3, 6] },
  { id: 'all-100', title: 'all at once', scenario: 'all', nodes: 100, rounds: 5, rmr: [1.01, 1.11], ldh: [9.4, 10.8] },
  {
    id: 'all-100-far',
    title: 'all at once',
    scenario: 'all',
    nodes: 100,
    rounds: 5,
    max: 100,
    rmr: [1.08, 1.15],
    ldh: [11.4, 11.8]
  },
  { id: 'single-10000', title: 'one sender', scenario: 'single', nodes: 10000, rounds: 10, contacts: 100, seeds: 1 },
  { id: 'multi-10000', title: 'many senders', scenario: 'multi', nodes: 10000, rounds: 10, contacts: 100, seeds: 1 }
]

const OVERLAY = [
  { id: 'bootstrap-100', scenario: 'bootstrap', nodes: 100 },
  { id: 'bootstrap-1000', scenario: 'bootstrap', nodes: 1000 },
  { id: 'bootstrap-10000', scenario: 'bootstrap', nodes: 10000, contacts: 100, seeds: 1 }
]

const FAULTS = [20, 50, 80].flatMap((share) =>
  [100, 1000].map((nodes) => ({ id: `crash-${share}-${nodes}`, scenario: 'crash', nodes, share }))
)

const PARTITIONS = [50, 20, 1].map((share) => ({ id: `partition-${share}`, scenario: 'partition', nodes: 100, share }))

const REST = [
  { id: 'churn', scenario: 'churn', nodes: 100, rounds: 300 },
  { id: 'rejoin', scenario: 'rejoin', nodes: 20 },
  { id: 'topics', scenario: 'topics', nodes: 20, topics: 150, rounds: 10 },
  { id: 'slow', scenario: 'slow', nodes: 100, rounds: 30 },
  { id: 'load', scenario: 'load', nodes: 6, rounds: 600, seeds: 1 }
]

const HICCUPS = [
  { id: 'hiccups-6', scenario: 'hiccups', nodes: 6, rounds: 4000 },
  { id: 'hiccups-100', scenario: 'hiccups', nodes: 100, rounds: 500 }
]

const ATTACKS = [
  { id: 'calm', title: 'none' },
  { id: 'join-storm', title: '50 Joins a second, each of a fresh id' },
  { id: 'ihave-flood', title: '116,000 ids a second that nobody has' },
  { id: 'graft-replay', title: 'each message asked for 50 times' },
  { id: 'peer-data', title: 'peer data of 450 to 3,900 bytes, own and others’' },
  { id: 'shuffle-reflection', title: 'shuffles and joins in the name of peers that are not there' }
].map((attack) => ({ ...attack, scenario: attack.id, nodes: 100 }))

const CASES = [...SPREAD, ...OVERLAY, ...FAULTS, ...PARTITIONS, ...REST, ...HICCUPS, ...ATTACKS]

/** The simulator's arguments for a case and a seed. */
function argumentsOf({ scenario, nodes, rounds = 30, topics = 1, contacts = 0, share = 0, max = 50 }, seed) {
  const options = { seed, nodes, rounds, topics, contacts, share, max }
  return [scenario, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)]
}

module.exports = { ATTACKS, CASES, FAULTS, HICCUPS, OVERLAY, PARTITIONS, SEEDS, SPREAD, argumentsOf }
