// SPDX-License-Identifier: MIT
// What lists say counts until a connection exists: whoever is taken off meanwhile does not come in.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { CloseCode, Endpoint, Gossip, Router, SecretKey, TopicId, createHub, createSpoke } = require('event-target-iroh')
const { alpn, local, useEndpoints } = require('../helpers/endpoints')
const { until } = require('../helpers/events')
const { deferred } = require('../../lib/base/deferred')

describe('A NodeId that is revoked', () => {
  const { create } = useEndpoints()

  describe('after it has proved its key, before the connection exists', () => {
    const nobody = () => false
    const everybody = () => true
    // The function that is asked first answers, and what it began goes on before the connection comes to be.
    const revocations = {
      'endpoint.setAllow() with a list': (server) => server.setAllow([]),
      'endpoint.setAllow() with a function': (server) => server.setAllow(nobody),
      'endpoint.deny()': (server, nodeId) => server.deny(nodeId)
    }
    for (const [how, revoke] of Object.entries(revocations)) {
      it(`is refused: ${how}`, async () => {
        let server
        const allow = (nodeId) => {
          queueMicrotask(() => revoke(server, nodeId))
          return true
        }
        server = await create({ alpns: [alpn], allow })
        await assertRefused(server)
      })
    }

    it('is refused by functions that say something else when they are asked again', async () => {
      for (const rule of [{ allow: [true, false] }, { deny: [false, true] }]) {
        const [[name, answers]] = Object.entries(rule)
        const server = await create({ alpns: [alpn], [name]: () => answers.shift() })
        await assertRefused(server)
        assert.equal(answers.length, 0)
      }
    })

    it('is let in by functions that say the same, and asked about twice', async () => {
      const asked = []
      const server = await create({ alpns: [alpn], allow: (nodeId) => asked.push(nodeId) > 0, deny: () => false })
      const client = await create()
      const [accepted] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
      assert.equal(accepted.remoteNodeId(), client.nodeId())
      assert.deepEqual(asked, [client.nodeId(), client.nodeId()])
    })

    it('is refused by an allow function that is asynchronous, whatever it says in the end', async () => {
      await assertRefused(await create({ alpns: [alpn], allow: async () => true }))
    })

    it('leaves others of the same batch alone', async () => {
      const revoked = await create()
      const server = await create({ alpns: [alpn], allow: everybody })
      server.setAllow((nodeId) => {
        if (nodeId === revoked.nodeId()) queueMicrotask(() => server.deny(revoked.nodeId()))
        return true
      })
      const others = await Promise.all(Array.from({ length: 5 }, () => create()))
      const dials = others.map((other) => other.connect(server.addr(), alpn))
      await assert.rejects(revoked.connect(server.addr(), alpn), { code: 'ERR_IROH_REFUSED' })
      await Promise.all(dials)
      const accepted = await Promise.all(others.map(() => server.accept()))
      assert.deepEqual(new Set(accepted.map((one) => one.remoteNodeId())), new Set(others.map((one) => one.nodeId())))
      assert.equal(server.metrics().connectionsAccepted, 5)
    })

    /** The program does not see the connection, and it counts as a refusal. */
    async function assertRefused(server) {
      server.accept().then((connection) => assert.equal(connection, null))
      const refused = []
      server.on('network', ({ type, nodeId }) => type === 'refused' && refused.push(nodeId))
      const client = await create()
      await assert.rejects(client.connect(server.addr(), alpn), { code: 'ERR_IROH_REFUSED', quicError: 0x131 })
      await until(() => server.metrics().handshakesRefused === 1)
      assert.deepEqual(refused, [client.nodeId()])
      const { connectionsAccepted, connectionsOpen, handshakesInFlight } = server.metrics()
      assert.deepEqual([connectionsAccepted, connectionsOpen, handshakesInFlight], [0, 0, 0])
    }
  })

  describe('at a hub with a file', () => {
    const open = []
    let folder
    let file
    let secretKey

    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'revocation-'))
      file = path.join(folder, 'allowed')
      secretKey = SecretKey.generate()
      fs.writeFileSync(file, secretKey.nodeId())
    })

    afterEach(async () => {
      await Promise.all(open.splice(0).map((one) => one.close()))
      fs.rmSync(folder, { recursive: true })
    })

    async function startHub(options) {
      const hub = await createHub({ endpointOptions: local, allow: { file }, ...options })
      open.push(hub)
      return hub
    }

    /** The file is as it is told at once. */
    function revoke(hub) {
      fs.writeFileSync(file, '# nobody\n')
      return hub.reloadAllow()
    }

    it('is closed when the file is read, at once if that is wanted', async () => {
      const hub = await startHub()
      const spoke = await createSpoke({ hub: hub.addr(), endpointOptions: { ...local, secretKey }, reconnect: false })
      open.push(spoke)
      await until(() => hub.spokes.size === 1)
      const told = once(hub, 'allowlist')
      await revoke(hub)
      assert.deepEqual(await told, [null])
      assert.equal((await spoke.closed).code, CloseCode.NOT_ALLOWED)
      assert.equal(hub.spokes.size, 0)
    })

    it('is closed while the hub waits for what it wants', async () => {
      const hub = await startHub({ delivery: 'resume' })
      hub.on('spoke', () => assert.fail('it became a spoke'))
      const client = await create({ secretKey })
      const connection = await client.connect(hub.addr(), hub.alpn)
      const { send, recv } = await connection.openBi()
      await send.writeAll(Buffer.from([0, 0, 0])) // a part of the first envelope
      await recv.read(1000) // the hub has the stream, and offers to resume
      await revoke(hub)
      assert.equal((await connection.closed()).code, CloseCode.NOT_ALLOWED)
    })

    it('is closed while a hook of the router takes its time', async () => {
      const endpoint = await create()
      const hub = await startHub({ endpoint, endpointOptions: undefined })
      hub.on('spoke', () => assert.fail('it became a spoke'))
      const dialled = deferred()
      const admit = async () => {
        await dialled.promise
        await revoke(hub)
        return true
      }
      const router = Router.builder(endpoint).accept(hub.alpn, hub, { admit }).spawn()
      const rejected = once(router, 'rejected')
      const client = await create({ secretKey })
      const connection = await client.connect(endpoint.addr(), hub.alpn)
      const { send } = await connection.openBi()
      await send.writeAll(Buffer.from([0, 0, 0, 12, ...Buffer.from('{"type":"a"}')]))
      dialled.resolve()
      assert.deepEqual(await rejected, [client.nodeId(), hub.alpn])
      assert.equal((await connection.closed()).code, CloseCode.NOT_ALLOWED)
      await router.shutdown()
    })

    it('is closed on other protocols of the endpoint, too', async () => {
      const endpoint = await create({ alpns: [alpn] })
      const hub = await startHub({ endpoint, endpointOptions: undefined })
      const client = await create({ secretKey })
      const connection = await client.connect(endpoint.addr(), alpn)
      await endpoint.accept()
      await revoke(hub)
      assert.equal((await connection.closed()).code, CloseCode.NOT_ALLOWED)
    })

    it('loses the session it had, though it is not connected', async () => {
      const hub = await startHub({ delivery: 'resume' })
      const endpointOptions = { ...local, secretKey }
      const spoke = await createSpoke({ hub: hub.addr(), endpointOptions, delivery: 'resume' })
      open.push(spoke)
      const [target] = await once(hub, 'spoke')
      const gone = once(hub, 'spokedisconnect')
      spoke.endpoint.close()
      await gone
      assert.equal(target.state, 'disconnected')
      target.send({ type: 'waits for it' })
      const closed = once(hub, 'spokeclose')
      await revoke(hub)
      const [nodeId, { code }] = await closed
      assert.deepEqual([nodeId, code, target.state], [secretKey.nodeId(), CloseCode.NOT_ALLOWED, 'closed'])
    })

    it('finds no session in the spool of a hub that begins without it', async () => {
      const spool = path.join(folder, 'spool')
      const key = SecretKey.generate()
      const endpointOptions = { ...local, secretKey: key }
      const first = await startHub({ delivery: 'resume', spool, endpointOptions })
      const spoke = await createSpoke({
        hub: first.addr(),
        endpointOptions: { ...local, secretKey },
        delivery: 'resume',
        reconnect: false
      })
      open.push(spoke)
      const [target] = await once(first, 'spoke')
      const gone = once(first, 'spokedisconnect')
      spoke.endpoint.close()
      await gone
      target.send({ type: 'waits for it' })
      await first.close()
      fs.writeFileSync(file, '# nobody\n')
      const second = await startHub({ delivery: 'resume', spool, endpointOptions })
      assert.equal(second.spokes.size, 0)
    })
  })

  describe('#reloadAllow', () => {
    it('rejects when the file cannot be used, and the old list stays', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'revocation-'))
      const file = path.join(folder, 'allowed')
      const secretKey = SecretKey.generate()
      fs.writeFileSync(file, secretKey.nodeId())
      const hub = await createHub({ endpointOptions: local, allow: { file } })
      const told = []
      hub.on('allowlist', (error) => told.push(error?.code))
      fs.writeFileSync(file, 'nonsense')
      await assert.rejects(hub.reloadAllow(), { code: 'ERR_IROH_INVALID_NODE_ID' })
      fs.rmSync(file)
      await assert.rejects(hub.reloadAllow(), { code: 'ERR_IROH_INVALID_ARGUMENT', message: /ENOENT/ })
      assert.deepEqual(told, ['ERR_IROH_INVALID_NODE_ID', 'ERR_IROH_INVALID_ARGUMENT'])
      const client = await create({ secretKey })
      await client.connect(hub.addr(), hub.alpn)
      await hub.close()
      fs.rmSync(folder, { recursive: true })
    })

    it('rejects when there is no file', async () => {
      const hub = await createHub({ endpointOptions: local, allow: [] })
      await assert.rejects(hub.reloadAllow(), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      await hub.close()
    })
  })

  it('is not dialled by gossip, whoever names it', async () => {
    const [keeper, revoked, friend] = [await create(), await create(), await create()]
    const topicId = TopicId.random()
    const gossips = await Promise.all([keeper, revoked, friend].map((endpoint) => Gossip.spawn(endpoint)))
    const guest = await gossips[1].subscribe(topicId, [])
    keeper.deny(revoked.nodeId())
    const topic = await gossips[0].subscribe(topicId, [revoked.addr()])
    const seen = []
    for await (const event of topic) {
      seen.push(event.type)
      if (event.type !== 'dialFailed') continue
      assert.equal(event.error.code, 'ERR_IROH_DENIED')
      break
    }
    assert.deepEqual(seen, ['dialFailed'])
    // A friend of both names the one to the other.
    const between = await gossips[2].subscribeAndJoin(topicId, [revoked.addr()])
    await between.joinPeers([keeper.addr()])
    await until(() => topic.neighbors().length > 0 && between.neighbors().length === 2)
    assert.deepEqual(topic.neighbors(), [friend.nodeId()])
    assert.deepEqual(guest.neighbors(), [friend.nodeId()])
    await Promise.all(gossips.map((gossip) => gossip.close()))
  })

  it('is no neighbour in a topic because of what admit said of it when it was there before', async () => {
    const [keeper, secretKey, topicId] = [await create(), SecretKey.generate(), TopicId.random()]
    const questions = []
    const admit = () => new Promise((resolve) => questions.push(resolve))
    const gossip = await Gossip.spawn(keeper)
    const topic = await gossip.subscribe(topicId, [], { admit })
    const join = async () => {
      const endpoint = await Endpoint.createWithOptions({ ...local, secretKey })
      const guest = await Gossip.spawn(endpoint)
      await guest.subscribe(topicId, [keeper.addr()])
      return endpoint
    }
    const first = await join()
    await until(() => questions.length === 1)
    await first.close()
    await until(() => keeper.metrics().connectionsOpen === 0)
    const second = await join()
    await until(() => questions.length === 2)
    questions[0](true)
    await new Promise(setImmediate)
    questions[1](false)
    await second.close()
    await until(() => keeper.metrics().connectionsOpen === 0)
    await gossip.close()
    for await (const { type } of topic) assert.notEqual(type, 'neighborUp')
  })
})
