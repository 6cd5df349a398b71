// SPDX-License-Identifier: MIT
// An endpoint that only dials sends nothing anywhere until it dials; creating one waits for nobody.
'use strict'

const assert = require('node:assert/strict')
const http = require('node:http')
const { once } = require('node:events')
const { Endpoint } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../helpers/endpoints')

describe('The start of an endpoint', () => {
  const { create } = useEndpoints()
  const open = []

  afterEach(async () => {
    for (const server of open.splice(0)) await server.close()
  })

  /** A relay, and what came to it. */
  async function openRelay() {
    const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, stunAltPort: 0, quicPort: 0 })
    open.push(relay)
    return { option: { url: relay.url, stunPort: relay.ports.stun }, seen: () => relay.metrics() }
  }

  it('is quiet for one that only dials, until it dials', async () => {
    const [mine, theirs] = [await openRelay(), await openRelay()]
    const asked = []
    const discovery = { resolve: async (nodeId) => void asked.push(nodeId), publish: () => asked.push('published') }
    const client = await create({ relays: [mine.option], discovery: [discovery] })
    // Another one of the same kind goes through all of it meanwhile.
    const server = await create({ relays: [theirs.option], alpns: [alpn] })
    await server.online()
    assert.equal(theirs.seen().clientsAccepted, 1)
    assert.deepEqual([mine.seen().clientsAccepted, mine.seen().stunAnswered, asked], [0, 0, []])

    await client.connect({ nodeId: server.nodeId(), directAddresses: server.addr().directAddresses }, alpn)
    await client.online()
    assert.equal(mine.seen().clientsAccepted, 1)
  })

  it('ends the quiet with online(), and with an ALPN to serve', async () => {
    for (const wake of [(endpoint) => endpoint.online(), (endpoint) => endpoint.setAlpns([alpn])]) {
      const { option, seen } = await openRelay()
      const endpoint = await create({ relays: [option] })
      await wake(endpoint)
      await endpoint.online()
      assert.equal(seen().clientsAccepted, 1)
    }
  })

  it('waits for no relay that does not answer', async () => {
    const silent = http.createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const relays = [{ url: `http://127.0.0.1:${silent.address().port}`, stunPort: 0 }]
    const endpoint = await create({ alpns: [alpn], relays })
    assert.equal(endpoint.addr().relayUrl, undefined)
    assert.equal(endpoint.addr().directAddresses.length, 1)
    await endpoint.close()
    silent.closeAllConnections()
    silent.close()
  })

  it('tells where it is as that becomes known', async () => {
    const { option } = await openRelay()
    const endpoint = await create({ alpns: [alpn], relays: [option] })
    const told = []
    for await (const addr of endpoint.watchAddr()) {
      told.push(addr)
      if (addr.relayUrl !== undefined) break
    }
    assert.deepEqual(told.at(-1), endpoint.addr())
    assert.equal(new Set(told.map((addr) => JSON.stringify(addr))).size, told.length)

    const rest = endpoint.watchAddr()
    assert.deepEqual((await rest.next()).value, endpoint.addr())
    const end = rest.next()
    await endpoint.close()
    assert.equal((await end).done, true)
  })

  it('is over at once for an endpoint that is closed before it dialled', async () => {
    const { option, seen } = await openRelay()
    const endpoint = await Endpoint.createWithOptions({ bindAddress: '127.0.0.1:0', relays: [option], discovery: [] })
    await endpoint.close()
    assert.equal(seen().clientsAccepted, 0)
  })
})
