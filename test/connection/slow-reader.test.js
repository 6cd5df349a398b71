// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { createHub } = require('event-target-iroh')
const { useChildren } = require('../helpers/child.js')
const { local, useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')

const payload = 'x'.repeat(10000)
const limit = 4 << 20

/** Sends as a program should: as much as `limit` allows, waiting for drained() beyond. Returns what it saw. */
async function sendWithin(target, count) {
  const seen = { highest: 0, longestWaitMs: 0 }
  for (let index = 0; index < count; index++) {
    target.send({ type: 'item', payload: { index, payload } })
    seen.highest = Math.max(seen.highest, target.bufferedAmount)
    if (target.bufferedAmount < limit) continue
    const startedAt = performance.now()
    await target.drained()
    seen.longestWaitMs = Math.max(seen.longestWaitMs, performance.now() - startedAt)
  }
  target.send({ type: 'last' })
  return seen
}

describe('a slow reader', () => {
  const startChild = useChildren()
  const { targets } = useEndpoints()

  it('that stands still for 5 s bounds what the sender holds, and then gets everything in order', async () => {
    const hub = await createHub({ endpointOptions: local, alpn: 'slow/1' })
    const arrived = new Promise((resolve) => hub.on('spoke', resolve))
    const child = startChild(path.join(__dirname, '../helpers/children/slow-spoke.js'))
    child.send({ hub: hub.endpoint.addr(), pauseMs: 5000 })
    const target = await arrived

    const rssBefore = process.memoryUsage().rss
    const count = 3000
    const { highest, longestWaitMs } = await sendWithin(target, count)
    const grown = process.memoryUsage().rss - rssBefore
    assert.ok(longestWaitMs > 3000, `drained() came after ${longestWaitMs} ms although nothing was read`)
    assert.ok(highest < limit + 2 * payload.length, `${highest} bytes were buffered`)
    assert.ok(grown < 100 << 20, `the process grew by ${grown} bytes`)

    assert.deepEqual(await child.message(), { received: count, inOrder: true })
    child.disconnect()
    assert.equal((await child.ended).code, 0)
    await hub.close()
  })

  it('that calls pause() holds the sender until it calls resume()', async () => {
    const { hub, spoke } = await targets()
    let received = 0
    hub.addEventListener('item', () => received++)
    const all = new Promise((resolve) => hub.addEventListener('last', resolve))
    hub.pause()
    const sending = sendWithin(spoke, 1000)
    // The stream's first window, 512 KiB, leaves; the rest stays here.
    await until(() => spoke.bufferedAmount < limit - (1 << 17))
    assert.ok(spoke.bufferedAmount > 1 << 20)
    assert.equal(received, 0)
    hub.resume()
    await Promise.all([sending, all])
    assert.equal(received, 1000)
  })

  it('that is paused when the peer closes still gets what was acknowledged', async () => {
    const { hub, spoke, dialled } = await targets()
    let received = 0
    hub.addEventListener('item', () => received++)
    hub.pause()
    for (let n = 0; n < 1000; n++) spoke.send({ type: 'item', payload: n })
    await spoke.close()
    dialled.close()
    await hub.connection.closed()
    assert.equal(received, 0)
    hub.resume()
    await hub.closed
    assert.equal(received, 1000)
  })

  it('that never reads makes send() throw ERR_IROH_BUFFER_FULL at maxBufferedAmount', async () => {
    const { hub, spoke } = await targets({ maxBufferedAmount: 1 << 20 })
    hub.pause()
    const error = (() => {
      for (;;) {
        try {
          spoke.send({ type: 'item', payload })
        } catch (thrown) {
          return thrown
        }
      }
    })()
    assert.equal(error.code, 'ERR_IROH_BUFFER_FULL')
    assert.ok(spoke.bufferedAmount <= 1 << 20)
    hub.resume()
    await spoke.drained()
    spoke.send({ type: 'item' })
  })
})
