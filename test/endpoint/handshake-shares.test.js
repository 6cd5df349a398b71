// SPDX-License-Identifier: MIT
// Handshakes that strangers begin and do not finish take nothing from others.
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')
const { initial, readRetry } = require('../helpers/initial.js')

describe('handshakes of strangers', () => {
  const { create, connect } = useEndpoints()
  const sockets = []

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close()
  })

  /** A socket that sends to the server only. */
  async function stranger(server, { answers = false } = {}) {
    const socket = dgram.createSocket('udp4')
    sockets.push(socket)
    const [address, port] = server.boundAddresses()[0].split(':')
    const send = (packet) => new Promise((resolve) => socket.send(packet, Number(port), address, resolve))
    socket.on('message', (packet) => {
      const asked = answers && readRetry(packet)
      if (asked) send(initial(asked))
    })
    return { socket, send }
  }

  /** Waits until the server has looked at `count` more datagrams than before. */
  async function sendAndWait(server, send, packets) {
    const before = server.metrics().udpDatagramsReceived
    for (const packet of packets) await send(packet)
    await until(() => server.metrics().udpDatagramsReceived >= before + packets.length)
  }

  it('need a first packet that opens and begins one', async () => {
    const server = await create({ alpns: [alpn] })
    const { send } = await stranger(server)
    const broken = initial()
    broken[1199] ^= 1
    const otherId = initial()
    otherId[6] ^= 1
    const nothing = initial({ frames: Buffer.from([0, 1, 0]) })
    const close = initial({ frames: Buffer.from([0x1c, 0, 0, 0]) })
    await sendAndWait(server, send, [broken, otherId, nothing, close])
    assert.equal(server.metrics().initialsInvalid, 4)
    assert.equal(server.metrics().handshakesInFlight, 0)
    await sendAndWait(server, send, [initial()])
    assert.equal(server.metrics().handshakesInFlight, 1)
    assert.equal(server.metrics().initialsInvalid, 4)
  })

  it('take few places before they are asked to prove their address, with an answer that is smaller', async () => {
    const server = await create({ alpns: [alpn] })
    const { socket, send } = await stranger(server)
    await sendAndWait(
      server,
      send,
      Array.from({ length: 32 }, () => initial())
    )
    assert.equal(server.metrics().handshakesInFlight, 32)
    assert.equal(server.metrics().retriesSent, 0)
    const retry = new Promise((resolve) => {
      socket.on('message', (packet) => {
        if (readRetry(packet)) resolve(packet)
      })
    })
    await sendAndWait(server, send, [initial()])
    assert.ok((await retry).length < 200)
    assert.equal(server.metrics().handshakesInFlight, 32)
    await Promise.all([server.accept(), (await create()).connect(server.addr(), alpn)])
  })

  it('lose their oldest place to whoever has none, and none to their own', async () => {
    const server = await create({ alpns: [alpn], maxHandshakes: 8 })
    const { send } = await stranger(server, { answers: true })
    await sendAndWait(server, send, [initial()])
    for (let count = 2; count <= 8; count++) {
      await send(initial())
      await until(() => server.metrics().handshakesInFlight === count)
    }
    await send(initial())
    await until(() => server.metrics().handshakesOverShare > 0)
    const evicted = server.metrics().handshakesEvicted
    await Promise.all([server.accept(), (await create()).connect(server.addr(), alpn)])
    assert.equal(server.metrics().handshakesEvicted, evicted + 1)
    assert.equal(server.metrics().handshakesDropped, 0)
  })

  it('do not disturb what is established', async () => {
    const { server, accepted, dialled } = await connect({ maxHandshakes: 64 })
    const { send } = await stranger(server, { answers: true })
    await sendAndWait(
      server,
      send,
      Array.from({ length: 500 }, () => initial())
    )
    const stream = await dialled.openUni()
    await stream.writeAll('still there')
    await stream.finish()
    assert.equal((await (await accepted.acceptUni()).readToEnd(100)).toString(), 'still there')
    assert.ok(server.metrics().handshakesInFlight <= 64)
  })

  it('are refused with a token of somebody else, at most so often', async () => {
    const server = await create({ alpns: [alpn], alwaysRetry: true })
    const first = await stranger(server)
    const second = await stranger(server)
    first.send(initial())
    const [retry] = await once(first.socket, 'message')
    second.send(initial(readRetry(retry)))
    const [refusal] = await once(second.socket, 'message')
    assert.ok(refusal.length < 1200)
    assert.equal(server.metrics().refusalsSent, 1)
    const stolen = Array.from({ length: 500 }, () => initial(readRetry(retry)))
    await sendAndWait(server, second.send, stolen)
    assert.ok(server.metrics().handshakesDropped === 501)
    assert.equal(server.metrics().handshakesInFlight, 0)
  })

  it('of a kind do not use up the answers to others', async () => {
    const server = await create({ alpns: [alpn], alwaysRetry: true })
    const { send } = await stranger(server)
    const junk = Array.from({ length: 3000 }, () => Buffer.concat([Buffer.from([0x41]), randomBytes(60)]))
    await sendAndWait(server, send, junk)
    const { versionNegotiationsSent, retriesSent } = server.metrics()
    const version = initial()
    version[1] = 0xfa
    await sendAndWait(server, send, [version, initial()])
    assert.equal(server.metrics().versionNegotiationsSent, versionNegotiationsSent + 1)
    assert.equal(server.metrics().retriesSent, retriesSent + 1)
  })
})

describe('connections of one NodeId', () => {
  const { create } = useEndpoints()

  it('are refused beyond maxConnectionsPerPeer, and others are not', async () => {
    const server = await create({ alpns: [alpn], maxConnectionsPerPeer: 2 })
    const greedy = await create()
    const held = [await greedy.connect(server.addr(), alpn), await greedy.connect(server.addr(), alpn)]
    const third = await greedy.connect(server.addr(), alpn).then(
      (connection) => connection.closed(),
      (error) => error
    )
    assert.ok(third.code === 'ERR_IROH_REFUSED' || third.kind === 'connection-closed', String(third.code))
    await (await create()).connect(server.addr(), alpn)
    await until(() => server.metrics().connectionsOpen === 3)
    assert.equal(server.metrics().handshakesRefused, 1)
    held[0].close()
    await until(() => server.metrics().connectionsOpen === 2)
    await greedy.connect(server.addr(), alpn)
    await until(() => server.metrics().connectionsOpen === 3)
  })
})
