// SPDX-License-Identifier: MIT
// Dials at addresses of which some are wrong, stale or somebody's who means harm.
'use strict'

const assert = require('node:assert/strict')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')
const { answers, FalseAddresses } = require('../helpers/false-address.js')
const { UdpProxy } = require('../helpers/udp-proxy.js')

describe('A dial with a false address', () => {
  const { create } = useEndpoints()
  const falsely = new FalseAddresses()
  const open = []

  afterEach(async () => {
    falsely.close()
    for (const thing of open.splice(0)) await thing.close()
  })

  /** An endpoint that serves, and an address of it that is 20 ms away. */
  async function farPeer() {
    const server = await create({ alpns: [alpn] })
    const proxy = await UdpProxy.open(server.boundAddresses()[0])
    proxy.delayMs = 10
    open.push(proxy)
    return { server, address: proxy.address }
  }

  /** Where another node is. */
  async function stranger() {
    const server = await create({ alpns: [alpn] })
    return server.boundAddresses()[0]
  }

  /** Dials the peer at `addresses` and says something both ways. */
  async function checkReached(server, addresses) {
    const client = await create()
    const peer = { nodeId: server.nodeId(), directAddresses: addresses }
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(peer, alpn)])
    const near = await dialled.openBi()
    await near.send.writeAll(Buffer.from('ask'))
    const far = await accepted.acceptBi()
    assert.equal((await far.recv.readExact(3)).toString(), 'ask')
    await far.send.writeAll(Buffer.from('answer'))
    assert.equal((await near.recv.readExact(6)).toString(), 'answer')
    return { client, accepted, dialled }
  }

  /** The code that a dial of nobody's NodeId at these addresses rejects with. */
  async function failureOf(addresses, options = { handshakeTimeoutMs: 400 }) {
    const server = await create()
    const client = await create(options)
    const dial = client.connect({ nodeId: server.nodeId(), directAddresses: addresses }, alpn)
    return dial.then(
      () => assert.fail('it connected'),
      ({ code }) => code
    )
  }

  for (const [what, answer] of Object.entries(answers)) {
    it(`reaches the peer behind one that answers ${what}`, async () => {
      const { server, address } = await farPeer()
      const { dialled } = await checkReached(server, [await falsely.answering(answer), address])
      assert.equal(dialled.paths()[0].remoteAddress, address)
      assert.equal(server.metrics().connectionsAccepted, 1)
    })
  }

  it('reaches the peer when another node has its old address', async () => {
    const { server, address } = await farPeer()
    const { dialled } = await checkReached(server, [await stranger(), address])
    assert.equal(dialled.paths()[0].remoteAddress, address)
  })

  it('reaches the peer when another node says its ServerHello and no more', async () => {
    const { server, address } = await farPeer()
    await checkReached(server, [await falsely.greeting(await stranger()), address])
    assert.equal(server.metrics().connectionsAccepted, 1)
  })

  it('reaches the peer when one passes on its first answer and no more', async () => {
    const { server, address } = await farPeer()
    const between = await falsely.falling(server.boundAddresses()[0])
    const { dialled } = await checkReached(server, [between, address])
    assert.equal(dialled.paths()[0].remoteAddress, address)
    assert.equal(server.metrics().connectionsAccepted, 1)
  })

  it('reaches the peer when one passes on its first answer and refuses in its name', async () => {
    const { server, address } = await farPeer()
    const between = await falsely.betraying(server.boundAddresses()[0])
    const { dialled } = await checkReached(server, [between, address])
    assert.equal(dialled.paths()[0].remoteAddress, address)
  })

  it('reaches the peer when nothing listens at the other address', async () => {
    const { server, address } = await farPeer()
    await checkReached(server, [await falsely.shut(), address])
  })

  it('reaches the peer at one of 32 addresses, each of the others false in its own way', async () => {
    const { server, address } = await farPeer()
    const kinds = Object.values(answers)
    const others = await Promise.all(Array.from({ length: 28 }, (_, n) => falsely.answering(kinds[n % kinds.length])))
    const addresses = [
      ...others,
      await stranger(),
      await falsely.greeting(await stranger()),
      address,
      await falsely.shut()
    ]
    const { dialled } = await checkReached(server, addresses)
    assert.equal(dialled.paths()[0].remoteAddress, address)
    assert.equal(server.metrics().connectionsAccepted, 1)
  })

  it('reaches the peer at one of 32 addresses when all others answer and fall silent', async () => {
    const { server, address } = await farPeer()
    const others = await Promise.all(
      Array.from({ length: 31 }, () => falsely.answering(answers['an Initial packet with a PING']))
    )
    await checkReached(server, [...others, address])
    assert.equal(server.metrics().connectionsAccepted, 1)
  })

  it('reaches the peer over a relay when all direct addresses are false', async () => {
    const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 })
    open.push(relay)
    const server = await create({ alpns: [alpn], relays: [relay.url] })
    const client = await create({ relays: [relay.url] })
    await Promise.all([server.online(), client.online()])
    const others = Object.values(answers).map((answer) => falsely.answering(answer))
    const directAddresses = [...(await Promise.all(others)), await stranger()]
    const peer = { nodeId: server.nodeId(), relayUrl: relay.url, directAddresses }
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(peer, alpn)])
    assert.equal(accepted.remoteNodeId(), client.nodeId())
    assert.equal(dialled.remoteNodeId(), server.nodeId())
    assert.equal(server.metrics().connectionsAccepted, 1)
  })

  it('makes one connection when all addresses are right', async () => {
    const server = await create({ alpns: [alpn] })
    const proxies = await Promise.all(Array.from({ length: 4 }, () => UdpProxy.open(server.boundAddresses()[0])))
    open.push(...proxies)
    await checkReached(server, [...server.boundAddresses(), ...proxies.map(({ address }) => address)])
    assert.equal(server.metrics().connectionsAccepted, 1)
  })

  it('asks the first address alone while it answers as it should', async () => {
    const server = await create({ alpns: [alpn], alwaysRetry: true })
    const { client } = await checkReached(server, [...server.boundAddresses(), await falsely.answering(() => null)])
    assert.equal(server.metrics().connectionsAccepted, 1)
    assert.equal(server.metrics().retriesSent, 1)
    assert.equal(client.metrics().handshakesInFlight, 0)
  })

  describe('and no other', () => {
    const failures = [
      ['a Version Negotiation', 'ERR_IROH_VERSION'],
      ['a CONNECTION_CLOSE that refuses', 'ERR_IROH_REFUSED'],
      ['a CONNECTION_CLOSE that knows no such ALPN', 'ERR_IROH_ALPN_MISMATCH'],
      ['an Initial packet with junk for TLS', 'ERR_IROH_HANDSHAKE'],
      ['a short header and junk', 'ERR_IROH_TIMEOUT'],
      ['a Handshake packet of junk', 'ERR_IROH_TIMEOUT'],
      ['an Initial packet with a PING', 'ERR_IROH_TIMEOUT'],
      ['a Retry', 'ERR_IROH_TIMEOUT']
    ]
    for (const [what, code] of failures) {
      it(`rejects with ${code} after ${what}`, async () => {
        assert.equal(await failureOf([await falsely.answering(answers[what])]), code)
        assert.equal(
          await failureOf([await falsely.answering(answers[what]), await falsely.answering(answers[what])]),
          code
        )
      })
    }

    it('rejects with ERR_IROH_WRONG_PEER once all addresses are other nodes', async () => {
      assert.equal(await failureOf([await stranger(), await stranger()]), 'ERR_IROH_WRONG_PEER')
    })

    it('rejects with what tells most of the peer', async () => {
      const refusing = await falsely.answering(answers['a CONNECTION_CLOSE that refuses'])
      const old = await falsely.answering(answers['a Version Negotiation'])
      assert.equal(await failureOf([await stranger(), old, await falsely.shut()]), 'ERR_IROH_WRONG_PEER')
      assert.equal(await failureOf([await stranger(), refusing]), 'ERR_IROH_REFUSED')
    })

    it('waits for those that are silent, for as long as handshakeTimeoutMs', async () => {
      const silent = await falsely.answering(() => null)
      assert.equal(await failureOf([await stranger(), silent]), 'ERR_IROH_TIMEOUT')
      assert.equal(
        await failureOf([await falsely.answering(answers['a Version Negotiation']), silent]),
        'ERR_IROH_TIMEOUT'
      )
    })
  })

  it('rejects at once with the refusal of a peer that has proved its key', async () => {
    const server = await create({ alpns: [alpn], allow: [] })
    const client = await create()
    const directAddresses = [...server.boundAddresses(), await falsely.answering(() => null)]
    await assert.rejects(client.connect({ nodeId: server.nodeId(), directAddresses }, alpn), {
      code: 'ERR_IROH_REFUSED'
    })
  })

  it('can be aborted, and leaves nothing behind', async () => {
    const server = await create({ alpns: [alpn] })
    const client = await create()
    const bad = Object.values(answers).map((answer) => falsely.answering(answer))
    const directAddresses = [
      ...(await Promise.all(bad)),
      await falsely.greeting(await stranger()),
      await falsely.answering(() => null)
    ]
    const abort = new AbortController()
    const dial = client.connect({ nodeId: server.nodeId(), directAddresses }, alpn, { signal: abort.signal })
    await until(() => client.metrics().udpDatagramsReceived > directAddresses.length)
    abort.abort()
    await assert.rejects(dial, { code: 'ERR_IROH_ABORTED' })
    await until(() => client.metrics().handshakesInFlight === 0)
  })
})
