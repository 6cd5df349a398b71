// SPDX-License-Identifier: MIT
// `npm run test:resume`: the long form of test/resume/soak.test.js. Arguments: events each way, cuts, milliseconds at most
// between two cuts, seed.
'use strict'

const { soak } = require('../helpers/resume-soak')

const [events = 200_000, cuts = 100, intervalMs = 500, seed = Date.now() % 1e9] = process.argv.slice(2).map(Number)

const MIB = 1024 * 1024
const inMiB = (bytes) => `${(bytes / MIB).toFixed(1)} MiB`

async function main() {
  const kills = [0.35, 0.55, 0.75].map((share) => Math.round(cuts * share))
  console.log(`resume: ${events} events each way, ${cuts} cuts, seed ${seed}`)
  const { ms, peaks, ...counts } = await soak({ events, cuts, kills, intervalMs, seed })
  console.log(`each dispatched exactly once and in order, in ${(ms / 1000).toFixed(1)} s`)
  console.log(JSON.stringify(counts))
  for (const [name, { maxRss, maxReplaySize }] of Object.entries(peaks))
    console.log(`${name}: at most ${inMiB(maxRss)} resident, ${inMiB(maxReplaySize)} unacknowledged`)
  console.log('1 passed, 0 failed')
}

main().catch((error) => {
  console.error(error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
})
