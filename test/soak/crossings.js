// SPDX-License-Identifier: MIT
// `npm run test:crossings`: the long form of test/hub/crossings.test.js. Arguments: runs, the first seed, how many at a time.
'use strict'

const { spawnSync } = require('node:child_process')
const { runCrossing } = require('../helpers/crossing-model')

/** What a process sends to addresses that have not answered is bounded, too. */
const RUNS_A_PROCESS = 1000

const [runs = 1000, first = Date.now() % 1e9, atATime = 60] = process.argv.slice(2).map(Number)

async function runHere() {
  let next = first
  let failed = 0
  const worker = async () => {
    while (next < first + runs) {
      await runCrossing(next++).catch((error) => {
        failed++
        console.error(error.message)
      })
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return failed
}

function runElsewhere() {
  let failed = 0
  for (let done = 0; done < runs; done += RUNS_A_PROCESS) {
    const args = [__filename, Math.min(RUNS_A_PROCESS, runs - done), first + done, atATime]
    const { status, stdout } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const summary = /(\d+) passed, (\d+) failed/.exec(stdout)
    if (!summary) throw new Error(`a process ended with code ${status} and no summary`)
    failed += Number(summary[2])
  }
  return failed
}

async function main() {
  console.log(`crossings: ${runs} runs from seed ${first}`)
  const started = performance.now()
  const failed = runs > RUNS_A_PROCESS ? runElsewhere() : await runHere()
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
  console.log(`${runs - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

main()
