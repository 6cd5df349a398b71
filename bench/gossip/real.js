// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:gossip-real`: messages from one end of a line of three peers to the other, all three ours or all three
// iroh's own, each a process. Nothing here passes or fails by time.

const { randomBytes } = require('node:crypto')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { build, hasCargo } = require('../../test/interop/rust/cargo.js')
const { runBench } = require('../main')
const { median } = require('../meter')
const { cpuSeconds, residentMb } = require('../relay/process-usage')
const { describeRun, formatFigure, formatRatio, ratioOf, table } = require('../report')
const { rotate } = require('../rounds')
const { startLine } = require('./line')

const CRATE = path.join(__dirname, '..', '..', 'test', 'interop', 'rust-gossip')
const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'measured', 'performance.md')
const SECTION = 'bench-gossip'
const KINDS = { ours: 'event-target-iroh', real: 'iroh-gossip' }

const SIZES = [100, 1000, 4000]
/** Multiples of STEP. */
const USUAL = { rounds: 3, messages: 19_200, warmUp: 1920, single: 300 }
const QUICK = { rounds: 1, messages: 1920, warmUp: 192, single: 20 }
/** On the way at a time: less than the 256 events which iroh's gossip keeps for a subscriber. */
const WINDOW = 192
const STEP = 32
const TIMEOUT_MS = 60_000

const HELP = `Usage: npm run bench:gossip-real -- [options]
  --rounds N     rounds, each with both kinds (${USUAL.rounds})
  --json FILE    every sample
  --write        put the table into docs/measured/performance.md
  --quick        one short round, to see that it works`

/** The median time, in ms, of messages that are alone on the way. */
async function latency({ topic, ends: [left, right] }, messages) {
  const times = []
  for (let i = 0; i < messages; i++) {
    const content = randomBytes(100)
    const before = performance.now()
    left.broadcast(topic, content)
    await right.received(topic, content)
    times.push(performance.now() - before)
  }
  return median(times)
}

/** Sends so many, WINDOW of them on the way at most, and resolves when the last has come. `before` have come already. */
async function flood({ topic, ends: [left, right] }, before, messages, bytes) {
  let [sent, come] = [0, 0]
  while (come < messages) {
    for (; sent < messages && sent - come < WINDOW; sent += STEP) {
      left.tell('flood', { topic, count: STEP, bytes }).catch(() => {}) // it may be killed; then the next line rejects
    }
    come = (await right.counted(topic, before + come + 1)).count - before
  }
}

async function measure(kind, { messages, warmUp, single }) {
  const line = await startLine(kind)
  const { topic, peers } = line
  const late = setTimeout(() => peers.map((peer) => peer.crash()), TIMEOUT_MS)
  try {
    const figures = { 'one message alone, over two hops, ms': await latency(line, single) }
    await Promise.all(peers.map((peer) => peer.tell('count', { topic, every: STEP })))
    let come = 0
    for (const bytes of SIZES) {
      await flood(line, come, warmUp, bytes)
      const [start, cpu] = [performance.now(), peers.map(({ pid }) => cpuSeconds(pid))]
      await flood(line, come + warmUp, messages, bytes)
      const seconds = (performance.now() - start) / 1000
      const used = peers.map(({ pid }, i) => cpuSeconds(pid) - cpu[i])
      come += warmUp + messages
      figures[`${bytes} B, messages/s`] = messages / seconds
      figures[`${bytes} B, CPU of all three a message, µs`] = (used.reduce((a, b) => a + b) / messages) * 1e6
    }
    figures['memory of the middle one, MB'] = residentMb(peers[1].pid)
    return figures
  } finally {
    clearTimeout(late)
    await Promise.all(peers.map((peer) => peer.crash()))
  }
}

function render({ rounds, samples }) {
  const kinds = Object.keys(KINDS)
  const head = ['', ...Object.values(KINDS), `÷ ${KINDS.real}`]
  const rows = Object.keys(samples.ours[0]).map((name) => {
    const [ours, real] = kinds.map((kind) => median(samples[kind].map((figures) => figures[name])))
    const digits = ours < 10 ? 2 : 0
    const lowerIsBetter = !name.endsWith('messages/s')
    return [
      name,
      formatFigure(ours, digits),
      formatFigure(real, digits),
      formatRatio(ratioOf({ lowerIsBetter }, ours, [real]))
    ]
  })
  return [describeRun(rounds), '', ...table([head, ...rows])].join('\n')
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'boolean' },
      quick: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  const settings = values.quick ? QUICK : USUAL
  const rounds = Number(values.rounds ?? settings.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1 on')
  return { ...values, settings, rounds }
}

async function runAll({ rounds, settings }) {
  if (!hasCargo()) throw new Error('there is no cargo to build iroh-gossip')
  build(CRATE, 'release')
  const run = { rounds, samples: { ours: [], real: [] } }
  for (let round = 0; round < rounds; round++) {
    for (const kind of rotate(Object.keys(KINDS), round)) run.samples[kind].push(await measure(kind, settings))
    process.stderr.write(`round ${round + 1} of ${rounds} done\n`)
  }
  return run
}

runBench({ help: HELP, readOptions, run: runAll, render, document: DOCUMENT, section: SECTION })
