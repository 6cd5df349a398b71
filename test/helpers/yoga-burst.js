// SPDX-License-Identifier: MIT
// A hub sends bursts to a GraphQL server, whose client reads them more slowly than they come.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const path = require('node:path')
const { createHub } = require('event-target-iroh')
const { Child } = require('./child')
const { local } = require('./endpoints')
const { subscribe } = require('./sse-client')

const SERVER = path.join(__dirname, 'children/yoga-server.js')

/** As many as may be, in one turn; then the next burst when the spoke has taken most of it. */
async function sendBursts(target, { events, burst }) {
  for (let n = 0; n < events; await target.drained()) {
    for (const end = Math.min(n + burst, events); n < end; n++) {
      target.send({ type: 'tick', id: 'slow', payload: { n, text: 'x'.repeat(60) } })
    }
  }
}

/** Fails unless each event comes, once and in order. */
async function readAll(port, { events, every, restMs }) {
  let expected = 0
  for await (const { tick } of subscribe({ port, room: 'slow', every, restMs })) {
    assert.equal(tick.n, expected++)
    if (expected === events) return
  }
  assert.fail(`the server ended the subscription after ${expected} events`)
}

/**
 * @param {{ events: number, burst: number, every: number, restMs: number }} about the client rests after `every` events
 * @returns {Promise<{ maxHeap: number, ms: number }>} of the server
 */
async function yogaBursts(about) {
  const startedAt = performance.now()
  const hub = await createHub({ endpointOptions: local })
  const server = new Child(SERVER)
  try {
    const arrived = once(hub, 'spoke')
    server.send({ hub: hub.ticket() })
    const [[target], { port }] = await Promise.all([arrived, server.message()])
    const subscribed = once(target, 'subscribed:slow')
    const read = readAll(port, about)
    await Promise.race([subscribed, read])
    await Promise.all([read, sendBursts(target, about)])
    const { maxHeap } = await server.ask('heap')
    return { maxHeap, ms: performance.now() - startedAt }
  } finally {
    server.disconnect()
    await hub.close()
    await server.ended
  }
}

module.exports = { yogaBursts }
