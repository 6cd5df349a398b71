// SPDX-License-Identifier: MIT
'use strict'

// Many spokes of one hub. Arguments: how many, and the hub's address as JSON.

const { createSpoke } = require('event-target-iroh')
const { answer, clock, say } = require('./workers')

const [count, addr] = [Number(process.argv[2]), JSON.parse(process.argv[3])]
const endpointOptions = { preset: 'minimal', bindAddress: '127.0.0.1:0' }
/** When each registered last, and when anyone tried. */
const registeredAt = new Array(count).fill(0)
let attempts = []

async function start(index) {
  const spoke = await createSpoke({ hub: addr, endpointOptions, operations: ['spoke.work'] })
  const note = async () => {
    try {
      await spoke.registered
      registeredAt[index] = clock()
    } catch {
      // It is disconnected again, and will be back.
    }
  }
  spoke.addEventListener('connecting', () => attempts.push(clock()))
  spoke.addEventListener('connected', note)
  await note()
}

async function main() {
  for (let index = 0; index < count; index++) await start(index)
  answer({
    /** Resolves when all have registered since then. */
    back: async (since) => {
      while (registeredAt.some((at) => at < since)) await new Promise((resolve) => setTimeout(resolve, 20))
      const result = { registeredAt, attempts: attempts.filter((at) => at >= since) }
      attempts = []
      return result
    }
  })
  say('ready')
}

main()
