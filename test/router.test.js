// SPDX-License-Identifier: MIT
// Several protocols on one endpoint.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { CloseCode, Router, createHub, createSpoke } = require('event-target-iroh')
const { useEndpoints, local } = require('./helpers/endpoints')
const { nextEvent } = require('./helpers/events')

/** The code a connection, or a spoke, is closed with; the close may overtake the last of the handshake. */
const closeCode = (dialling) =>
  dialling.then(
    async ({ closed }) => (typeof closed === 'function' ? (await (await dialling).closed()).code : (await closed).code),
    (error) => error.quicError
  )

describe('Router', () => {
  const { create } = useEndpoints()
  const routers = []

  afterEach(async () => {
    for (const router of routers.splice(0)) await router.shutdown()
  })

  function spawn(builder) {
    const router = builder.spawn()
    routers.push(router)
    return router
  }

  it('gives each connection to the handler of its protocol', async () => {
    const endpoint = await create()
    const hub = await createHub({ endpoint })
    const seen = []
    const object = { accept: (connection) => seen.push(['object', connection.alpn()]) }
    const builder = Router.builder(endpoint).accept('alkhub/1', hub).accept('object/1', object)
    const router = spawn(builder.accept('function/1', async (connection) => seen.push(['function', connection.alpn()])))
    assert.equal(router.endpoint, endpoint)
    assert.deepEqual(endpoint.alpns().sort(), ['alkhub/1', 'function/1', 'object/1'])

    const client = await create()
    for (const alpn of ['object/1', 'function/1']) await client.connect(endpoint.addr(), alpn)
    const spoke = await createSpoke({ hub: endpoint.addr(), endpointOptions: local })
    while (seen.length < 2 || hub.spokes.size < 1) await new Promise(setImmediate)
    assert.deepEqual(seen.sort(), [
      ['function', 'function/1'],
      ['object', 'object/1']
    ])
    const heard = nextEvent(spoke, 'hello')
    hub.broadcast({ type: 'hello' })
    await heard
    await spoke.close()
  })

  it('asks the hook of the protocol first', async () => {
    const endpoint = await create()
    const [friend, stranger] = [await create(), await create()]
    const accepted = []
    const admit = async (nodeId) => nodeId === friend.nodeId()
    const router = spawn(
      Router.builder(endpoint)
        .accept('a/1', (connection) => accepted.push(connection.remoteNodeId()), { admit })
        .accept('b/1', (connection) => accepted.push(connection.remoteNodeId()))
    )
    const rejected = once(router, 'rejected')
    assert.equal(await closeCode(stranger.connect(endpoint.addr(), 'a/1')), CloseCode.NOT_ALLOWED)
    assert.deepEqual(await rejected, [stranger.nodeId(), 'a/1'])
    await friend.connect(endpoint.addr(), 'a/1')
    await stranger.connect(endpoint.addr(), 'b/1')
    while (accepted.length < 2) await new Promise(setImmediate)
    assert.deepEqual(accepted, [friend.nodeId(), stranger.nodeId()])
  })

  it('keeps a hub behind its hook', async () => {
    const endpoint = await create()
    const hub = await createHub({ endpoint })
    spawn(Router.builder(endpoint).accept('alkhub/1', hub, { admit: () => false }))
    const dialling = createSpoke({ hub: endpoint.addr(), endpointOptions: local, reconnect: false })
    assert.equal(await closeCode(dialling), CloseCode.NOT_ALLOWED)
    assert.equal(hub.spokes.size, 0)
  })

  it('closes the connection of a handler that fails, and tells', async () => {
    const endpoint = await create()
    const failing = [
      () => Promise.reject(new Error('later')),
      () => {
        throw new Error('at once')
      }
    ]
    const router = spawn(Router.builder(endpoint).accept('a/1', failing[0]).accept('b/1', failing[1]))
    const client = await create()
    for (const [alpn, message] of [
      ['a/1', 'later'],
      ['b/1', 'at once']
    ]) {
      const told = once(router, 'failed')
      assert.equal(await closeCode(client.connect(endpoint.addr(), alpn)), CloseCode.HANDLER_FAILED)
      const [error, where] = await told
      assert.deepEqual([error.message, where], [message, alpn])
    }
  })

  it('ends in good order: what was sent arrives, handlers end, nothing is left', async () => {
    const endpoint = await create()
    const hub = await createHub({ endpoint })
    const ended = []
    const handlers = {
      accept: (connection) => connection.closed().then(() => ended.push('accept')),
      shutdown: async () => ended.push('shutdown')
    }
    const router = Router.builder(endpoint).accept('alkhub/1', hub).accept('x/1', handlers).spawn()
    const client = await create()
    const connection = await client.connect(endpoint.addr(), 'x/1')
    const spoke = await createSpoke({ hub: endpoint.addr(), endpointOptions: local, reconnect: false })
    while (hub.spokes.size < 1) await new Promise(setImmediate)
    const last = nextEvent(spoke, 'last')
    hub.broadcast({ type: 'last' })
    setImmediate(() => connection.close())
    await Promise.all([router.shutdown(), router.shutdown()])
    await last
    assert.equal((await spoke.closed).kind, 'finished')
    assert.deepEqual(ended.sort(), ['accept', 'shutdown'])
    assert.equal(endpoint.isClosed(), true)
    assert.equal(router.isShutdown(), true)
  })

  it('tells handlers to end, and waits for them', async () => {
    const endpoint = await create()
    const ended = []
    const untilEnd = async (_connection, { signal }) => {
      await once(signal, 'abort')
      await new Promise(setImmediate)
      ended.push('function')
    }
    const object = { accept: untilEnd, shutdown: () => ended.push('shutdown'), close: () => assert.fail('both') }
    const router = spawn(Router.builder(endpoint).accept('a/1', untilEnd).accept('b/1', object))
    const client = await create()
    const connections = [await client.connect(endpoint.addr(), 'a/1'), await client.connect(endpoint.addr(), 'b/1')]
    while (endpoint.metrics().connectionsAccepted < 2) await new Promise(setImmediate)
    await new Promise(setImmediate)
    await router.shutdown()
    assert.deepEqual(ended, ['shutdown', 'function', 'function'])
    for (const connection of connections) assert.equal((await connection.closed()).kind, 'application-closed')
  })

  it('refuses what is no handler, and protocols served already', async () => {
    const endpoint = await create()
    const builder = Router.builder(endpoint)
    for (const handler of [undefined, null, {}, 7]) {
      assert.throws(() => builder.accept('a/1', handler), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
    assert.throws(() => builder.accept('', () => {}), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    assert.throws(() => Router.builder({}), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    builder.accept('a/1', () => {})
    assert.throws(() => builder.accept('a/1', () => {}), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    const hub = await createHub({ endpointOptions: local })
    assert.throws(() => builder.accept('alkhub/1', hub), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    await hub.close()

    spawn(Router.builder(endpoint).accept('a/1', () => {}))
    const second = Router.builder(endpoint)
      .accept('b/1', () => {})
      .accept('a/1', () => {})
    assert.throws(() => second.spawn(), { code: 'ERR_IROH_BUSY' })
    assert.deepEqual(endpoint.alpns(), ['a/1'])
  })
})
