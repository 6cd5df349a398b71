// SPDX-License-Identifier: MIT
'use strict'

const { envelopesOf, EVENT_NAME } = require('../envelope')
const { nextTurn, sleep } = require('../meter')

const BYTES = 100
const BUSY = 50
const BUSY_EVENTS = 2000
const PER_TURN = 100
const IDLE = 1000
const AT_ONCE = 10
const SETTLE_MS = 200

/**
 * What the hub's resident memory grows by per connection that has said one thing and is idle now. Before that, some busy
 * connections make it a hub that has worked: code is loaded and the heap has its size. The hub answers when it has
 * looked, so that the spoke goes on only then.
 */
async function hub(peer) {
  const envelope = envelopesOf(BYTES)
  const connections = []
  let events = 0
  let before
  let resolveResult
  const result = new Promise((resolve) => {
    resolveResult = resolve
  })

  async function count(connection) {
    events++
    if (events === BUSY * BUSY_EVENTS) {
      before = await residentKilobytes()
      connection.send(envelope(0))
    } else if (events === BUSY * BUSY_EVENTS + IDLE) {
      const after = await residentKilobytes()
      resolveResult({ kilobytes: (after - before) / IDLE })
      connection.send(envelope(0))
    }
  }

  const address = await peer.listen((connection) => {
    connections.push(connection)
    connection.target.addEventListener(EVENT_NAME, () => count(connection))
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

  /** Opens connections that send `events` each, and waits for the hub's answer. */
  function connectAll(connections, events) {
    return new Promise((resolve, reject) => {
      let left = connections
      async function lane() {
        while (left > 0) {
          left--
          const connection = await peer.connect(address)
          open.push(connection)
          connection.target.addEventListener(EVENT_NAME, resolve)
          await send(connection, events)
        }
      }
      Promise.all(Array.from({ length: AT_ONCE }, lane)).catch(reject)
    })
  }

  async function send(connection, events) {
    for (let n = 0; n < events; n++) {
      connection.send(envelope(n))
      if (n % PER_TURN === PER_TURN - 1) await nextTurn()
    }
  }

  await connectAll(BUSY, BUSY_EVENTS)
  await connectAll(IDLE, 1)
  return null
}

module.exports = {
  metrics: [{ name: 'memory', title: 'Hub memory per idle connection', unit: 'KB', digits: 1, lowerIsBetter: true }],
  hub,
  spoke,
  summarize: ({ kilobytes }) => ({ memory: kilobytes })
}
