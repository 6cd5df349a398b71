// SPDX-License-Identifier: MIT
// What an endpoint sends to whom because others say so (docs/design/hearsay.md).
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const net = require('node:net')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { Endpoint, Gossip, SecretKey, TopicId, memoryDiscovery } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { isOutside } = require('../../lib/base/ip-scope')
const { PerMinute } = require('../../lib/base/per-minute')
const { kDial } = require('../../lib/base/symbols')
const { someOf } = require('../../lib/dialer/attempts')
const { readProxyOption } = require('../../lib/outbound/proxies')
const { RelayClient } = require('../../lib/relay/client')
const { ForeignDials, foreignRelayUrl } = require('../../lib/relay/foreign')
const { local } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')
const { FakeClock } = require('../helpers/fake-clock.js')
const { useProxies } = require('../helpers/http-proxy.js')
const { RawStream, messages, useRawGossip, varint } = require('../helpers/raw-gossip.js')

const worker = path.join(__dirname, '../helpers/children/hearsay-worker.js')
const topicId = TopicId.fromName('hearsay')
const topic = topicId.toString()
const hexOf = (text) => Buffer.from(text).toString('hex')
const madeUp = (count) => Array.from({ length: count }, () => SecretKey.generate().nodeId())

/** Peer data that names a relay and no address. */
const relayData = (url) => `01${varint(url.length)}${hexOf(url)}00`
/** Peer data that names ports of 127.0.0.1. */
const portsData = (ports) => `00${varint(ports.length)}${ports.map((port) => `007f000001${varint(port)}`).join('')}`

describe('Hearsay', () => {
  const rawPeer = useRawGossip()
  const ends = []

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  async function member(options) {
    const endpoint = await Endpoint.createWithOptions({ ...local, ...options })
    const gossip = await Gossip.spawn(endpoint)
    ends.push(() => endpoint.close())
    await gossip.subscribe(topicId)
    return { endpoint, gossip, nodeId: endpoint.nodeId(), addresses: endpoint.boundAddresses() }
  }

  /** Sockets that count what comes and never answer. */
  async function victim(count) {
    const counted = { datagrams: 0, bytes: 0, ports: [] }
    for (let i = 0; i < count; i++) {
      const socket = dgram.createSocket('udp4')
      socket.on('message', (datagram) => {
        counted.datagrams++
        counted.bytes += datagram.length
      })
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      counted.ports.push(socket.address().port)
      ends.push(() => new Promise((resolve) => socket.close(resolve)))
    }
    return counted
  }

  describe('addresses that a gossip neighbour names', () => {
    it('get less than three times what it says, whatever it says', async () => {
      const victims = await victim(31)
      const one = await member()
      const raw = await rawPeer()
      const { stream } = await raw.join(one, topic)
      let said = 0
      for (let round = 0; round < 40; round++) {
        const list = messages.shuffleReplyWith(madeUp(13), portsData(victims.ports))
        said += list.length / 2
        await stream.say(list)
      }
      await stream.say(messages.gossip('all read', 0))
      await until(() => one.gossip.metrics().received === 1)
      // Its dials are over, and it was wrong so often that nothing it says counts.
      await until(() => one.gossip.metrics().dialling === 0 && victims.datagrams > 0)
      const before = victims.datagrams
      await stream.say(messages.shuffleReplyWith(madeUp(13), portsData(victims.ports)), messages.gossip('over', 0))
      await until(() => one.gossip.metrics().received === 2)
      assert.equal(one.gossip.metrics().dialling, 0)
      assert.equal(victims.datagrams, before)
      assert.ok(victims.bytes < 3 * said, `${victims.bytes} bytes for ${said}`)
      assert.ok(victims.datagrams <= 26 * 6, `${victims.datagrams} datagrams`)
    })

    it('are not passed on to others unless it was met there', async () => {
      const victims = await victim(4)
      const one = await member()
      const [liar, listener] = [await rawPeer(), await rawPeer()]
      await listener.join(one, topic)
      const stream = await RawStream.open(await liar.dial({ nodeId: one.nodeId, addresses: one.addresses }), topic)
      await stream.say(messages.join(portsData(victims.ports)))
      const forwarded = await listener.next(topic, '0001')
      assert.ok(forwarded.startsWith(`0001${liar.nodeId}01`))
      assert.ok(forwarded.includes(liar.data.slice(6)), forwarded)
      for (const port of victims.ports) assert.ok(!forwarded.includes(`007f000001${varint(port)}`), forwarded)
    })
  })

  it('all endpoints and worker threads share what an address gets, and nobody else does without', async () => {
    const victims = await victim(1)
    const address = `127.0.0.1:${victims.ports[0]}`
    const startedAt = performance.now()
    const endpoints = await Promise.all([1, 2, 3].map(() => Endpoint.createWithOptions(local)))
    ends.push(...endpoints.map((endpoint) => () => endpoint.close()))
    const workers = [1, 2].map(() => new Worker(worker, { workerData: { address, dials: 20 } }))
    const hint = { directAddresses: [address] }
    const dials = endpoints.flatMap((endpoint) =>
      madeUp(20).map((nodeId) => endpoint[kDial](nodeId, '/x', { hint, timeoutMs: 1500 }).catch((error) => error.code))
    )
    const codes = await Promise.all([...dials, ...workers.map(async (one) => (await once(one, 'message'))[0])])
    assert.deepEqual(new Set(codes.flat()), new Set(['ERR_IROH_TIMEOUT']))
    const seconds = (performance.now() - startedAt) / 1000
    assert.ok(victims.datagrams <= 16 + seconds + 1, `${victims.datagrams} datagrams in ${seconds} s`)
    assert.ok(endpoints[0].metrics().unprovedHeldBack > 0)
    // The peer that is there is found at once.
    const peer = await Endpoint.createWithOptions({ ...local, alpns: ['/x'] })
    ends.push(() => peer.close())
    const there = { directAddresses: peer.boundAddresses() }
    const connection = await endpoints[0][kDial](peer.nodeId(), '/x', { hint: there })
    assert.equal(connection.remoteNodeId(), peer.nodeId())
  })

  describe('relays that a gossip neighbour names', () => {
    it('are not dialled on this host, and those that the program names are', async () => {
      const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: false, quicPort: false })
      ends.push(() => relay.close())
      let connections = 0
      const internal = net.createServer((socket) => {
        connections++
        socket.on('error', () => {})
        socket.destroy()
      })
      internal.listen(0, '127.0.0.1')
      await once(internal, 'listening')
      ends.push(() => new Promise((resolve) => internal.close(resolve)))
      const url = `http://127.0.0.1:${internal.address().port}/admin?cmd=stop`
      const one = await member({ relays: [{ url: relay.url, stunPort: 0, quicPort: 0 }], portMapping: false })
      const raw = await rawPeer()
      const { stream } = await raw.join(one, topic)
      for (let round = 0; round < 5; round++) {
        await stream.say(messages.shuffleReplyWith(madeUp(13), relayData(`${url}&n=${round}`)))
      }
      await stream.say(messages.gossip('all read', 0))
      await until(() => one.gossip.metrics().received > 0 && one.gossip.metrics().dialling === 0)
      assert.equal(connections, 0)
      const named = { nodeId: madeUp(1)[0], relayUrl: url }
      const dial = one.endpoint.connect(named, '/x').catch(() => {})
      await until(() => connections > 0)
      await one.endpoint.close()
      await dial
    })

    it('that a look-up finds are not dialled there, either', async () => {
      const discovery = memoryDiscovery()
      const [nodeId] = madeUp(1)
      discovery.add({ nodeId, relayUrl: 'http://127.0.0.1:1/' })
      const one = await member({
        relays: [{ url: 'http://127.0.0.1:2/', stunPort: 0 }],
        portMapping: false,
        discovery: [discovery]
      })
      await assert.rejects(one.endpoint.connect(nodeId, '/x'), { code: 'ERR_IROH_NO_ADDRESS' })
    })
  })

  describe('foreignRelayUrl()', () => {
    it('takes the origin of hosts outside', () => {
      assert.equal(foreignRelayUrl('https://u:p@relay.example.com/x?y=1#z'), 'https://relay.example.com/')
      assert.equal(foreignRelayUrl('wss://relay.example.com.:8443/a'), 'wss://relay.example.com.:8443/')
      assert.equal(foreignRelayUrl('http://192.0.2.1:3340/'), 'http://192.0.2.1:3340/')
      assert.equal(foreignRelayUrl('http://[2606:4700::1]/'), 'http://[2606:4700::1]/')
    })

    for (const host of [
      '127.0.0.1',
      '127.1',
      '0x7f000001',
      '2130706433',
      '0.0.0.0',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '[::]',
      '[::1]',
      '[fe80::1]',
      '[fc00::1]',
      '[fd00:ec2::254]',
      '[ff02::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:8.8.8.8]',
      '[::127.0.0.1]',
      '[2002:7f00:1::1]',
      '[64:ff9b::7f00:1]',
      '[64:ff9b:1::1]',
      '[2001::1]',
      'localhost',
      'LOCALHOST.',
      'a.localhost',
      'printer',
      'printer.',
      'printer.local',
      'db.internal',
      'router.lan',
      'box.home.arpa',
      'x.onion'
    ]) {
      it(`takes no ${host}`, () => assert.equal(foreignRelayUrl(`http://${host}:8080/`), null))
    }

    it('takes no port of another protocol', () => {
      for (const port of [22, 25, 53, 110, 143, 389, 587, 993]) {
        assert.equal(foreignRelayUrl(`http://relay.example.com:${port}/`), null)
      }
      assert.equal(foreignRelayUrl('http://relay.example.com:80/'), 'http://relay.example.com/')
    })

    it('throws for what is no relay', () => {
      assert.throws(() => foreignRelayUrl('ftp://relay.example.com/'), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    })
  })

  describe('isOutside()', () => {
    it('looks into NAT64 addresses', () => {
      assert.equal(isOutside('64:ff9b::808:808'), true)
      assert.equal(isOutside('64:ff9b::a00:1'), false)
      assert.equal(isOutside('fe80::1%eth0'), false)
    })
  })

  describe('a relay whose name others give', () => {
    const openProxy = useProxies()

    /** Dials it; gives why that failed. */
    async function failureOf(options) {
      const client = new RelayClient({ secretKey: SecretKey.generate(), ...options })
      ends.push(() => client.close())
      client.connect()
      const [error] = await once(client, 'down')
      return error
    }

    it('is not connected to where the name leads inside', async () => {
      let accepted = 0
      const server = net.createServer(() => accepted++).listen(0, '127.0.0.1')
      await once(server, 'listening')
      ends.push(() => server.close())
      const url = `http://localhost:${server.address().port}/`
      const { code, message } = await failureOf({ url, admits: isOutside })
      assert.equal(code, 'ERR_IROH_UNREACHABLE')
      assert.match(message, /localhost has no address outside of this network/)
      assert.equal(accepted, 0)
    })

    it('is not asked of a proxy either, which is given the address that may be connected to', async () => {
      const proxy = await openProxy()
      const proxies = readProxyOption(proxy.name)
      await failureOf({ url: 'http://localhost:7/', proxies, admits: isOutside })
      assert.deepEqual(proxy.asked, [])
      proxy.onConnect = (socket) => socket.destroy()
      await failureOf({ url: 'https://localhost:7/', proxies, admits: (address) => address === '127.0.0.1' })
      assert.deepEqual(
        proxy.asked.map(({ url }) => url),
        ['127.0.0.1:7']
      )
    })
  })

  describe('ForeignDials', () => {
    const url = (n) => `https://relay-${n}.example.com/`

    it('has a few at a time', () => {
      const dials = new ForeignDials(new FakeClock(), new PerMinute(100))
      for (let n = 0; n < 4; n++) assert.equal(dials.begin(url(n)), true)
      assert.equal(dials.begin(url(4)), false)
      dials.over(url(0))
      assert.equal(dials.begin(url(4)), true)
    })

    it('has a few a minute, of one endpoint and of all', () => {
      const clock = new FakeClock()
      const all = new PerMinute(20)
      const [one, other] = [new ForeignDials(clock, all), new ForeignDials(clock, all)]
      const begun = (dials) => {
        let count = 0
        for (let n = 0; n < 100; n++) {
          if (!dials.begin(url(n))) continue
          count++
          dials.over(url(n))
        }
        return count
      }
      assert.deepEqual([begun(one), begun(other)], [12, 8])
      clock.advance(60_000)
      assert.equal(begun(other), 12)
    })

    it('leaves what was no relay alone for five minutes', () => {
      const clock = new FakeClock()
      const dials = new ForeignDials(clock, new PerMinute(100))
      assert.equal(dials.begin(url(1)), true)
      dials.failed(url(1))
      clock.advance(299_999)
      assert.equal(dials.begin(url(1)), false)
      clock.advance(1)
      assert.equal(dials.begin(url(1)), true)
    })
  })

  it('of the addresses that others name three are dialled, and the relay', () => {
    const addresses = ['1.1.1.1:1', '1.1.1.1:2', 'relay:3', '1.1.1.1:4', '1.1.1.1:5']
    const some = someOf(addresses, 3)
    assert.equal(some.length, 4)
    assert.equal(some.at(-1), 'relay:3')
    assert.ok(some.every((address) => addresses.includes(address)))
    assert.deepEqual(someOf(['1.1.1.1:1'], 3), ['1.1.1.1:1'])
  })
})
