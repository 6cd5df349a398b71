// SPDX-License-Identifier: MIT
'use strict'

const { envelopesOf, EVENT_NAME } = require('../envelope')
const { sleep } = require('../meter')

const BYTES = 100
const WARM_UP = 50
const CONNECTIONS = 1000
const AT_ONCE = 10
const SETTLE_MS = 200

/**
 * What the hub's resident memory grows by per connection that has said one thing and is idle now. The first connections
 * pay for code and pools and are not counted. The hub answers when it has looked, so that the spoke goes on only then.
 */
async function hub(peer) {
  const envelope = envelopesOf(BYTES)
  let greeted = 0
  let before
  let resolveResult
  const result = new Promise((resolve) => {
    resolveResult = resolve
  })

  async function greet(connection) {
    greeted++
    if (greeted === WARM_UP) {
      before = await residentKilobytes()
      connection.send(envelope(0))
    } else if (greeted === WARM_UP + CONNECTIONS) {
      const after = await residentKilobytes()
      resolveResult({ kilobytes: (after - before) / CONNECTIONS })
      connection.send(envelope(0))
    }
  }

  const address = await peer.listen((connection) => {
    connection.target.addEventListener(EVENT_NAME, () => greet(connection))
  })
  return { address, finished: () => result }
}

async function residentKilobytes() {
  await sleep(SETTLE_MS)
  globalThis.gc()
  globalThis.gc()
  await sleep(SETTLE_MS)
  return process.memoryUsage.rss() / 1024
}

async function spoke(peer, address) {
  const envelope = envelopesOf(BYTES)
  const open = []
  let begun = 0

  async function greetUntil(count, onAnswer) {
    while (begun < count) {
      begun++
      const connection = await peer.connect(address)
      open.push(connection)
      connection.target.addEventListener(EVENT_NAME, onAnswer)
      connection.send(envelope(0))
    }
  }

  for (const count of [WARM_UP, WARM_UP + CONNECTIONS]) {
    await new Promise((resolve, reject) => {
      const lanes = Array.from({ length: AT_ONCE }, () => greetUntil(count, resolve))
      Promise.all(lanes).catch(reject)
    })
  }
  return null
}

module.exports = {
  metrics: [{ name: 'memory', title: 'Hub memory per idle connection', unit: 'KB', digits: 1, lowerIsBetter: true }],
  hub,
  spoke,
  summarize: ({ kilobytes }) => ({ memory: kilobytes })
}
