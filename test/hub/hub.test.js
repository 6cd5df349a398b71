// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { CloseCode, createHub, createSpoke, createSpokeIrohEventTarget, SecretKey } = require('event-target-iroh')
const { local, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent, until } = require('../helpers/events.js')
const { useHubs } = require('../helpers/hubs.js')

describe('Hub', () => {
  const { create } = useEndpoints()
  const { startHub } = useHubs()

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

  it('waits for so many event streams at a time, four of a NodeId', async () => {
    const hub = await startHub({ maxPending: 5 })
    const connect = async (client) => (client ?? (await create())).connect(hub.addr(), 'alkhub/1')
    const [one, other] = [await create(), await create()]
    const oldest = await connect(one)
    let newer
    for (let count = 0; count < 4; count++) newer = await connect(one)
    assert.equal((await oldest.closed()).code, CloseCode.FULL)
    await connect(other)
    // The close may overtake the last of the handshake.
    const full = await connect().then(
      async (connection) => (await connection.closed()).code,
      (error) => error.quicError
    )
    assert.equal(full, CloseCode.FULL)
    const arrived = once(hub, 'spoke')
    await createSpokeIrohEventTarget(newer)
    assert.equal((await arrived)[0].remoteNodeId, one.nodeId())
    await dial(hub).then((spoke) => spoke.close())
  })

  it('outlives peers that leave in the middle of the beginning', async () => {
    const hub = await startHub()
    for (let round = 0; round < 30; round++) {
      const client = await create()
      const connection = await client.connect(hub.addr(), 'alkhub/1')
      await createSpokeIrohEventTarget(connection)
      if (round % 3 === 1) await new Promise(setImmediate)
      if (round % 3 === 2) connection.close()
      await client.close()
    }
    await until(() => hub.spokes.size === 0)
    const arrived = once(hub, 'spoke')
    await dial(hub).then((spoke) => spoke.close())
    await arrived
  })

  it('closes connections that have not opened their event stream when it is closed', async () => {
    const endpoint = await create()
    const hub = await startHub({ endpoint, endpointOptions: undefined })
    const client = await create()
    const connection = await client.connect(endpoint.addr(), 'alkhub/1')
    const arrived = once(hub, 'spoke')
    const stalled = await dial(hub, { endpointOptions: { ...local, streamWindow: 16384 }, reconnect: false })
    stalled.pause() // makes the good-byes take their time
    const [target] = await arrived
    for (let n = 0; n < 10; n++) target.send({ type: 'long', payload: 'x'.repeat(10000) })
    const closing = hub.close()
    await Promise.all([createSpokeIrohEventTarget(connection), connection.closed()])
    assert.equal(connection.closeReason().code, CloseCode.NORMAL)
    stalled.resume()
    await closing
    await stalled.close()
  })

  it('broadcasts to the others when the stream of one is ending', async () => {
    const hub = await startHub()
    const client = await create()
    const connection = await client.connect(hub.addr(), 'alkhub/1')
    const { send, recv } = await connection.openBi()
    const arrived = once(hub, 'spoke')
    await send.writeAll(Buffer.from('00000002', 'hex'))
    const [target] = await arrived
    const spoke = await dial(hub)
    await until(() => hub.spokes.size === 2)
    const told = nextEvent(target, 'error')
    recv.stop(7)
    assert.equal((await told).error.code, 'ERR_IROH_STREAM_STOPPED')
    const heard = nextEvent(spoke, 'news')
    assert.equal(hub.broadcast({ type: 'news' }), 1)
    await heard
    assert.throws(() => hub.send(client.nodeId(), { type: 'news' }), { code: 'ERR_IROH_STREAM_STOPPED' })
    await spoke.close()
  })

  it('stays reachable whatever else its endpoint accepts', async () => {
    const endpoint = await create({ alpns: ['a/1'] })
    const hub = await startHub({ endpoint, endpointOptions: undefined })
    endpoint.setAlpns(['b/1'])
    assert.deepEqual(endpoint.alpns(), ['b/1', 'alkhub/1'])
    await dial(hub).then((spoke) => spoke.close())
    await hub.close()
    assert.deepEqual(endpoint.alpns(), ['b/1'])
  })

  it('counts what goes through each spoke', async () => {
    const hub = await startHub()
    const [[target], spoke] = await Promise.all([once(hub, 'spoke'), dial(hub)])
    const heard = [nextEvent(spoke, 'b'), nextEvent(target, 'c')]
    hub.broadcast({ type: 'a' })
    target.send({ type: 'b' })
    spoke.send({ type: 'c' })
    await Promise.all(heard)
    const { connectedAtMs, ...counters } = target.stats()
    assert.ok(Math.abs(Date.now() - connectedAtMs) < 20000)
    assert.deepEqual(counters, { sent: 2, received: 1, dropped: 0, bufferedAmount: 0 })
    assert.equal(spoke.stats().received, 2)
    await spoke.close()
  })

  it('rejects invalid options', async () => {
    for (const options of [
      { allow: null },
      { allow: '' },
      { allow: { file: '' } },
      { slowSpoke: 'drop' },
      { maxPending: 0 },
      { operations: 'all' }
    ]) {
      await assert.rejects(startHub(options), { code: 'ERR_IROH_INVALID_ARGUMENT' }, JSON.stringify(options))
    }
    await assert.rejects(startHub({ operations: [1n] }), { code: 'ERR_IROH_NOT_SERIALIZABLE' })
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
