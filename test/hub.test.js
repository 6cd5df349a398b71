// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { CloseCode, createHub, createSpoke, SecretKey } = require('event-target-iroh')
const { local, useEndpoints } = require('./helpers/endpoints.js')
const { nextEvent } = require('./helpers/events.js')

describe('Hub', () => {
  const { create } = useEndpoints()
  const hubs = new Set()

  afterEach(async () => {
    await Promise.all([...hubs].map((hub) => hub.close()))
    hubs.clear()
  })

  async function startHub(options) {
    const hub = await createHub({ endpointOptions: local, ...options })
    hubs.add(hub)
    return hub
  }

  const dial = (hub, options) => createSpoke({ hub: hub.addr(), endpointOptions: local, ...options })

  describe('#spokes', () => {
    it('has one target a NodeId: a newer connection takes the place of the older', async () => {
      const hub = await startHub()
      const endpointOptions = { ...local, secretKey: SecretKey.generate() }
      const [older] = await Promise.all([dial(hub, { endpointOptions }), once(hub, 'spoke')])
      const [newer] = await Promise.all([dial(hub, { endpointOptions }), once(hub, 'spoke')])
      const { kind, code } = await older.connection.closed()
      assert.deepEqual([kind, code], ['application-closed', CloseCode.REPLACED])
      assert.equal(hub.spokes.size, 1)
      const arrived = nextEvent(newer, 'hello')
      hub.send(newer.nodeId(), { type: 'hello' })
      await arrived
      await newer.close()
    })
  })

  describe('#send', () => {
    it('throws ERR_IROH_CLOSED for a NodeId that is not connected', async () => {
      const hub = await startHub()
      const nodeId = SecretKey.generate().nodeId()
      assert.throws(() => hub.send(nodeId, { type: 'hello' }), { code: 'ERR_IROH_CLOSED', peer: nodeId })
    })
  })

  describe('#dial', () => {
    it('makes a spoke of another hub', async () => {
      const [near, far] = [await startHub(), await startHub()]
      const [[there], here] = await Promise.all([once(far, 'spoke'), near.dial(far.addr())])
      assert.equal(near.spokes.get(far.nodeId()), here)
      const arrived = nextEvent(there, 'hello')
      near.broadcast({ type: 'hello' })
      await arrived
    })
  })

  describe('#close', () => {
    it('leaves an endpoint that it was given open', async () => {
      const endpoint = await create()
      const hub = await startHub({ endpoint, endpointOptions: undefined })
      await hub.close()
      assert.equal(endpoint.isClosed(), false)
      assert.ok(endpoint.boundAddresses().length > 0)
    })
  })

  it('closes a connection that opens no event stream in time', async () => {
    const hub = await startHub({ streamTimeoutMs: 100 })
    const client = await create()
    const connection = await client.connect(hub.addr(), 'alkhub/1')
    const { kind, code } = await connection.closed()
    assert.deepEqual([kind, code], ['application-closed', CloseCode.NO_STREAM])
  })

  it('leaves connections of other protocols to whoever accepts them', async () => {
    const endpoint = await create({ alpns: ['other/1'] })
    await startHub({ endpoint, endpointOptions: undefined })
    const client = await create()
    const [accepted] = await Promise.all([endpoint.accept(), client.connect(endpoint.addr(), 'other/1')])
    assert.equal(accepted.alpn(), 'other/1')
  })

  it('shares an endpoint with hubs of other protocols, and not of its own', async () => {
    const endpoint = await create()
    const [one, two] = [
      await startHub({ endpoint, endpointOptions: undefined }),
      await createHub({ endpoint, alpn: 'two/1' })
    ]
    assert.deepEqual(endpoint.alpns(), ['alkhub/1', 'two/1'])
    await assert.rejects(createHub({ endpoint }), { code: 'ERR_IROH_BUSY' })
    const spokes = await Promise.all([dial(one), dial(two, { alpn: 'two/1' })])
    while (one.spokes.size + two.spokes.size < 2) await new Promise(setImmediate)
    assert.deepEqual(
      [...one.spokes.keys(), ...two.spokes.keys()],
      spokes.map((spoke) => spoke.nodeId())
    )
    await Promise.all(spokes.map((spoke) => spoke.close()))
    await two.close()
    assert.deepEqual(endpoint.alpns(), ['alkhub/1'])
  })
})
