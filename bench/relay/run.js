// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:relay`: the same load on our relay server and on iroh's, round by round. Nothing here passes or fails by
// time.

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { runBench } = require('../main')
const { pick, rotate } = require('../rounds')
const { renderRun, summarizeRun } = require('./report')
const { SCENARIOS } = require('./scenarios')
const { SERVERS, prepare } = require('./servers')

const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'measured', 'performance.md')
const SECTION = 'bench-relay'
const LOAD = path.join(__dirname, 'load.js')
const USUAL = { rounds: 5, warmUpMs: 700, measureMs: 1500 }
const QUICK = { rounds: 1, warmUpMs: 300, measureMs: 300 }
const TIMEOUT_MS = 60_000

const HELP = `Usage: npm run bench:relay -- [options]
  --rounds N         rounds, each with every server and scenario (${USUAL.rounds})
  --servers a,b      of: ${Object.keys(SERVERS).join(', ')}
  --scenarios x,y    of: ${Object.keys(SCENARIOS).join(', ')}
  --json FILE        every sample and the medians
  --write            put the table into docs/measured/performance.md
  --quick            one short round, to see that it works`

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      servers: { type: 'string' },
      scenarios: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'boolean' },
      quick: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  const { rounds, ...settings } = values.quick ? QUICK : USUAL
  const options = {
    ...values,
    settings,
    rounds: Number(values.rounds ?? rounds),
    servers: pick(values.servers, Object.keys(SERVERS), 'server'),
    scenarios: pick(values.scenarios, Object.keys(SCENARIOS), 'scenario')
  }
  if (!Number.isInteger(options.rounds) || options.rounds < 1) throw new Error('--rounds takes a number from 1 on')
  return options
}

async function runAll({ servers, scenarios, rounds, settings }) {
  const run = { rounds, servers, scenarios, samples: {}, lost: {} }
  for (let round = 0; round < rounds; round++) {
    for (const scenario of scenarios) {
      for (const server of rotate(servers, round)) keep(run, server, await measure(server, scenario, settings))
    }
    process.stderr.write(`round ${round + 1} of ${rounds} done\n`)
  }
  return run
}

function keep({ samples, lost }, server, result) {
  lost[server] = (lost[server] ?? 0) + result.lost
  samples[server] ??= {}
  for (const [metric, value] of Object.entries(result.figures)) {
    samples[server][metric] ??= []
    samples[server][metric].push(value)
  }
}

/** One measurement: a fresh server and a fresh load generator, both stopped at the end whatever happened. */
async function measure(name, scenario, settings) {
  const server = await SERVERS[name]()
  const about = { url: server.url, pid: server.pid }
  const load = fork(LOAD, [scenario, JSON.stringify(about), JSON.stringify(settings)], { timeout: TIMEOUT_MS })
  const ended = once(load, 'exit')
  try {
    const [message] = await Promise.race([
      once(load, 'message'),
      ended.then(([code, signal]) => [{ error: `the load generator ended (${signal ?? code})` }])
    ])
    if ('error' in message) throw new Error(`${name}, ${scenario}: ${message.error}`)
    await ended
    return message.result
  } finally {
    load.kill()
    await ended
    await server.close()
  }
}

runBench({
  help: HELP,
  readOptions,
  run: (options) => {
    prepare(options.servers)
    return runAll(options)
  },
  render: renderRun,
  inFull: (run) => ({ ...run, summary: summarizeRun(run) }),
  document: DOCUMENT,
  section: SECTION
})
