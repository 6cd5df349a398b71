// SPDX-License-Identifier: MIT
// Dials of addresses that the system says at once to be out of reach. An endpoint that is bound to the loopback has no way
// out of this host: the system refuses its packets to others (EINVAL). test/natlab has the other causes.
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { createSpoke, createHub, SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, local, useEndpoints } = require('../helpers/endpoints.js')

/** Of the networks for documentation (RFC 5737, RFC 3849). */
const OUTSIDE = '192.0.2.9:1234'
const OUTSIDE_V6 = '[2001:db8::9]:1234'

describe('An address out of reach', () => {
  const { create } = useEndpoints()
  const nodeId = SecretKey.generate().nodeId()
  const open = []

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close()
  })

  const kept = (thing) => {
    open.push(thing)
    return thing
  }

  async function silentAddress() {
    const silent = kept(dgram.createSocket('udp4').bind(0, '127.0.0.1'))
    await once(silent, 'listening')
    return `127.0.0.1:${silent.address().port}`
  }

  async function failureOf(addresses, { timeoutMs, ...options } = {}) {
    const client = await create(options)
    const dial = client.connect({ nodeId, directAddresses: addresses }, alpn, { timeoutMs })
    return dial.then(
      () => assert.fail('it connected'),
      (error) => ({ error, metrics: client.metrics() })
    )
  }

  it('ends a dial before anything was sent, with what the system said', async () => {
    const { error, metrics } = await failureOf([OUTSIDE])
    assert.equal(error.code, 'ERR_IROH_UNREACHABLE')
    assert.equal(error.peer, nodeId)
    assert.match(error.message, /: EINVAL: invalid argument \(sendmsg 192\.0\.2\.9:1234\)$/)
    const { code, errno, syscall, address } = error.cause
    assert.deepEqual(
      { code, errno, syscall, address },
      { code: 'EINVAL', errno: -22, syscall: 'sendmsg', address: OUTSIDE }
    )
    assert.deepEqual([metrics.udpDatagramsSent, metrics.udpSendErrors], [0, 1])
  })

  it('ends a dial when the endpoint has no socket of its family', async () => {
    const { error } = await failureOf([OUTSIDE_V6])
    assert.equal(error.code, 'ERR_IROH_UNREACHABLE')
    assert.match(error.message, /EAFNOSUPPORT: .+ \(socket \[2001:db8::9\]:1234\)/)
  })

  it('ends a dial when nothing listens at the other one', async () => {
    const gone = await create()
    const [address] = gone.boundAddresses()
    await gone.close()
    const { error } = await failureOf([OUTSIDE, OUTSIDE_V6, address])
    assert.equal(error.code, 'ERR_IROH_UNREACHABLE')
    assert.match(error.message, /ECONNREFUSED|EINVAL/)
  })

  it('ends no dial that has another one, whose time-out names it', async () => {
    const { error } = await failureOf([OUTSIDE, await silentAddress()], { handshakeTimeoutMs: 200 })
    assert.equal(error.code, 'ERR_IROH_TIMEOUT')
    assert.equal(error.cause.code, 'EINVAL')
    const { error: later } = await failureOf([OUTSIDE, await silentAddress()], { timeoutMs: 200 })
    assert.equal(later.code, 'ERR_IROH_TIMEOUT')
    assert.equal(later.cause.code, 'EINVAL')
    const { error: plain } = await failureOf([await silentAddress()], { timeoutMs: 200 })
    assert.equal(plain.cause, undefined)
  })

  it('ends no dial that reaches the peer elsewhere', async () => {
    const server = await create({ alpns: [alpn] })
    const client = await create()
    const connection = await client.connect(
      { nodeId: server.nodeId(), directAddresses: [OUTSIDE, OUTSIDE_V6, ...server.boundAddresses()] },
      alpn
    )
    assert.equal(connection.paths()[0].remoteAddress, server.boundAddresses()[0])
  })

  it('ends no dial that reaches the peer by a relay', async () => {
    const relay = kept(await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: false, quicPort: false }))
    const relays = [{ url: relay.url, stunPort: 0, quicPort: 0 }]
    const server = await create({ alpns: [alpn], relays })
    await server.online()
    const client = await create({ relays })
    const peer = { nodeId: server.nodeId(), relayUrl: relay.url, directAddresses: [OUTSIDE] }
    assert.equal((await client.connect(peer, alpn)).remoteNodeId(), server.nodeId())
  })

  it('ends no dial that discovery leads elsewhere', async () => {
    const server = await create({ alpns: [alpn] })
    const discovery = [{ resolve: async () => ({ nodeId: server.nodeId(), directAddresses: server.boundAddresses() }) }]
    const client = await create({ discovery })
    const peer = { nodeId: server.nodeId(), directAddresses: [OUTSIDE] }
    assert.equal((await client.connect(peer, alpn)).remoteNodeId(), server.nodeId())
  })

  it('rejects createSpoke(), and is what the events of a spoke that waits say, which comes by itself', async () => {
    const hub = kept(await createHub({ endpointOptions: local }))
    const elsewhere = { nodeId: hub.nodeId(), directAddresses: [OUTSIDE] }
    await assert.rejects(createSpoke({ hub: elsewhere, endpointOptions: local }), { code: 'ERR_IROH_UNREACHABLE' })

    const endpoint = kept(await create())
    endpoint.addNodeAddr(elsewhere)
    const reconnect = { fromStart: true, minDelayMs: 1, maxDelayMs: 10 }
    const spoke = kept(await createSpoke({ hub: hub.nodeId(), endpoint, reconnect }))
    const [ending] = await once(spoke, 'disconnected')
    assert.equal(ending.kind, 'not-connected')
    assert.match(ending.reason, /EINVAL/)
    assert.equal(ending.error.cause.code, 'EINVAL')
    endpoint.addNodeAddr(hub.addr())
    await once(spoke, 'connected')
  })
})
