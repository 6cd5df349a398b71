// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:stalled`: how long a hub's broadcasts take to the spokes that read, with and without one beside them that
// does not. Both hubs run in every round, one after the other; which one begins changes.

const path = require('node:path')
const { parseArgs } = require('node:util')
const { runBench } = require('../main')
const { median, quantile, sleep } = require('../meter')
const { table } = require('../report')
const { rotate } = require('../rounds')
const { Worker } = require('./workers')

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'measured', 'hub.md')
const POLICIES = ['wait', 'disconnect', 'drop-oldest']
const MIB = 1024 * 1024
const WARM_UP_MS = 1000
const MEASURE_MS = 2000

const HELP = `Usage: npm run bench:stalled -- [options]
  --rounds N         rounds (7)
  --spokes N         spokes that read (20)
  --bytes N          of each broadcast, one every 10 ms (4000)
  --write            put the table into docs/measured/hub.md`

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      spokes: { type: 'string', default: '20' },
      bytes: { type: 'string', default: '4000' },
      write: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  const { rounds, spokes, bytes, ...rest } = values
  return { ...rest, rounds: Number(rounds), spokes: Number(spokes), bytes: Number(bytes) }
}

/** One hub, its spokes, and if wanted one that does not read. */
async function measure({ slowSpoke, isStalled, spokes, bytes }) {
  const endpointOptions = { preset: 'minimal', bindAddress: '127.0.0.1:0' }
  const maxBufferedAmount = slowSpoke === 'wait' ? 64 * MIB : 64 * 1024
  const workers = []
  const start = (...args) => {
    workers.push(new Worker(...args))
    return workers.at(-1)
  }
  try {
    const hub = start('hub-worker.js', JSON.stringify({ endpointOptions, slowSpoke, maxBufferedAmount }))
    const { addr } = await hub.says('address')
    const readers = start('spokes-worker.js', spokes, JSON.stringify(addr))
    await readers.says('ready')
    if (isStalled) {
      const stalled = start('spokes-worker.js', 1, JSON.stringify(addr))
      await stalled.says('ready')
      await stalled.ask('pause')
    }
    await hub.ask('tick', bytes)
    await sleep(WARM_UP_MS)
    const delays = await readers.ask('delays', MEASURE_MS)
    return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), ...(await hub.ask('missed')) }
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()))
  }
}

/** @returns {Promise<Record<string, { alone: object, beside: object }[]>>} of each policy a pair a round */
async function run(options) {
  const pairs = Object.fromEntries(POLICIES.map((slowSpoke) => [slowSpoke, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (const slowSpoke of rotate(POLICIES, round)) {
      const pair = {}
      for (const which of rotate(['alone', 'beside'], round)) {
        pair[which] = await measure({ ...options, slowSpoke, isStalled: which === 'beside' })
      }
      pairs[slowSpoke].push(pair)
    }
    process.stderr.write(`round ${round + 1} of ${options.rounds} done\n`)
  }
  return pairs
}

function render(pairs, { rounds, spokes, bytes }) {
  const rows = POLICIES.map((policy) => {
    const middle = (read) => median(pairs[policy].map(read))
    const figures = [
      middle(({ alone }) => alone.p50),
      middle(({ beside }) => beside.p50),
      middle(({ alone }) => alone.p99),
      middle(({ beside }) => beside.p99),
      middle(({ alone, beside }) => beside.p99 / alone.p99)
    ]
    const { spokes: left, dropped, waiting } = pairs[policy][0].beside
    const becomes = [left === spokes ? 'closed' : 'connected', String(dropped), Math.round(waiting / 1024).toString()]
    return [`'${policy}'`, ...figures.map((figure) => figure.toFixed(2)), ...becomes]
  })
  const head = ['`slowSpoke`', 'p50, ms', 'with it', 'p99, ms', 'with it', 'ratio', 'it is', 'dropped', 'KiB waiting']
  return [
    `A broadcast of ${bytes} bytes every 10 ms to ${spokes} spokes that read, without and with one more that does not. Medians of ${rounds} rounds, of the ratio too; in each round both took turns.`,
    '',
    ...table([head, ...rows])
  ].join('\n')
}

runBench({ help: HELP, readOptions, run, render, document: DOCUMENT, section: 'bench-stalled' })
