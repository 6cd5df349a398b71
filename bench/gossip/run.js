// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:gossip`: gossip in a simulator, the same figures on every machine. Nothing here is real time.

const { execFile, execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs, promisify } = require('node:util')
const { writeIntoDocument } = require('../report')
const { pick } = require('../rounds')
const { CASES, SEEDS, argumentsOf } = require('./cases')
const { drawChart } = require('./chart')
const { renderTables } = require('./tables')

const ROOT = path.join(__dirname, '..', '..')
const SIMULATOR = path.join(ROOT, 'build', 'native', 'gcc-plain', 'gossip-sim')
const DOCUMENT = path.join(ROOT, 'docs', 'measured', 'gossip-simulation.md')
const CHART = path.join(ROOT, 'docs', 'measured', 'gossip-simulation.svg')
const run = promisify(execFile)

const HELP = `Usage: npm run bench:gossip -- [options]
  --cases a,b        of: ${CASES.map(({ id }) => id).join(', ')}
  --seeds N          of each case, at most ${SEEDS.length} (${SEEDS.length})
  --json FILE        every figure
  --write            put the tables into docs/measured/gossip-simulation.md, and draw docs/measured/gossip-simulation.svg`

function readOptions() {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string' },
      seeds: { type: 'string', default: String(SEEDS.length) },
      json: { type: 'string' },
      write: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  const ids = CASES.map(({ id }) => id)
  return { ...values, seeds: Number(values.seeds), cases: pick(values.cases, ids, 'case') }
}

/** Runs every case with every seed, as many at a time as there are processors. */
async function simulate({ cases, seeds }) {
  const jobs = CASES.filter(({ id }) => cases.includes(id)).flatMap((entry) =>
    SEEDS.slice(0, Math.min(seeds, entry.seeds ?? SEEDS.length)).map((seed, index) => ({ entry, seed, index }))
  )
  const results = {}
  const work = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { entry, seed, index } = job
      const { stdout } = await run(SIMULATOR, argumentsOf(entry, seed))
      results[entry.id] ??= []
      results[entry.id][index] = JSON.parse(stdout)
    }
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, work))
  return results
}

async function main() {
  const options = readOptions()
  if (options.help) return console.log(HELP)
  execFileSync('make', ['-s', '-C', path.join(ROOT, 'test', 'native'), 'CC=gcc', 'gossip-sim'], { stdio: 'inherit' })
  const results = await simulate(options)
  const rendered = renderTables(results)
  console.log(rendered)
  if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  if (!options.write) return
  writeIntoDocument(DOCUMENT, `\n${rendered}\n`, 'bench-gossip')
  fs.writeFileSync(CHART, drawChart(results))
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
