// SPDX-License-Identifier: MIT
'use strict'

// A hub. Arguments: options of createHub() as JSON.

const { createHub } = require('event-target-iroh')
const { sleep } = require('../meter')
const { answer, clock, say } = require('./workers')

/** What it broadcasts at a steady pace while it is measured. */
const TICK_MS = 10

/** Broadcasts so many bytes, at a steady pace. */
function broadcastOften(hub, bytes) {
  const payload = { at: 0, text: 'x'.repeat(bytes) }
  return setInterval(() => {
    payload.at = clock()
    hub.broadcast({ type: 'tick', payload })
  }, TICK_MS)
}

async function main() {
  const hub = await createHub({ ...JSON.parse(process.argv[2]), operations: ['hub.work'] })
  const registered = new Set()
  hub.on('spoke', async (target) => {
    await target.registered.catch(() => {})
    registered.add(target.remoteNodeId)
  })
  answer({
    /** Resolves when so many spokes have registered. */
    registered: async (count) => {
      while (registered.size < count) await sleep(20)
    },
    tick: (bytes) => void broadcastOften(hub, bytes),
    /** How much the spokes there are have missed, and what waits for them, in bytes. */
    missed: () => {
      const stats = [...hub.spokes.values()].map((target) => target.stats())
      const sum = (name) => stats.reduce((total, one) => total + one[name], 0)
      return { spokes: stats.length, dropped: sum('dropped'), waiting: sum('bufferedAmount') }
    }
  })
  say('address', { addr: hub.addr(), at: clock() })
}

main()
