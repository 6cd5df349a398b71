// SPDX-License-Identifier: MIT
// Real iroh nodes with our relay, and no other.
'use strict'

const assert = require('node:assert/strict')
const { performance } = require('node:perf_hooks')
const iroh = require('@number0/iroh/index.js') // its package.json names a main file that is not there
const { SecretKey } = require('event-target-iroh')
const { until } = require('../../helpers/events')
const { useRelays } = require('../../helpers/raw-relay-client')
const { bytes } = require('../../helpers/real-iroh')

const alpn = bytes('relay-test/1')

describe('real iroh nodes with our relay', () => {
  const { listen, dial, connect } = useRelays()
  let nodes = []
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    nodes = []
  })

  /** A real node that knows one relay. Without a token it is made the short way, and looks for QUIC there too. */
  async function createNode(url, { secretKey, authToken } = {}) {
    const builder = iroh.Endpoint.builder()
    iroh.presetMinimal(builder)
    const relays = authToken ? iroh.RelayMap.empty() : iroh.RelayMap.fromUrls([url])
    if (authToken) relays.insert({ url, authToken })
    builder.relayMode(iroh.RelayMode.custom(relays))
    builder.bindAddr('127.0.0.1:0')
    builder.alpns([alpn])
    if (secretKey) builder.secretKey([...secretKey.toBytes()])
    const node = await builder.bind()
    nodes.push(node)
    return node
  }

  async function shutDown(node) {
    nodes = nodes.filter((other) => other !== node)
    await node.close()
  }

  /** Accepts one connection and sends back what its first stream brings. */
  async function echo(node) {
    const incoming = await node.acceptNext()
    const { kind } = await incoming.remoteAddr()
    const conn = await (await incoming.accept()).connect()
    const { send, recv } = await conn.acceptBi()
    await send.writeAll(await recv.readToEnd(1 << 20))
    await send.finish()
    return { conn, kind }
  }

  /** Dials a node by nothing but its relay, and has it send something back. */
  async function talk(from, to, url, text) {
    const echoed = echo(to)
    const conn = await from.connect(new iroh.EndpointAddr(to.id(), url, []), alpn)
    const [path] = conn.paths()
    const { send, recv } = await conn.openBi()
    await send.writeAll(bytes(text))
    await send.finish()
    const answer = Buffer.from(await recv.readToEnd(1 << 20)).toString()
    const { kind } = await echoed
    return { answer, kind, startedRelayed: path.isRelay }
  }

  it('are online at once, and connect and talk through it', async () => {
    const relay = await listen({ quicPort: undefined })
    const times = []
    const online = async () => {
      const node = await createNode(relay.url)
      const start = performance.now()
      await node.online()
      times.push(Math.round(performance.now() - start))
      return node
    }
    const one = await online()
    const two = await online()
    console.log(`      online() of two real nodes: ${times.join(' ms, ')} ms`)
    const text = 'through the relay '.repeat(5000)
    const { answer, kind, startedRelayed } = await talk(one, two, relay.url, text)
    assert.equal(answer, text)
    assert.equal(kind, 'relay')
    assert.ok(startedRelayed)
    const { framesSent, droppedUnknown, badFrames, nodes } = relay.metrics()
    assert.ok(framesSent > 0)
    assert.deepEqual([droppedUnknown, badFrames, nodes], [0, 0, 2])
  })

  it('come and go, restart with the same key, and stand bad neighbours', async () => {
    const relay = await listen({ quicPort: undefined })
    const secretKey = SecretKey.generate()
    const stays = await createNode(relay.url)
    await stays.online()
    for (let round = 0; round < 3; round++) {
      const restarts = await createNode(relay.url, { secretKey })
      const neighbour = await connect(relay)
      neighbour.send(Buffer.of(63))
      const stranger = await dial(relay)
      stranger.send(Buffer.alloc(500))
      await restarts.online()
      assert.equal((await talk(stays, restarts, relay.url, `round ${round}`)).answer, `round ${round}`)
      await Promise.all([neighbour.closed, stranger.closed, shutDown(restarts)])
      await until(() => relay.metrics().nodes === 1)
    }
    assert.equal(relay.metrics().badFrames, 6)
  })

  it('come back when the relay restarts', async () => {
    const relay = await listen({ quicPort: undefined })
    const [one, two] = [await createNode(relay.url), await createNode(relay.url)]
    await Promise.all([one.online(), two.online()])
    const { relay: port } = relay.ports
    await relay.close()
    const again = await listen({ port, quicPort: undefined })
    await until(() => again.metrics().nodes === 2)
    assert.equal((await talk(one, two, again.url, 'again')).answer, 'again')
  })

  it('bring their token', async () => {
    const relay = await listen({ quicPort: undefined, access: { tokens: ['secret'] } })
    const member = await createNode(relay.url, { authToken: 'secret' })
    await member.online()
    await createNode(relay.url, { authToken: 'guess' })
    await until(() => relay.metrics().accessDenied >= 2) // it goes on trying
    assert.equal(relay.metrics().nodes, 1)
  })
})
