// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent } = require('../helpers/events.js')

describe('IPv6', () => {
  const { connect, create, targets } = useEndpoints()
  const v6 = { bindAddress: '[::1]:0' }

  it('carries events over [::1]', async () => {
    const { hub, spoke, dialled } = await targets({}, v6, v6)
    assert.match(dialled.paths()[0].remoteAddress, /^\[::1\]:\d+$/)
    const arrived = nextEvent(hub, 'hello')
    spoke.send({ type: 'hello' })
    await arrived
  })

  it('and IPv4 serve one endpoint at a time', async () => {
    const server = await create({ alpns: [alpn], bindAddress: ['127.0.0.1:0', '[::1]:0'] })
    const [four, six] = [await create(), await create(v6)]
    for (const client of [four, six]) {
      const [accepted] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
      assert.equal(accepted.remoteNodeId(), client.nodeId())
    }
  })

  it('is tried beside IPv4, and what answers is used', async () => {
    const both = { bindAddress: ['127.0.0.1:0', '[::1]:0'] }
    const onlySix = (server) => {
      const { nodeId, directAddresses } = server.addr()
      const dead = server.boundAddresses()[0].replace(/^127\.0\.0\.1/, '127.0.0.2')
      return { nodeId, directAddresses: [dead, ...directAddresses.filter((address) => address.startsWith('['))] }
    }
    const { dialled } = await connect(both, both, onlySix)
    assert.match(dialled.paths()[0].remoteAddress, /^\[::1\]/)
  })
})
