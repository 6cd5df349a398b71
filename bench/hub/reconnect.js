// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:reconnect`: a hub with many spokes in several processes is killed and started again with the same key and
// port. Tells when the spokes have registered again, counted from the start of the new process.

const path = require('node:path')
const { parseArgs } = require('node:util')
const { SecretKey } = require('event-target-iroh')
const { runBench } = require('../main')
const { quantile, sleep } = require('../meter')
const { table } = require('../report')
const { Worker, clock } = require('./workers')

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'measured', 'hub.md')
const BUCKET_MS = 250

const HELP = `Usage: npm run bench:reconnect -- [options]
  --spokes N         spokes (500)
  --processes N      processes they are in (5)
  --down a,b,c       milliseconds between the kill and the start (0,1000,5000,20000,40000)
  --write            put the tables into docs/measured/hub.md`

function readOptions() {
  const { values } = parseArgs({
    options: {
      spokes: { type: 'string', default: '500' },
      processes: { type: 'string', default: '5' },
      down: { type: 'string', default: '0,1000,5000,20000,40000' },
      write: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  const { spokes, processes, down, ...rest } = values
  return { ...rest, spokes: Number(spokes), processes: Number(processes), down: down.split(',').map(Number) }
}

/** Kills the hub, starts another and resolves when everybody is back. */
async function breakAndMend(bench, downMs) {
  await bench.hub.kill()
  await sleep(downMs)
  const startedAt = clock()
  bench.hub = new Worker('hub-worker.js', JSON.stringify(bench.hubOptions))
  const { at: listeningAt } = await bench.hub.says('address')
  const [, ...spokes] = await Promise.all([
    bench.hub.ask('registered', bench.count),
    ...bench.spokes.map((worker) => worker.ask('back', startedAt))
  ])
  return {
    downMs,
    listening: listeningAt - startedAt,
    registered: spokes.flatMap(({ registeredAt }) => registeredAt).map((at) => at - startedAt),
    attempts: spokes.flatMap(({ attempts }) => attempts).map((at) => at - startedAt)
  }
}

async function run({ spokes, processes, down }) {
  const hubOptions = { endpointOptions: { preset: 'minimal', secretKey: SecretKey.generate().toHex() } }
  hubOptions.endpointOptions.bindAddress = '127.0.0.1:0'
  const bench = { hubOptions, hub: new Worker('hub-worker.js', JSON.stringify(hubOptions)), spokes: [], count: spokes }
  try {
    const { addr } = await bench.hub.says('address')
    hubOptions.endpointOptions.bindAddress = addr.directAddresses[0]
    const share = (index) => Math.floor((spokes * (index + 1)) / processes) - Math.floor((spokes * index) / processes)
    for (let index = 0; index < processes; index++) {
      bench.spokes.push(new Worker('spokes-worker.js', share(index), JSON.stringify(addr)))
    }
    await Promise.all(bench.spokes.map((worker) => worker.says('ready')))
    const results = []
    for (const downMs of down) {
      results.push(await breakAndMend(bench, downMs))
      process.stderr.write(`down for ${downMs} ms: done\n`)
      await sleep(3000)
    }
    return results
  } finally {
    await Promise.all([bench.hub, ...bench.spokes].map((worker) => worker.kill()))
  }
}

/** How many of the times fall into each bucket, from 0 on. */
function histogram(times) {
  const counts = new Array(1 + Math.floor(Math.max(...times) / BUCKET_MS)).fill(0)
  for (const time of times) counts[Math.floor(time / BUCKET_MS)]++
  return counts
}

function render(results, { spokes, processes }) {
  const ms = (value) => Math.round(value).toLocaleString('en')
  const summary = results.map(({ downMs, listening, registered, attempts }) => [
    ms(downMs),
    ms(listening),
    ...[0.5, 0.9, 0.99, 1].map((q) => ms(quantile(registered, q))),
    (attempts.length / registered.length).toFixed(2)
  ])
  const spread = results.map(({ downMs, registered }) => [ms(downMs), histogram(registered).join(' ')])
  const head = ['down, ms', 'listening', 'half', '90 %', '99 %', 'all', 'attempts a spoke']
  return [
    `${spokes} spokes in ${processes} processes, one host. Milliseconds after the start of the new hub's process until it listens, and until so many spokes have registered again.`,
    '',
    ...table([head, ...summary]),
    '',
    `How many registered in each ${BUCKET_MS} ms after the start:`,
    '',
    ...table([['down, ms', 'spokes'], ...spread])
  ].join('\n')
}

runBench({ help: HELP, readOptions, run, render, document: DOCUMENT, section: 'bench-reconnect' })
