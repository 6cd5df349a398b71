// SPDX-License-Identifier: MIT
// How connect() finds a peer: what is known, discovery, its turn, and what it does after a failure.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const dgram = require('node:dgram')
const { SecretKey } = require('event-target-iroh')
const { DialBackoff } = require('../../lib/dialer/backoff')
const { DialSlots } = require('../../lib/dialer/slots')
const { alpn, useEndpoints } = require('../helpers/endpoints')

/** A discovery that says what `answer` gives, and remembers who asked. */
function fakeDiscovery(answer) {
  const discovery = {
    asked: [],
    published: [],
    async resolve(nodeId, about) {
      discovery.asked.push(nodeId)
      return answer(nodeId, about)
    },
    publish(addr) {
      discovery.published.push(addr)
    }
  }
  return discovery
}

describe('Dialling', () => {
  const { create } = useEndpoints()
  const serve = (options) => create({ alpns: [alpn], ...options })
  const silent = []

  /** An address where nobody answers. */
  async function silence() {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    silent.push(socket)
    await once(socket, 'listening')
    return `127.0.0.1:${socket.address().port}`
  }

  afterEach(() => {
    for (const socket of silent.splice(0)) socket.close()
  })

  it('takes a NodeId alone, which discovery finds', async () => {
    const server = await serve()
    const discovery = fakeDiscovery(() => server.addr())
    const client = await create({ discovery: [discovery] })
    const connection = await client.connect(server.nodeId(), alpn)
    assert.equal(connection.remoteNodeId(), server.nodeId())
    assert.deepEqual(discovery.asked, [server.nodeId()])
  })

  it('does not ask for a peer that is known and answers', async () => {
    const server = await serve()
    const discovery = fakeDiscovery(() => null)
    const client = await create({ discovery: [discovery] })
    await client.connect(server.addr(), alpn)
    client.addNodeAddr(server.addr())
    await client.connect(server.nodeId(), alpn)
    assert.deepEqual(discovery.asked, [])
  })

  it('asks anew when what is known does not answer, or fails at once', async () => {
    const server = await serve()
    const other = await serve()
    const discovery = fakeDiscovery(() => server.addr())
    const client = await create({ discovery: [discovery] })
    const { directAddresses: wrong } = other.addr()
    for (const directAddresses of [[await silence()], ['127.0.0.1:1'], wrong]) {
      const connection = await client.connect({ nodeId: server.nodeId(), directAddresses }, alpn)
      assert.equal(connection.remoteNodeId(), server.nodeId())
    }
    assert.ok(discovery.asked.length > 0)
  })

  it('fails as the first attempt did when discovery knows nothing better', async () => {
    const nodeId = SecretKey.generate().nodeId()
    const dead = { nodeId, directAddresses: ['127.0.0.1:1'] }
    for (const answer of [() => null, () => dead, () => Promise.reject(new Error('broken'))]) {
      const client = await create({ discovery: [fakeDiscovery(answer)] })
      await assert.rejects(client.connect(dead, alpn), { code: 'ERR_IROH_UNREACHABLE', peer: nodeId })
    }
  })

  it('says so when nothing is known of a NodeId', async () => {
    const nodeId = SecretKey.generate().nodeId()
    const alone = await create()
    await assert.rejects(alone.connect(nodeId, alpn), { code: 'ERR_IROH_NO_ADDRESS', message: /no discovery to ask/ })
    const asking = await create({ discovery: [fakeDiscovery(() => null)] })
    await assert.rejects(asking.connect(nodeId, alpn), { code: 'ERR_IROH_NO_ADDRESS', message: /does not find it/ })
  })

  it('gives each of several callers a connection of its own, and looks up once', async () => {
    const server = await serve()
    const discovery = fakeDiscovery(() => server.addr())
    const client = await create({ discovery: [discovery] })
    const dials = Array.from({ length: 20 }, () => client.connect(server.nodeId(), alpn))
    const connections = await Promise.all(dials)
    assert.equal(new Set(connections).size, 20)
    assert.equal(discovery.asked.length, 1)
  })

  it('goes through its turns with few at a time', async () => {
    const server = await serve()
    const client = await create({ maxDials: 2 })
    const connections = await Promise.all(Array.from({ length: 20 }, () => client.connect(server.addr(), alpn)))
    assert.equal(connections.length, 20)
    assert.equal(client.metrics().connectionsDialled, 20)
  })

  it('can be given up while it looks up, waits its turn, or shakes hands', async () => {
    const nodeId = SecretKey.generate().nodeId()
    const never = fakeDiscovery((_nodeId, { signal }) => new Promise((_, reject) => once(signal, 'abort').then(reject)))
    const client = await create({ discovery: [never], maxDials: 1 })
    const aborting = new AbortController()
    const { signal } = aborting
    const dials = [nodeId, nodeId, { nodeId, directAddresses: [await silence()] }].map((peer) =>
      client.connect(peer, alpn, { signal })
    )
    setImmediate(() => aborting.abort('enough'))
    for (const dial of dials) await assert.rejects(dial, { code: 'ERR_IROH_ABORTED', cause: 'enough', peer: nodeId })
    await assert.rejects(client.connect(nodeId, alpn, { timeoutMs: 30 }), { code: 'ERR_IROH_TIMEOUT' })
    const overtaken = client.connect(nodeId, alpn)
    await Promise.all([assert.rejects(overtaken, { code: 'ERR_IROH_CLOSED' }), client.close()])
  })

  it('tells discovery where an endpoint is that serves something, and only then', async () => {
    const discovery = fakeDiscovery(() => null)
    const endpoint = await create({ discovery: [discovery] })
    await endpoint.connect(SecretKey.generate().nodeId(), alpn).catch(() => {})
    assert.deepEqual(discovery.published, [])
    endpoint.setAlpns([alpn])
    assert.deepEqual(discovery.published, [endpoint.addr()])
  })
})

describe('DialBackoff', () => {
  it('doubles from 50 ms to a second, from the beginning of the failed dial on', () => {
    let now = 1000
    const backoff = new DialBackoff(() => now)
    const waits = []
    for (let times = 0; times < 7; times++) {
      backoff.failed('a', now)
      waits.push(backoff.wait('a'))
    }
    assert.deepEqual(waits, [50, 100, 200, 400, 800, 1000, 1000])
    backoff.failed('b', now - 40)
    assert.equal(backoff.wait('b'), 10)
    now += 1000
    assert.equal(backoff.wait('a'), 0)
    backoff.failed('a', now)
    assert.equal(backoff.wait('a'), 1000)
    backoff.forgive('a')
    assert.equal(backoff.wait('a'), 0)
    backoff.failed('a', now)
    assert.equal(backoff.wait('a'), 50)
    backoff.forgiveAll()
    assert.equal(backoff.wait('a'), 0)
  })
})

describe('DialSlots', () => {
  const never = new AbortController().signal

  it('lets the next one in when one leaves, in order, and forgets who gave up', async () => {
    const slots = new DialSlots(1)
    const order = []
    await slots.enter(never)
    const giveUp = new AbortController()
    const second = slots.enter(giveUp.signal)
    const third = slots.enter(never).then(() => order.push('third'))
    const fourth = slots.enter(never).then(() => order.push('fourth'))
    giveUp.abort(new Error('no longer'))
    await assert.rejects(second, /no longer/)
    assert.deepEqual(order, [])
    slots.leave()
    await third
    assert.deepEqual(order, ['third'])
    slots.leave()
    await fourth
    slots.leave()
    await slots.enter(never)
  })

  it('refuses when too many wait', async () => {
    const slots = new DialSlots(0)
    const stops = Array.from({ length: 16384 }, () => new AbortController())
    const waiting = stops.map(({ signal }) => slots.enter(signal))
    await assert.rejects(slots.enter(never), { code: 'ERR_IROH_LIMIT' })
    for (const stop of stops) stop.abort(new Error('enough'))
    for (const one of waiting) await assert.rejects(one, /enough/)
  })
})
