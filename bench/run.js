// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench`: every peer does the same work, in the same run, round by round. Nothing here passes or fails by time.

const path = require('node:path')
const { parseArgs } = require('node:util')
const { runBench } = require('./main')
const { measure } = require('./pair')
const { PEERS } = require('./peers')
const { renderRun, summarizeRun } = require('./report')
const { pick, rotate } = require('./rounds')
const { SCENARIOS } = require('./scenarios')

const DOCUMENT = path.join(__dirname, '..', 'docs', 'measured', 'performance.md')
const USUAL = { rounds: 5, warmUpMs: 500, measureMs: 700 }
const USUAL_PEERS = Object.keys(PEERS).filter((name) => !PEERS[name].aside)
const FAILURES_TO_GIVE_UP = 2
const QUICK = { rounds: 1, warmUpMs: 300, measureMs: 300 }

const HELP = `Usage: npm run bench -- [options]
  --rounds N         rounds, each with every peer and scenario (${USUAL.rounds})
  --peers a,b        of: ${Object.keys(PEERS).join(', ')}
  --scenarios x,y    of: ${Object.keys(SCENARIOS).join(', ')}
  --json FILE        every sample and the medians
  --write            put the table into docs/measured/performance.md
  --quick            one short round, to see that it works`

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string' },
      peers: { type: 'string' },
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
    peers: pick(values.peers ?? USUAL_PEERS.join(), Object.keys(PEERS), 'peer'),
    scenarios: pick(values.scenarios, Object.keys(SCENARIOS), 'scenario')
  }
  if (!Number.isInteger(options.rounds) || options.rounds < 1) throw new Error('--rounds takes a number from 1 on')
  return options
}

async function runAll({ peers, scenarios, rounds, settings }) {
  const run = { rounds, peers, scenarios, samples: {}, failures: [] }
  for (let round = 0; round < rounds; round++) {
    for (const scenario of scenarios) {
      for (const peer of rotate(peers, round)) {
        if (applies(run, peer, scenario)) await measureInto(run, peer, scenario, settings)
      }
    }
    process.stderr.write(`round ${round + 1} of ${rounds} done\n`)
  }
  return run
}

/** Whether a peer has this scenario at all, and has not failed it so often that trying again only takes time. */
function applies({ failures }, peer, scenario) {
  const failed = failures.filter((failure) => failure.peer === peer && failure.scenario === scenario)
  return failed.length < FAILURES_TO_GIVE_UP && (PEERS[peer].scenarios?.includes(scenario) ?? true)
}

async function measureInto(run, peer, scenario, settings) {
  try {
    const figures = await measure(peer, scenario, settings)
    for (const [metric, value] of Object.entries(figures)) {
      run.samples[peer] ??= {}
      run.samples[peer][metric] ??= []
      run.samples[peer][metric].push(value)
    }
  } catch (error) {
    run.failures.push({ peer, scenario, reason: error.message })
    process.stderr.write(`${peer}, ${scenario}: ${error.message}\n`)
  }
}

runBench({
  help: HELP,
  readOptions,
  run: runAll,
  render: renderRun,
  inFull: (run) => ({ ...run, summary: summarizeRun(run) }),
  document: DOCUMENT
})
