// SPDX-License-Identifier: MIT
'use strict'

// Many spokes of one hub. Arguments: how many, and the hub's address as JSON.

const { createSpoke } = require('event-target-iroh')
const { sleep } = require('../meter')
const { answer, clock, say } = require('./workers')

const [count, addr] = [Number(process.argv[2]), JSON.parse(process.argv[3])]
/** A small window: a spoke that does not read is a burden for the hub, and not for the system's buffers. */
const endpointOptions = { preset: 'minimal', bindAddress: '127.0.0.1:0', streamWindow: 64 * 1024 }
/** When each registered last, and when anyone tried. */
const registeredAt = new Array(count).fill(0)
let attempts = []
const spokes = []
/** How long the hub's ticks took, in milliseconds. */
let delays = []

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
  spokes.push(spoke)
  spoke.addEventListener('tick', ({ detail }) => delays.push(clock() - detail.payload.at))
  spoke.addEventListener('connecting', () => attempts.push(clock()))
  spoke.addEventListener('connected', note)
  await note()
}

async function main() {
  for (let index = 0; index < count; index++) await start(index)
  answer({
    /** Resolves when all have registered since then. */
    back: async (since) => {
      while (registeredAt.some((at) => at < since)) await sleep(20)
      const result = { registeredAt, attempts: attempts.filter((at) => at >= since) }
      attempts = []
      return result
    },
    /** The delays of the ticks of so many milliseconds. */
    delays: async (ms) => {
      delays = []
      await sleep(ms)
      return delays
    },
    pause: () => {
      for (const spoke of spokes) spoke.pause()
    }
  })
  say('ready')
}

main()
