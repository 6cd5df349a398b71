// SPDX-License-Identifier: MIT
'use strict'

const { median } = require('../meter')

const WARM_UP = 20
const CONNECTIONS = 100

/** New connections one after another, from call to usable, between endpoints that exist; all of them stay open. */
async function hub(peer) {
  const address = await peer.listen(() => {})
  return { address, finished: async () => null }
}

async function spoke(peer, address) {
  const times = []
  const open = []
  for (let i = 0; i < WARM_UP + CONNECTIONS; i++) {
    const start = performance.now()
    open.push(await peer.connect(address))
    if (i >= WARM_UP) times.push(performance.now() - start)
  }
  return { ms: median(times) }
}

module.exports = {
  metrics: [{ name: 'connect', title: 'Connect', unit: 'ms', digits: 2, lowerIsBetter: true }],
  hub,
  spoke,
  summarize: (_hub, { ms }) => ({ connect: ms })
}
