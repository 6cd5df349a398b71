// SPDX-License-Identifier: MIT
// A spoke that lasts: it comes back after every break, registers again, and keeps its listeners.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const path = require('node:path')
const { CloseCode, createSpoke, SecretKey } = require('event-target-iroh')
const { Reconnect, readReconnect } = require('../../lib/hub/reconnect')
const { useChildren } = require('../helpers/child')
const { local, useEndpoints } = require('../helpers/endpoints')
const { nextEvent } = require('../helpers/events')
const { FakeClock } = require('../helpers/fake-clock')
const { useHubs } = require('../helpers/hubs')

const soon = { minDelayMs: 1, maxDelayMs: 10 }

describe('A spoke', () => {
  const startChild = useChildren()
  const { create } = useEndpoints()
  const { open, startHub } = useHubs()

  async function startSpoke(hub, options) {
    const spoke = await createSpoke({ hub, endpointOptions: local, reconnect: soon, ...options })
    open.add(spoke)
    return spoke
  }

  /** A hub with a key and a port that another one can have after it. */
  async function lastingHub(options) {
    const secretKey = SecretKey.generate()
    const first = await startHub({ endpointOptions: { ...local, secretKey }, ...options })
    const [bindAddress] = first.endpoint.boundAddresses()
    const again = () => startHub({ endpointOptions: { ...local, secretKey, bindAddress }, ...options })
    return { first, again }
  }

  it('comes back when its hub does, registers again, and keeps its listeners', async () => {
    const { first, again } = await lastingHub({ operations: ['hub.list'] })
    const spoke = await startSpoke(first.addr(), { operations: ['spoke.work'] })
    const states = []
    for (const state of ['connecting', 'connected', 'disconnected']) {
      spoke.addEventListener(state, ({ type }) => states.push(`${type} ${spoke.state === type}`))
    }
    const heard = []
    spoke.addEventListener('news', ({ detail }) => heard.push(detail.payload))
    assert.deepEqual(await spoke.registered, { operations: ['hub.list'] })

    for (let round = 0; round < 3; round++) {
      const down = once(spoke, 'disconnected')
      await [...open][0].close()
      open.delete([...open][0])
      const [{ kind, retryInMs }] = await down
      assert.ok(['finished', 'application-closed'].includes(kind), kind)
      assert.ok(retryInMs <= soon.maxDelayMs)
      assert.throws(() => spoke.send({ type: 'lost' }), { code: 'ERR_IROH_NOT_CONNECTED', class: 'transient' })
      await assert.rejects(spoke.drained(), { code: 'ERR_IROH_NOT_CONNECTED' })
      assert.equal(spoke.bufferedAmount, 0)
      const up = once(spoke, 'connected')
      const hub = await again()
      open.delete(hub)
      const rest = [...open]
      open.clear()
      for (const one of [hub, ...rest]) open.add(one)
      const [[target]] = await Promise.all([once(hub, 'spoke'), up])
      assert.deepEqual(await target.registered, { operations: ['spoke.work'] })
      assert.deepEqual(await spoke.registered, { operations: ['hub.list'] })
      const arrived = nextEvent(spoke, 'news')
      target.send({ type: 'news', payload: round })
      await arrived
      assert.equal(spoke.connection.closeReason(), null)
    }
    assert.deepEqual(heard, [0, 1, 2])
    assert.deepEqual([...new Set(states)].sort(), ['connected true', 'connecting true', 'disconnected true'])
  })

  it('comes back to one that vanished without a word', async () => {
    const { first, again } = await lastingHub()
    const quick = { ...local, keepAliveMs: 50, idleTimeoutMs: 300 }
    const spoke = await startSpoke(first.addr(), { endpointOptions: quick })
    const down = once(spoke, 'disconnected')
    first.endpoint.rebind() // nothing listens at the old port any more
    open.delete(first)
    await first.close()
    await down
    const [hub] = await Promise.all([again(), once(spoke, 'connected')])
    assert.equal(hub.endpoint.isClosed(), false)
  })

  it('comes back, as all do, to a hub that was killed and started again', async () => {
    const file = path.join(__dirname, '../helpers/children/hub.js')
    const secretKey = SecretKey.generate().toBytes()
    const killed = startChild(file)
    const addr = await killed.ask({ secretKey })
    const endpointOptions = { ...local, keepAliveMs: 100 }
    const options = { endpointOptions, operations: ['spoke.work'] }
    const spokes = await Promise.all(Array.from({ length: 8 }, () => startSpoke(addr, options)))
    const known = spokes.map((spoke) => ({ nodeId: spoke.nodeId(), operations: ['spoke.work'] }))
    const byNodeId = (one, other) => (one.nodeId < other.nodeId ? -1 : 1)
    const registered = async (child) => {
      const messages = []
      for (let count = 0; count < known.length; count++) messages.push(await child.message())
      return messages.sort(byNodeId)
    }
    assert.deepEqual(await registered(killed), known.sort(byNodeId))

    const back = spokes.map((spoke) => once(spoke, 'connected'))
    killed.kill('SIGKILL')
    await killed.ended
    const child = startChild(file)
    await child.ask({ secretKey, bindAddress: addr.directAddresses[0] })
    assert.deepEqual(await registered(child), known)
    await Promise.all(back)
    for (const spoke of spokes) assert.deepEqual(await spoke.registered, { operations: ['hub.list'] })
  })

  it('lets its process end once it is closed, though its hub is gone', async () => {
    const hub = await startHub()
    const child = startChild(path.join(__dirname, '../helpers/children/lasting-spoke.js'))
    assert.equal(await child.ask(hub.addr()), 'connected')
    open.delete(hub)
    await hub.close()
    assert.equal(await child.message(), 'closed')
    assert.equal((await child.ended).code, 0)
  })

  it('ends when it is closed, connected or not, and at once', async () => {
    const { first } = await lastingHub()
    const [one, two] = await Promise.all([startSpoke(first.addr()), startSpoke(first.addr())])
    await one.close()
    assert.deepEqual([one.state, (await one.closed).kind], ['closed', 'locally-closed'])
    assert.throws(() => one.send({ type: 'late' }), { code: 'ERR_IROH_CLOSED' })

    const down = once(two, 'disconnected')
    open.delete(first)
    await first.close()
    await down
    await two.close()
    assert.deepEqual([two.state, (await two.closed).kind], ['closed', 'locally-closed'])
    assert.equal(two.endpoint.isClosed(), true)
    await two.close()
  })

  it('ends when its hub has dispatched everything, also one that is slow', async () => {
    const hub = await startHub()
    const [[target], spoke] = await Promise.all([once(hub, 'spoke'), startSpoke(hub.addr())])
    target.pause()
    let heard = 0
    target.addEventListener('work', () => heard++)
    for (let n = 0; n < 5000; n++) spoke.send({ type: 'work' })
    const closing = spoke.close()
    while (spoke.bufferedAmount > 0) await new Promise(setImmediate)
    const other = await startSpoke(hub.addr()) // what is under way has arrived when this has come and gone
    await other.close()
    target.resume()
    await closing
    assert.equal(heard, 5000)
    assert.equal((await spoke.closed).kind, 'locally-closed')
  })

  it('gives up if told to', async () => {
    const { first } = await lastingHub()
    const [never, twice] = await Promise.all([
      startSpoke(first.addr(), { reconnect: false }),
      startSpoke(first.addr(), { reconnect: { ...soon, maxAttempts: 2 } })
    ])
    const attempts = []
    twice.addEventListener('connecting', ({ failures }) => attempts.push(failures))
    open.delete(first)
    await first.close()
    await never.closed
    const { kind, error } = await twice.closed
    assert.deepEqual([kind, error.class], ['not-connected', 'transient'])
    assert.deepEqual(attempts, [0, 1])
  })

  it('does not fight with another one of its NodeId: the newer stays', async () => {
    const hub = await startHub()
    const endpointOptions = { ...local, secretKey: SecretKey.generate() }
    const older = await startSpoke(hub.addr(), { endpointOptions })
    const newer = await startSpoke(hub.addr(), { endpointOptions })
    const { kind, code } = await older.closed
    assert.deepEqual([kind, code], ['application-closed', CloseCode.REPLACED])
    assert.equal(newer.state, 'connected')
  })

  it('says at once that its first connection fails, unless it is to wait for the hub', async () => {
    const { first, again } = await lastingHub()
    const addr = first.addr()
    open.delete(first)
    await first.close()
    await assert.rejects(createSpoke({ hub: addr, endpointOptions: local }), { code: 'ERR_IROH_UNREACHABLE' })

    const spoke = await startSpoke(addr, { reconnect: { ...soon, fromStart: true } })
    assert.equal(spoke.state, 'connecting')
    assert.equal(spoke.remoteNodeId, addr.nodeId)
    assert.throws(() => spoke.send({ type: 'early' }), { code: 'ERR_IROH_NOT_CONNECTED' })
    await once(spoke, 'disconnected')
    const up = once(spoke, 'connected')
    await Promise.all([again(), up])
  })

  it('can be given up while it connects', async () => {
    const stop = new AbortController()
    const { nodeId, directAddresses } = (await startHub()).addr()
    const elsewhere = { nodeId: SecretKey.generate().nodeId(), directAddresses }
    assert.notEqual(nodeId, elsewhere.nodeId)
    const dialling = createSpoke({ hub: elsewhere, endpointOptions: local, signal: stop.signal })
    stop.abort('enough')
    await assert.rejects(dialling, { code: 'ERR_IROH_ABORTED', cause: 'enough' })
    const lone = await startSpoke(elsewhere, { reconnect: { ...soon, fromStart: true } })
    await lone.close()
    assert.equal(lone.state, 'closed')
  })

  it('that waits for the hub ends with its signal, until it is connected', async () => {
    const { first, again } = await lastingHub({ operations: ['hub.list'] })
    const addr = first.addr()
    open.delete(first)
    await first.close()
    const reconnect = { ...soon, fromStart: true }
    const stop = new AbortController()
    const lone = await startSpoke(addr, { reconnect, signal: stop.signal })
    await once(lone, 'disconnected')
    stop.abort('enough')
    const { error } = await lone.closed
    assert.deepEqual([lone.state, error.code, error.cause], ['closed', 'ERR_IROH_ABORTED', 'enough'])

    const late = new AbortController()
    const spoke = await startSpoke(addr, { reconnect, signal: late.signal, operations: ['spoke.work'] })
    const { registered } = spoke
    await again()
    assert.deepEqual(await registered, { operations: ['hub.list'] })
    late.abort('too late')
    assert.equal(spoke.state, 'connected')
  })

  it('gives up at once what no attempt can do', async () => {
    const endpoint = await create({ alpns: ['alkhub/1'] })
    const lone = await startSpoke(endpoint.addr(), {
      endpoint,
      endpointOptions: undefined,
      reconnect: { ...soon, fromStart: true }
    })
    const { kind, error } = await lone.closed
    assert.deepEqual([kind, error.code], ['not-connected', 'ERR_IROH_SELF_CONNECT'])
    await assert.rejects(createSpoke({ hub: endpoint.addr(), endpointOptions: local, operations: [1n] }), {
      code: 'ERR_IROH_NOT_SERIALIZABLE'
    })
  })

  it('waits longer and longer for a hub that closes every connection', async () => {
    const endpoint = await create({ alpns: ['alkhub/1'] })
    const closing = (async () => {
      for await (const connection of endpoint) connection.close(77, 'not now')
    })()
    const reconnect = { minDelayMs: 10, maxDelayMs: 100_000, fromStart: true }
    const spoke = await startSpoke(endpoint.addr(), { reconnect })
    const waits = []
    for (let round = 0; round < 6; round++) waits.push((await once(spoke, 'disconnected'))[0].retryInMs)
    for (const [round, ms] of waits.entries()) assert.ok(ms <= 10 * 2 ** (round + 1), `${waits}`)
    await spoke.close()
    await endpoint.close()
    await closing
  })

  it('shares an endpoint with many others without a warning', async () => {
    const [hub, endpoint] = [await startHub(), await create()]
    const warned = []
    process.on('warning', (warning) => warned.push(warning))
    const alone = { endpoint, endpointOptions: undefined, reconnect: { fromStart: true } }
    for (let count = 0; count < 12; count++) await startSpoke(hub.addr(), { ...alone, alpn: `other/${count}` })
    await new Promise(setImmediate)
    process.removeAllListeners('warning')
    assert.deepEqual(warned, [])
  })

  it('ends with the endpoint it was given', async () => {
    const { first } = await lastingHub()
    const endpoint = await create()
    const spoke = await startSpoke(first.addr(), { endpoint, endpointOptions: undefined })
    await endpoint.close()
    assert.equal((await spoke.closed).kind === 'not-connected' || (await spoke.closed).kind === 'locally-closed', true)
    assert.equal(spoke.state, 'closed')
  })

  it('can be a hub for other spokes with the same endpoint', async () => {
    const top = await startHub()
    const endpoint = await create()
    const middle = await startHub({ endpoint, endpointOptions: undefined, alpn: 'lower/1' })
    const [up, down] = await Promise.all([
      startSpoke(top.addr(), { endpoint, endpointOptions: undefined }),
      startSpoke(endpoint.addr(), { alpn: 'lower/1' })
    ])
    up.addEventListener('news', ({ detail }) => middle.broadcast(detail))
    while (top.spokes.size + middle.spokes.size < 2) await new Promise(setImmediate)
    const heard = nextEvent(down, 'news')
    top.broadcast({ type: 'news' })
    await heard
  })

  it('rejects invalid options', async () => {
    const hub = SecretKey.generate().nodeId()
    for (const reconnect of [
      true,
      7,
      null,
      { minDelayMs: -1 },
      { minDelayMs: 9, maxDelayMs: 8 },
      { maxAttempts: 0 },
      { other: 1 }
    ]) {
      await assert.rejects(createSpoke({ hub, endpointOptions: local, reconnect }), {
        code: 'ERR_IROH_INVALID_ARGUMENT'
      })
    }
  })
})

describe('Reconnect', () => {
  it('waits a random part of a time that doubles up to a limit', () => {
    const clock = new FakeClock()
    let tries = 0
    const policy = readReconnect({ minDelayMs: 100, maxDelayMs: 1000 })
    const reconnect = new Reconnect(
      policy,
      () => tries++,
      clock,
      () => 0.5
    )
    const waits = []
    for (let n = 0; n < 6; n++) {
      waits.push(reconnect.schedule())
      clock.advance(waits[n] - 1)
      assert.equal(tries, n)
      clock.advance(1)
      assert.equal(tries, n + 1)
      reconnect.failed()
    }
    assert.deepEqual(waits, [50, 100, 200, 400, 500, 500])
    reconnect.succeeded()
    clock.advance(1000)
    assert.equal(reconnect.schedule(), 50)
    reconnect.stop()
    assert.equal(clock.pending, 0)
  })

  it('takes a connection that does not last for a failure', () => {
    const clock = new FakeClock()
    const policy = readReconnect({ minDelayMs: 100, maxDelayMs: 1000, maxAttempts: 1 })
    const reconnect = new Reconnect(
      policy,
      () => {},
      clock,
      () => 0.5
    )
    const waits = []
    for (const lastedMs of [5000, 999, 0, 0, 0, 1000, 1]) {
      reconnect.succeeded()
      clock.advance(lastedMs)
      waits.push(reconnect.schedule())
      clock.advance(1000)
    }
    assert.deepEqual(waits, [50, 100, 200, 400, 500, 50, 100])
    reconnect.failed()
    assert.equal(reconnect.schedule(), null)
  })

  it('need not wait when something gives hope, and does not begin for it', () => {
    const clock = new FakeClock()
    let tries = 0
    const reconnect = new Reconnect(
      readReconnect(),
      () => tries++,
      clock,
      () => 0.99
    )
    reconnect.soon()
    assert.equal(clock.pending, 0)
    for (let n = 0; n < 5; n++) reconnect.failed()
    reconnect.schedule()
    clock.advance(2000)
    assert.equal(tries, 0)
    reconnect.soon()
    clock.advance(100)
    assert.equal(tries, 1)
  })
})
