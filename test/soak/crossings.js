// SPDX-License-Identifier: MIT
// `npm run test:crossings`: the long form of test/crossings.test.js. Arguments: runs, the first seed, how many at a time.
'use strict'

const { runCrossing } = require('../helpers/crossing-model')

const [runs = 1000, first = Date.now() % 1e9, atATime = 60] = process.argv.slice(2).map(Number)

async function main() {
  console.log(`crossings: ${runs} runs from seed ${first}`)
  const started = performance.now()
  let next = first
  let failed = 0
  const worker = async () => {
    while (next < first + runs) {
      const seed = next++
      await runCrossing(seed).catch((error) => {
        failed++
        console.error(error.message)
      })
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
  console.log(`${runs - failed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
}

main()
