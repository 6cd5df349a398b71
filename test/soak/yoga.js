// SPDX-License-Identifier: MIT
// `npm run test:yoga`: a hub's bursts through GraphQL Yoga's server-sent events to a slow client. Arguments: events, events
// in a burst, events after which the client rests, for how many ms.
'use strict'

const { yogaBursts } = require('../helpers/yoga-burst')

const [events = 1_000_000, burst = 20_000, every = 5000, restMs = 50] = process.argv.slice(2).map(Number)

async function main() {
  console.log(`yoga: ${events} events in bursts of ${burst}; the client rests ${restMs} ms after ${every}`)
  const { maxHeap, ms } = await yogaBursts({ events, burst, every, restMs })
  console.log(`each came, once and in order, in ${(ms / 1000).toFixed(1)} s`)
  console.log(`the server held at most ${(maxHeap / 1024 / 1024).toFixed(0)} MiB`)
  console.log('1 passed, 0 failed')
}

main().catch((error) => {
  console.error(error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
})
