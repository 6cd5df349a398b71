// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { createHub } = require('event-target-iroh')
const { useChildren } = require('./helpers/child.js')
const { local } = require('./helpers/endpoints.js')

describe('a reader that pauses 5 s', () => {
  const startChild = useChildren()

  it('bounds what the sender buffers, and then gets everything in order', async function () {
    this.timeout(60000)
    const hub = await createHub({ endpointOptions: local, alpn: 'slow/1' })
    const arrived = new Promise((resolve) => hub.on('spoke', resolve))
    const child = startChild(path.join(__dirname, 'helpers/children/slow-spoke.js'))
    child.send({ hub: hub.endpoint.addr(), pauseMs: 5000 })
    const target = await arrived
    assert.equal(await child.message(), 'pausing')

    const payload = 'x'.repeat(10000)
    const limit = 1 << 20
    const startedAt = performance.now()
    const rssBefore = process.memoryUsage().rss
    let highest = 0
    let sent = 0
    while (performance.now() - startedAt < 4000 && sent < 5000) {
      target.send({ type: 'item', payload: { index: sent++, payload } })
      highest = Math.max(highest, target.bufferedAmount)
      if (target.bufferedAmount < limit) continue
      const left = 6000 - (performance.now() - startedAt)
      assert.ok(left > 0)
      await target.drained()
      break
    }
    const waited = performance.now() - startedAt
    const grown = process.memoryUsage().rss - rssBefore
    assert.ok(waited > 3000, `drained() came after ${waited} ms although nothing was read`)
    assert.ok(highest < limit + 100000, `${highest} bytes were buffered`)
    assert.ok(grown < 64 << 20, `the process grew by ${grown} bytes`)

    target.send({ type: 'last', payload: sent })
    assert.deepEqual(await child.message(), { received: sent, inOrder: true })
    child.disconnect()
    assert.equal((await child.ended).code, 0)
    await hub.close()
  })
})
