// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { local } = require('../helpers/endpoints.js')
const { createHub } = require('event-target-iroh')
const { MixedEvents } = require('../helpers/mixed-events.js')
const { useChildren } = require('../helpers/child.js')

describe('100,000 events of mixed size', () => {
  const startChild = useChildren()

  it('arrive whole and in order while both sides send', async function () {
    this.timeout(120000)
    const count = process.env.IROH_SLOW_BUILD ? 10000 : 100000
    const hub = await createHub({ endpointOptions: local, alpn: 'bulk/1' })
    const arrived = new Promise((resolve) => hub.on('spoke', resolve))
    const child = startChild(path.join(__dirname, '../helpers/children/bulk-spoke.js'))
    child.send({ hub: hub.endpoint.addr(), count })
    const target = await arrived

    const mine = new MixedEvents(1, count)
    const theirs = new MixedEvents(2, count)
    await Promise.all([theirs.receive(target), mine.send(target)])
    assert.deepEqual(await child.message(), { received: count })
    child.disconnect()
    assert.deepEqual([(await child.ended).code, child.output], [0, ''])
    await hub.close()
  })
})
