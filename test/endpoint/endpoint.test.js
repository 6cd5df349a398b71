// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { Endpoint, SecretKey } = require('event-target-iroh')
const { alpn, local, useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')

describe('Endpoint', () => {
  const { create, connect } = useEndpoints()

  describe('.create', () => {
    it('opens an endpoint with a fresh key', async () => {
      const [a, b] = await Promise.all([Endpoint.create(), Endpoint.create()])
      assert.match(a.nodeId(), /^[0-9a-f]{64}$/)
      assert.notEqual(a.nodeId(), b.nodeId())
      await Promise.all([a.close(), b.close()])
    })
  })

  describe('.createWithOptions', () => {
    it('takes the key as SecretKey, bytes or hex', async () => {
      const key = SecretKey.generate()
      for (const secretKey of [key, key.toBytes(), key.toBytes().toString('hex')]) {
        const endpoint = await create({ secretKey })
        assert.equal(endpoint.nodeId(), key.nodeId())
        assert.equal(endpoint.secretKey().nodeId(), key.nodeId())
      }
    })

    it('binds where it is told, on one address or several', async () => {
      const one = await create({ bindAddress: '127.0.0.1:0' })
      assert.match(one.boundAddresses()[0], /^127\.0\.0\.1:[1-9]\d*$/)
      const two = await create({ bindAddress: ['127.0.0.1:0', '[::1]:0'] })
      assert.equal(two.boundAddresses().length, 2)
      assert.match(two.boundAddresses()[1], /^\[::1\]:[1-9]\d*$/)
    })

    it('rejects bad options, each with its code', async () => {
      const cases = [
        [{ secretKey: 'zz' }, 'ERR_IROH_INVALID_KEY'],
        [{ secretKey: Buffer.alloc(31) }, 'ERR_IROH_INVALID_KEY'],
        [{ bindAddress: 'localhost' }, 'ERR_IROH_INVALID_ADDRESS'],
        [{ bindAddress: '127.0.0.1:70000' }, 'ERR_IROH_INVALID_ADDRESS'],
        [{ bindAddress: 7 }, 'ERR_IROH_INVALID_ARGUMENT'],
        [{ alpns: 'test/1' }, 'ERR_IROH_INVALID_ARGUMENT'],
        [{ alpns: [''] }, 'ERR_IROH_INVALID_ARGUMENT'],
        [{ alpns: ['x'.repeat(256)] }, 'ERR_IROH_INVALID_ARGUMENT'],
        [{ allow: ['not a node id'] }, 'ERR_IROH_INVALID_NODE_ID'],
        [{ idleTimeoutMs: -1 }, 'ERR_IROH_INVALID_ARGUMENT'],
        [{ maxConnections: 'many' }, 'ERR_IROH_INVALID_ARGUMENT']
      ]
      for (const [options, code] of cases) {
        await assert.rejects(Endpoint.createWithOptions({ ...local, ...options }), { code }, JSON.stringify(options))
      }
    })

    it('rejects with ERR_IROH_ADDRESS_IN_USE for a port that is taken', async () => {
      const taken = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(taken, 'listening')
      const bindAddress = `127.0.0.1:${taken.address().port}`
      await assert.rejects(create({ bindAddress }), { code: 'ERR_IROH_ADDRESS_IN_USE' })
      taken.close()
    })
  })

  describe('#connect', () => {
    it('gives both sides a connection to the NodeId that was proved', async () => {
      const { server, client, accepted, dialled } = await connect()
      assert.equal(accepted.remoteNodeId(), client.nodeId())
      assert.equal(dialled.remoteNodeId(), server.nodeId())
      assert.deepEqual([accepted.side(), dialled.side()], ['server', 'client'])
      assert.deepEqual([accepted.alpn(), dialled.alpn()], [alpn, alpn])
    })

    it('takes a NodeId alone once addNodeAddr() told where it is', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      client.addNodeAddr(server.addr())
      await client.connect(server.nodeId().toUpperCase(), alpn)
    })

    it('rejects with ERR_IROH_NO_ADDRESS when nobody told', async () => {
      const client = await create()
      const { nodeId } = { nodeId: SecretKey.generate().nodeId() }
      await assert.rejects(client.connect(nodeId, alpn), { code: 'ERR_IROH_NO_ADDRESS' })
    })

    it('rejects with ERR_IROH_INVALID_NODE_ID for what is none', async () => {
      const client = await create()
      for (const peer of ['', 'abc', 'g'.repeat(64), { nodeId: 'abc', directAddresses: ['127.0.0.1:1'] }]) {
        await assert.rejects(client.connect(peer, alpn), { code: 'ERR_IROH_INVALID_NODE_ID' }, JSON.stringify(peer))
      }
    })

    it('rejects with ERR_IROH_ALPN_MISMATCH when the peer does not serve the protocol', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      await assert.rejects(client.connect(server.addr(), 'other/1'), {
        code: 'ERR_IROH_ALPN_MISMATCH',
        peer: server.nodeId()
      })
      assert.equal(server.metrics().handshakesFailed, 1)
    })

    it('rejects with ERR_IROH_WRONG_PEER when another NodeId answers', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      const peer = { ...server.addr(), nodeId: SecretKey.generate().nodeId() }
      await assert.rejects(client.connect(peer, alpn), { code: 'ERR_IROH_WRONG_PEER' })
    })

    it('rejects soon with ERR_IROH_UNREACHABLE when nothing listens', async () => {
      const server = await create({ alpns: [alpn] })
      const addr = server.addr()
      await server.close()
      const client = await create()
      await assert.rejects(client.connect(addr, alpn), { code: 'ERR_IROH_UNREACHABLE' })
    })

    it('rejects with ERR_IROH_TIMEOUT after timeoutMs when nothing answers', async () => {
      const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(silent, 'listening')
      const client = await create()
      const nodeId = SecretKey.generate().nodeId()
      const peer = { nodeId, directAddresses: [`127.0.0.1:${silent.address().port}`] }
      await assert.rejects(client.connect(peer, alpn, { timeoutMs: 200 }), { code: 'ERR_IROH_TIMEOUT', peer: nodeId })
      silent.close()
    })

    it('rejects with ERR_IROH_ABORTED when its signal aborts, before or meanwhile', async () => {
      const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(silent, 'listening')
      const client = await create()
      const peer = {
        nodeId: SecretKey.generate().nodeId(),
        directAddresses: [`127.0.0.1:${silent.address().port}`]
      }
      const before = client.connect(peer, alpn, { signal: AbortSignal.abort() })
      await assert.rejects(before, { code: 'ERR_IROH_ABORTED' })
      const controller = new AbortController()
      silent.once('message', () => controller.abort())
      const meanwhile = client.connect(peer, alpn, { signal: controller.signal })
      await assert.rejects(meanwhile, { code: 'ERR_IROH_ABORTED' })
      silent.close()
    })

    it('rejects with ERR_IROH_SELF_CONNECT for its own NodeId', async () => {
      const endpoint = await create({ alpns: [alpn] })
      await assert.rejects(endpoint.connect(endpoint.addr(), alpn), { code: 'ERR_IROH_SELF_CONNECT' })
    })

    it('rejects with ERR_IROH_CLOSED after close(), and when close() overtakes it', async () => {
      const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(silent, 'listening')
      const client = await create()
      const peer = {
        nodeId: SecretKey.generate().nodeId(),
        directAddresses: [`127.0.0.1:${silent.address().port}`]
      }
      const pending = client.connect(peer, alpn)
      const overtaken = assert.rejects(pending, (error) => /^ERR_IROH_(CLOSED|LOCALLY_CLOSED)$/.test(error.code))
      await client.close()
      await overtaken
      await assert.rejects(client.connect(peer, alpn), { code: 'ERR_IROH_CLOSED' })
      silent.close()
    })

    it('carries many connections over one socket', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      const count = 50
      const [accepted] = await Promise.all([
        (async () => {
          const connections = []
          for await (const connection of server) if (connections.push(connection) === count) break
          return connections
        })(),
        Promise.all(Array.from({ length: count }, () => client.connect(server.addr(), alpn)))
      ])
      assert.equal(new Set(accepted).size, count)
      assert.equal(server.metrics().connectionsOpen, count)
    })
  })

  describe('#accept', () => {
    it('gives null once the endpoint is closed', async () => {
      const server = await create({ alpns: [alpn] })
      const pending = server.accept()
      await server.close()
      assert.equal(await pending, null)
      assert.equal(await server.accept(), null)
    })

    it('is also a loop', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      const loop = (async () => {
        const seen = []
        for await (const connection of server) seen.push(connection.remoteNodeId())
        return seen
      })()
      const connection = await client.connect(server.addr(), alpn)
      const stream = await connection.openBi()
      await stream.send.writeAll('hello')
      await server.close()
      assert.deepEqual(await loop, [client.nodeId()])
    })
  })

  describe('#setAlpns', () => {
    it('changes what is served from now on', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      server.setAlpns(['new/1'])
      await assert.rejects(client.connect(server.addr(), alpn), { code: 'ERR_IROH_ALPN_MISMATCH' })
      assert.equal((await client.connect(server.addr(), 'new/1')).alpn(), 'new/1')
    })
  })

  describe('#close', () => {
    it('ends its connections, tells the peers, and may be called twice', async () => {
      const { server, client, accepted, dialled } = await connect()
      await Promise.all([server.close(), server.close()])
      assert.equal(server.isClosed(), true)
      assert.equal((await accepted.closed()).kind, 'locally-closed')
      assert.equal((await dialled.closed()).kind, 'application-closed')
      assert.equal(client.isClosed(), false)
    })

    it('is what `await using` calls', async () => {
      const endpoint = await create()
      await endpoint[Symbol.asyncDispose]()
      assert.equal(endpoint.isClosed(), true)
    })
  })

  describe('#rebind', () => {
    it('keeps a port that was asked for, and opens one more socket however often', async () => {
      const probe = await create()
      const [address] = probe.boundAddresses()
      await probe.close()
      const server = await create({ alpns: [alpn], bindAddress: address })
      for (let round = 0; round < 3; round++) server.rebind()
      assert.ok(server.boundAddresses().includes(address))
      assert.equal(server.boundAddresses().length, 2)
      const client = await create()
      await client.connect({ nodeId: server.nodeId(), directAddresses: [address] }, alpn)
    })

    it('moves dialled connections to fresh sockets, and nothing is lost', async () => {
      const { server, client, accepted, dialled } = await connect()
      const before = client.boundAddresses()[0]
      const { send } = await dialled.openBi()
      await send.writeAll('before ')
      const { recv } = await accepted.acceptBi()
      client.rebind()
      await send.writeAll('after')
      assert.equal((await recv.readExact(12)).toString(), 'before after')
      assert.notEqual(client.boundAddresses()[0], before)
      for await (const [path] of accepted.watchPaths()) if (path.remoteAddress === client.boundAddresses()[0]) break
      await until(() => server.metrics().pathMigrations >= 1)
    })
  })

  describe('#remoteInfo', () => {
    it('says what is known of a peer, also after it left', async () => {
      const { server, client, dialled } = await connect()
      const info = client.remoteInfo(server.nodeId())
      assert.deepEqual([info.nodeId, info.connections], [server.nodeId(), 1])
      assert.deepEqual(info.directAddresses, server.addr().directAddresses)
      assert.ok(info.rttMs > 0)
      dialled.close()
      await dialled.closed()
      assert.equal(client.remoteInfo(server.nodeId()).connections, 0)
      assert.equal(client.remoteInfo(SecretKey.generate().nodeId()), null)
    })
  })

  describe('#online', () => {
    it('resolves at once without relays', async () => {
      const endpoint = await create()
      await endpoint.online()
    })
  })

  describe('#metrics', () => {
    it('counts connections and datagrams', async () => {
      const { server, client } = await connect()
      assert.equal(server.metrics().connectionsAccepted, 1)
      assert.equal(client.metrics().connectionsDialled, 1)
      assert.ok(client.metrics().udpDatagramsSent > 0)
      assert.ok(Object.values(server.metrics()).every((value) => typeof value === 'number'))
    })
  })
})
