// SPDX-License-Identifier: MIT
// localDiscovery: multicast DNS between processes, here on the loopback alone.
'use strict'

const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const dgram = require('node:dgram')
const { once } = require('node:events')
const path = require('node:path')
const dnsPacket = require('dns-packet')
const { SecretKey, localDiscovery } = require('event-target-iroh')
const { readMessage } = require('../../lib/dns/reader')
const {
  announcement,
  mayBeOurs,
  questionFor,
  questionForAll,
  readAnnouncement,
  readQuery
} = require('../../lib/discovery/local-message')
const { alpn, useEndpoints } = require('../helpers/endpoints')

const GROUP = '224.0.0.251'
const here = { interfaces: ['127.0.0.1'] }
const never = new AbortController().signal
/** Other runs on this host are heard, too. */
const nodeId = SecretKey.generate().nodeId()

/** What real iroh asks. */
const forReal = dnsPacket.encode({ type: 'query', questions: [{ type: 'PTR', name: '_irohv1._udp.local' }] })

/** A response as it is read. */
const sent = (message) => readMessage(dnsPacket.encode({ type: 'response', ...message }))

describe('localDiscovery', () => {
  const { create } = useEndpoints()
  const open = []

  afterEach(async () => {
    for (const close of open.splice(0)) await close()
  })

  function attached(options, id = SecretKey.generate().nodeId()) {
    const discovery = localDiscovery({ ...here, ...options })
    discovery.attach({ nodeId: id })
    open.push(() => discovery.close())
    return discovery
  }

  /** Hears what is sent to the group, and speaks to it. */
  async function wiretap() {
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true })
    socket.bind(5353)
    await once(socket, 'listening')
    socket.addMembership(GROUP, '127.0.0.1')
    socket.setMulticastInterface('127.0.0.1')
    const heard = []
    socket.on('message', (bytes) => {
      try {
        heard.push(readMessage(bytes))
      } catch {
        // one of those that are meant to be wrong
      }
    })
    open.push(() => socket.close())
    return { heard, socket, say: (bytes) => socket.send(bytes, 5353, GROUP) }
  }

  /** Other programs use the group as well, tests of garbage among them. */
  function peersIn(message) {
    try {
      return readAnnouncement(message)
    } catch {
      return []
    }
  }

  const isOf = (id) => (message) => peersIn(message).some((peer) => peer.nodeId === id)

  it('finds a peer in another process by its NodeId alone', async () => {
    const child = fork(path.join(__dirname, '../helpers/children/local-peer.js'))
    const [peer] = await once(child, 'message')
    const client = await create({ discovery: [localDiscovery(here)] })
    const connection = await client.connect(peer, alpn)
    assert.equal(connection.remoteNodeId(), peer)
    const ended = once(child, 'exit')
    child.send('end')
    assert.deepEqual(await ended, [0, null])
  })

  it('finds each other in one process, both ways, and lists who is there', async () => {
    const [a, b] = [localDiscovery(here), localDiscovery(here)]
    const first = await create({ alpns: [alpn], discovery: [a] })
    const second = await create({ alpns: [alpn], discovery: [b] })
    await first.connect(second.nodeId(), alpn)
    await second.connect(first.nodeId(), alpn)
    const peers = await a.peers({ waitMs: 1200 })
    assert.ok(peers.some((peer) => peer.nodeId === second.nodeId()))
    assert.ok(!peers.some((peer) => peer.nodeId === first.nodeId()))
  })

  it('says nothing of one that only dials, and asks nothing when nobody waits', async () => {
    const { heard, say } = await wiretap()
    const quietId = SecretKey.generate().nodeId()
    const quiet = attached({}, quietId)
    const asks = (message) => readQuery(message)?.includes(nodeId) === true
    const published = attached({}, nodeId)
    await published.publish({ nodeId, directAddresses: ['127.0.0.1:1'] })
    while (!heard.some(isOf(nodeId))) await new Promise(setImmediate)
    assert.ok(!heard.some(asks))
    const asked = quiet.resolve(nodeId, { signal: never })
    assert.equal((await asked).nodeId, nodeId)
    assert.ok(heard.some(asks))
    assert.ok(!heard.some(isOf(quietId)))

    const before = heard.filter(isOf(nodeId)).length
    for (let n = 0; n < 50; n++) say(questionForAll())
    while (heard.filter(isOf(nodeId)).length === before) await new Promise(setImmediate)
    assert.equal(heard.filter(isOf(nodeId)).length, before + 1)
  })

  it('gives up in time, and when it is told to', async () => {
    const discovery = attached({ timeoutMs: 100 })
    const unknown = SecretKey.generate().nodeId()
    assert.equal(await discovery.resolve(unknown, { signal: never }), null)
    const stop = new AbortController()
    const asked = attached({ timeoutMs: 60_000 }).resolve(unknown, { signal: stop.signal })
    setImmediate(() => stop.abort())
    assert.equal(await asked, null)
    const closing = attached({ timeoutMs: 60_000 })
    const left = closing.resolve(unknown, { signal: never })
    await closing.close()
    assert.equal(await left, null)
  })

  it('is not hurt by what others send', async () => {
    const { say } = await wiretap()
    const discovery = attached()
    await discovery.publish({ nodeId: SecretKey.generate().nodeId(), directAddresses: ['127.0.0.1:1'] })
    const good = announcement({ nodeId, directAddresses: ['192.0.2.1:7'] })
    for (let at = 0; at < good.length; at += 3) {
      const changed = Buffer.from(good)
      changed[at] ^= 0xff
      say(changed)
      say(good.subarray(0, at + 1))
    }
    const asked = discovery.resolve(nodeId, { signal: never })
    say(good)
    assert.deepEqual(await asked, { nodeId, directAddresses: ['192.0.2.1:7'] })
  })

  it('answers who asks for it or for all, and real iroh, once a second', async () => {
    const { heard, say } = await wiretap()
    const discovery = attached({}, nodeId)
    await discovery.publish({ nodeId, directAddresses: ['127.0.0.1:1'] })
    const answers = () => heard.filter(isOf(nodeId)).length
    while (answers() < 1) await new Promise(setImmediate)
    for (const [index, message] of [questionFor(nodeId), questionForAll(), forReal].entries()) {
      say(message)
      while (answers() < 2 + index) await new Promise(setImmediate)
    }
    assert.equal(answers(), 4)
  })

  it('believes nothing that comes from another port, or to an address of this host', async () => {
    const { say, socket } = await wiretap()
    const stranger = dgram.createSocket('udp4')
    open.push(() => stranger.close())
    stranger.bind(0, '127.0.0.1')
    await once(stranger, 'listening')
    stranger.setMulticastInterface('127.0.0.1')
    const discovery = attached()
    const asked = discovery.resolve(nodeId, { signal: never })
    const told = (address) => announcement({ nodeId, directAddresses: [address] })
    const dropped = () => discovery.dropped.offLink
    while (dropped() === 0) {
      stranger.send(told('192.0.2.66:6'), 5353, GROUP)
      stranger.send(told('192.0.2.66:6'), 5353, '127.0.0.1')
      socket.send(told('192.0.2.67:6'), 5353, '127.0.0.1')
      await new Promise(setImmediate)
    }
    say(told('192.0.2.1:7'))
    assert.deepEqual(await asked, { nodeId, directAddresses: ['192.0.2.1:7'] })
  })

  it('gives what was heard before when a peer does not answer', async () => {
    const { heard, say } = await wiretap()
    const discovery = attached({ timeoutMs: 1000 })
    const asked = discovery.resolve(nodeId, { signal: never })
    while (!heard.some((message) => readQuery(message)?.includes(nodeId))) await new Promise(setImmediate)
    say(announcement({ nodeId, directAddresses: ['192.0.2.1:7'] }))
    const found = { nodeId, directAddresses: ['192.0.2.1:7'] }
    assert.deepEqual(await asked, found)
    assert.deepEqual(await discovery.resolve(nodeId, { signal: never, fresh: true }), found)
  })

  it('goes on when the network has changed', async () => {
    const [hub, client] = [attached({}, nodeId), attached()]
    await hub.publish({ nodeId, directAddresses: ['127.0.0.1:1'] })
    await hub.networkChanged()
    await client.networkChanged() // it has nothing open yet
    assert.equal((await client.resolve(nodeId, { signal: never })).nodeId, nodeId)
  })

  it('says so when there can be no multicast', async () => {
    const discovery = attached({ interfaces: ['192.0.2.200'] })
    await assert.rejects(discovery.resolve(nodeId, { signal: never }), { code: 'ERR_IROH_DISCOVERY' })
    const client = await create({ discovery: [localDiscovery({ interfaces: ['192.0.2.200'] })] })
    await assert.rejects(client.connect(nodeId, alpn), {
      code: 'ERR_IROH_NO_ADDRESS',
      message: /multicast at 192.0.2.200/
    })
  })

  it('decodes no datagram that cannot be for it', () => {
    const good = announcement({ nodeId, directAddresses: ['192.0.2.1:7'] })
    assert.equal(mayBeOurs(good), true)
    assert.equal(mayBeOurs(questionForAll()), true)
    const promising = Buffer.from(good)
    promising.writeUInt16BE(0xffff, 10)
    const other = dnsPacket.encode({ type: 'query', questions: [{ type: 'PTR', name: '_http._tcp.local' }] })
    const long = Buffer.concat([good, Buffer.alloc(1473)])
    for (const datagram of [promising, other, long, good.subarray(0, 11), Buffer.alloc(0)]) {
      assert.equal(mayBeOurs(datagram), false)
    }
  })

  it('knows whom a question is for', () => {
    const read = (...questions) => readQuery(readMessage(dnsPacket.encode({ type: 'query', questions })))
    const ptr = { type: 'PTR', name: '_IROHv1._udp.local' }
    assert.equal(read(ptr), 'all')
    assert.equal(readQuery(readMessage(questionForAll())), 'all now')
    assert.deepEqual(readQuery(readMessage(questionFor(nodeId))), [nodeId])
    assert.equal(read({ ...ptr, name: '_http._tcp.local' }), null)
    assert.equal(read({ ...ptr, type: 'A' }), null)
    assert.equal(read(ptr, { type: 'SRV', name: `x._irohv1._udp.local` }), 'all')
    assert.equal(read(), null)
  })

  describe('announcements', () => {
    it("have iroh's names and records", () => {
      const addr = {
        nodeId,
        directAddresses: ['192.0.2.1:7', '[2001:db8::1]:8', '192.0.2.2:7'],
        relayUrl: 'http://a.test/'
      }
      const bytes = announcement(addr)
      const { flags, answers, additionals } = dnsPacket.decode(bytes)
      assert.equal(flags, 0x400) // authoritative, as real iroh requires of an answer
      const instance = answers[0].data
      assert.equal(instance.length, 52 + 1 + '_irohv1._udp.local'.length)
      assert.deepEqual(
        answers.map(({ type, name }) => `${type} ${name.replace(instance, '<instance>')}`),
        ['PTR _irohv1._udp.local', 'TXT <instance>', 'SRV <instance>', 'SRV <instance>']
      )
      const [id] = instance.split('.')
      assert.deepEqual(
        answers.slice(2).map(({ data }) => [data.port, data.target]),
        [
          [7, `${id}-7.local`],
          [8, `${id}-8.local`]
        ]
      )
      assert.deepEqual(
        additionals.map(({ type, name, data }) => `${type} ${name.replace(id, '')} ${data}`),
        ['A -7.local 192.0.2.1', 'AAAA -8.local 2001:db8::1', 'A -7.local 192.0.2.2']
      )
      const [read] = readAnnouncement(readMessage(bytes))
      assert.deepEqual(read.directAddresses.sort(), addr.directAddresses.sort())
      assert.equal(read.relayUrl, addr.relayUrl)
    })

    it('fit into one packet', () => {
      const directAddresses = Array.from({ length: 100 }, (_, n) => `192.0.2.${n}:${4000 + n}`)
      const bytes = announcement({ nodeId, directAddresses })
      assert.ok(bytes.length <= 1400)
      const [peer] = readAnnouncement(readMessage(bytes))
      assert.ok(peer.directAddresses.length >= 4)
      assert.deepEqual(peer.directAddresses, directAddresses.slice(0, peer.directAddresses.length))
    })

    it('of many NodeIds are read for the first few, and of many addresses', () => {
      const ids = Array.from({ length: 12 }, () => SecretKey.generate().nodeId())
      const instances = ids.map(
        (id) => dnsPacket.decode(announcement({ nodeId: id, directAddresses: [] })).answers[0].data
      )
      const srv = (name) => ({ type: 'SRV', name, data: { port: 7, target: 'x.local' } })
      const a = (n) => ({ type: 'A', name: 'x.local', data: `192.0.2.${n}` })
      const hosts = Array.from({ length: 60 }, (_, n) => a(n + 1))
      const peers = readAnnouncement(sent({ answers: instances.slice(0, 4).map(srv), additionals: hosts }))
      assert.deepEqual(
        peers.map((peer) => peer.directAddresses.length),
        [32] // of several that name one target, the last has it
      )
      const relay = (name) => ({ type: 'TXT', name, data: 'relay=http://a.test/' })
      const told = readAnnouncement(sent({ answers: instances.map(relay) }))
      assert.deepEqual(
        told.map((peer) => peer.nodeId),
        ids.slice(0, 4)
      )
    })

    it('of others are read as far as they are of iroh', () => {
      const instance = dnsPacket.decode(announcement({ nodeId, directAddresses: [] })).answers[0].data
      const srv = (name, target) => ({ type: 'SRV', name, data: { port: 7, target } })
      const a = (name) => ({ type: 'A', name, data: '192.0.2.1' })
      const read = (answers, additionals) => readAnnouncement(sent({ answers, additionals }))
      assert.deepEqual(read([srv(instance.toUpperCase(), 'X.local')], [a('x.LOCAL')]), [
        { nodeId, directAddresses: ['192.0.2.1:7'] }
      ])
      const attributes = { type: 'TXT', name: instance, data: ['relay=http://a.test/', 'user-data=hi'] }
      assert.deepEqual(read([attributes], []), [{ nodeId, directAddresses: [], relayUrl: 'http://a.test/' }])
      assert.deepEqual(read([srv(`short._irohv1._udp.local`, 'x.local')], [a('x.local')]), [])
      assert.deepEqual(read([srv(instance.replace('irohv1', 'other'), 'x.local')], [a('x.local')]), [])
      assert.deepEqual(read([srv(instance, 'x.local')], [a('y.local')]), [])
      assert.deepEqual(read([], [a('x.local')]), [])
      for (const data of ['0.0.0.0', '224.0.0.251']) {
        assert.deepEqual(read([srv(instance, 'x.local')], [{ type: 'A', name: 'x.local', data }]), [])
      }
      const noPort = { type: 'SRV', name: instance, data: { port: 0, target: 'x.local' } }
      assert.deepEqual(read([noPort], [a('x.local')]), [])
    })
  })
})
