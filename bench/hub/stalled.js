// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:stalled`: how long a hub's broadcasts take to the spokes that read, with and without one beside them that
// does not. Both hubs run in every round, one after the other; which one begins changes.

const path = require('node:path')
const { parseArgs } = require('node:util')
const { median, quantile, sleep } = require('../meter')
const { table, writeIntoDocument } = require('../report')
const { rotate } = require('../rounds')
const { Worker } = require('./workers')

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'hub.md')
const POLICIES = ['wait', 'disconnect', 'drop-oldest']
const MIB = 1024 * 1024
const WARM_UP_MS = 1000
const MEASURE_MS = 2000

const HELP = `Usage: npm run bench:stalled -- [options]
  --rounds N         rounds (5)
  --spokes N         spokes that read (20)
  --bytes N          of each broadcast, one every 10 ms (4000)
  --write            put the table into docs/hub.md`

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
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

async function run(options) {
  const cases = POLICIES.flatMap((slowSpoke) => [
    { slowSpoke, isStalled: false },
    { slowSpoke, isStalled: true }
  ])
  const samples = new Map(cases.map((one) => [one, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (const one of rotate(cases, round)) samples.get(one).push(await measure({ ...one, ...options }))
    process.stderr.write(`round ${round + 1} of ${options.rounds} done\n`)
  }
  return samples
}

function render(samples, { rounds, spokes, bytes }) {
  const rows = POLICIES.map((policy) => {
    const of = (isStalled) => [...samples].find(([one]) => one.slowSpoke === policy && one.isStalled === isStalled)[1]
    const middle = (isStalled, name) => median(of(isStalled).map((sample) => sample[name]))
    const [alone, beside] = [middle(false, 'p99'), middle(true, 'p99')]
    const figures = [middle(false, 'p50'), middle(true, 'p50'), alone, beside, beside / alone]
    const [{ spokes: left, dropped, waiting }] = of(true)
    const becomes = [left === spokes ? 'closed' : 'connected', String(dropped), Math.round(waiting / 1024).toString()]
    return [`'${policy}'`, ...figures.map((figure) => figure.toFixed(2)), ...becomes]
  })
  const head = [
    '`slowSpoke`',
    'p50, ms',
    'beside it',
    'p99, ms',
    'beside it',
    'ratio',
    'it is',
    'dropped',
    'KiB waiting'
  ]
  return [
    `A broadcast of ${bytes} bytes every 10 ms to ${spokes} spokes that read, without and beside one that does not. Medians of ${rounds} rounds in which both took turns.`,
    '',
    ...table([head, ...rows])
  ].join('\n')
}

async function main() {
  const options = readOptions()
  if (options.help) return console.log(HELP)
  const rendered = render(await run(options), options)
  console.log(rendered)
  if (options.write) writeIntoDocument(DOCUMENT, rendered, 'bench-stalled')
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
