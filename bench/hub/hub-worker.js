// SPDX-License-Identifier: MIT
'use strict'

// A hub. Arguments: options of createHub() as JSON.

const { createHub } = require('event-target-iroh')
const { answer, clock, say } = require('./workers')

/** What it broadcasts at a steady pace while it is measured. */
const TICK_MS = 10

async function main() {
  const hub = await createHub({ ...JSON.parse(process.argv[2]), operations: ['hub.work'] })
  const registered = new Set()
  let wanted = Number.POSITIVE_INFINITY
  let ticking = null
  hub.on('spoke', async (target) => {
    await target.registered.catch(() => {})
    registered.add(target.remoteNodeId)
    if (registered.size === wanted) say('registered', clock())
  })
  answer({
    registered: (count) => {
      wanted = count
      return new Promise((resolve) => {
        if (registered.size === count) resolve(clock())
        else hub.on('spoke', () => setImmediate(() => registered.size === count && resolve(clock())))
      })
    },
    tick: ({ bytes }) => {
      const payload = { at: 0, text: 'x'.repeat(bytes) }
      clearInterval(ticking)
      ticking = setInterval(() => {
        payload.at = clock()
        hub.broadcast({ type: 'tick', payload })
      }, TICK_MS)
    },
    stats: () => [...hub.spokes.values()].map((target) => target.stats())
  })
  say('address', { addr: hub.addr(), at: clock() })
}

main()
