// SPDX-License-Identifier: MIT
// `npm run test:silence`: the long form of test/resume/silence.test.js. Arguments: runs, the first seed.
'use strict'

const { runSilence } = require('../helpers/silence-model')

const [runs = 1000, first = Date.now() % 1e9] = process.argv.slice(2).map(Number)

async function main() {
  console.log(`silence: ${runs} runs from seed ${first}`)
  const started = performance.now()
  let failed = 0
  for (let seed = first; seed < first + runs; seed++) {
    await runSilence(seed).catch((error) => {
      failed++
      console.error(error.message)
    })
  }
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
  console.log(`${runs - failed} passed, ${failed} failed`)
  process.exit(failed > 0 ? 1 : 0) // timers of connections that are over
}

main()
