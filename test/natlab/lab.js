// SPDX-License-Identifier: MIT
// The NAT lab: npm run test:natlab -- [--repeat N] [--jobs N] [--only REGEXP] [--minutes N] [--write]
// Needs root, ip and nft; says so and ends well where it has not got them.
'use strict'

const { parseArgs } = require('node:util')
const { checkNats } = require('./nat-check.js')
const { theory } = require('./expectations.js')
const { runMatrix } = require('./matrix.js')
const { checkNetReports } = require('./net-report-check.js')
const { writeReport } = require('./report.js')
const { missing, removeAll, removeLeftovers } = require('./topology.js')

const SCENARIOS = [
  'paths-cut',
  'idle',
  'address-change',
  'acceptor-moves',
  'flap',
  'loss',
  'narrow',
  'by-node-id',
  'gossip',
  'out-of-reach',
  'dead-name-server'
]

let passed = 0
let failed = 0

function tell(name, faults, about) {
  if (faults.length === 0) passed++
  else failed++
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${[...faults, about].filter(Boolean).join('; ')}`)
}

function tellRow({ pair, runs, direct, directMs, firstEventMs, probes, faults }) {
  const path = direct > 0 ? `direct ${direct}/${runs} after ${directMs} ms` : 'relayed'
  const expected = theory(pair) === 'direct' ? '' : ` (theory: ${theory(pair)})`
  tell(pair, faults, `${path}${expected}, first event after ${firstEventMs} ms, ${probes} probes`)
}

async function runScenario(name, options) {
  const { title, run } = require(`./scenarios/${name}.js`)
  const { faults, about } = await run(options).catch((error) => ({ faults: [error.message] }))
  tell(title, faults, about)
  return { title, faults, about }
}

async function main() {
  const { values } = parseArgs({
    options: {
      repeat: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '4' },
      only: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false }
    }
  })
  const only = values.only === undefined ? undefined : new RegExp(values.only)
  removeLeftovers()
  if (!only) for (const { name, faults, about } of await checkNats()) tell(name, faults, about)
  await checkNetReports(only, ({ name, faults, about }) => tell(name, faults, about))
  const rows = await runMatrix({ repeat: Number(values.repeat), jobs: Number(values.jobs), only }, tellRow)
  const scenarios = []
  for (const name of SCENARIOS)
    if (!only || only.test(name)) scenarios.push(await runScenario(name, { minutes: Number(values.minutes) }))
  if (values.write && !only) writeReport(rows, scenarios)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

const reason = missing()
if (reason) {
  console.log(`natlab: skipped, it needs root, network namespaces, iproute2 and nftables: ${reason}`)
} else {
  process.on('exit', removeAll)
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1]
  ]) {
    process.on(signal, () => process.exit(128 + number))
  }
  main().then((code) => process.exit(code))
}
