// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const tls = require('node:tls')
const { SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { createCertificate } = require('../../../bench/certificate.js')
const { encodeAuth, encodePing } = require('../../../lib/relay/protocol')
const { until } = require('../../helpers/events')
const { openPorts } = require('../../helpers/open-ports')
const { CLIENT_AUTH_HEADER, clientAuthHeader, useRelays } = require('../../helpers/raw-relay-client')

const DENIED = 1008
const BAD_FRAME = 1002
const invalid = { code: 'ERR_IROH_INVALID_ARGUMENT' }

describe('admission to a relay', () => {
  const { listen, dial, connect } = useRelays()

  /** The reason the relay denies a client for; its connection is closed, and counted as nobody's. */
  async function denialOf(relay, options) {
    const client = await dial(relay, options)
    await client.answerChallenge()
    const reason = await client.denied()
    assert.equal(await client.closed, DENIED)
    assert.equal(relay.metrics().clients, 0)
    return reason
  }

  describe('by challenge', () => {
    it('takes who proves its key', async () => {
      const relay = await listen()
      const client = await connect(relay)
      await client.settle()
      assert.equal(relay.metrics().clients, 1)
      assert.equal(relay.metrics().clientsAccepted, 1)
    })

    it('denies a forged signature, and one for another challenge', async () => {
      const relay = await listen()
      for (const signature of [Buffer.alloc(64), SecretKey.generate().sign('something else')]) {
        const client = await dial(relay)
        await client.next()
        client.send(encodeAuth(client.id, signature))
        assert.equal(await client.denied(), 'signature invalid')
        assert.equal(await client.closed, DENIED)
      }
      assert.equal(relay.metrics().authFailed, 2)
    })

    it('denies an invalid key', async () => {
      const client = await dial(await listen())
      await client.next()
      client.send(encodeAuth(Buffer.alloc(32), Buffer.alloc(64)))
      assert.equal(await client.denied(), 'signature invalid')
    })

    it('closes on anything but an auth frame, and passes text by', async () => {
      const relay = await listen()
      for (const bytes of [Buffer.alloc(0), encodePing(Buffer.alloc(8)), Buffer.alloc(97, 1), Buffer.alloc(70000, 1)]) {
        const client = await dial(relay)
        await client.next()
        client.send('some text')
        client.send(bytes)
        assert.ok([BAD_FRAME, 1009].includes(await client.closed))
      }
      assert.equal(relay.metrics().badFrames, 4)
      assert.equal(relay.metrics().authFailed, 0)
    })

    it('closes on a frame that comes before the client is confirmed', async () => {
      let decide
      const relay = await listen({ access: () => new Promise((resolve) => (decide = resolve)) })
      const client = await dial(relay)
      await client.answerChallenge()
      await until(() => decide)
      client.send(encodePing(Buffer.alloc(8)))
      assert.equal(await client.closed, BAD_FRAME)
      decide(true)
      assert.equal(relay.metrics().clientsAccepted, 0)
    })

    it('drops who does not authenticate in time', async () => {
      const relay = await listen({ limits: { handshakeTimeoutMs: 300 } })
      const silent = net.connect(relay.ports.relay, '127.0.0.1')
      const slow = net.connect(relay.ports.relay, '127.0.0.1')
      slow.write('GET /relay HTTP/1.1\r\nHost: ')
      const unproved = await dial(relay)
      const proved = await connect(relay)
      await Promise.all([once(silent, 'close'), once(slow, 'close'), unproved.closed])
      assert.equal(relay.metrics().connectionsTimedOut, 3)
      await proved.settle()
    })
  })

  describe('by TLS exporter', () => {
    const certificate = createCertificate()
    const secure = { tls: { ...certificate, httpPort: false } }

    function connectTls({ ports }) {
      return tls.connect({ port: ports.relay, host: '127.0.0.1', servername: 'localhost', ca: certificate.cert })
    }

    /** A client that proves its key in the request, as `header` makes it of the TLS socket. */
    async function dialTls(relay, secretKey, header) {
      const socket = connectTls(relay)
      await once(socket, 'secureConnect')
      const headers = { [CLIENT_AUTH_HEADER]: header(socket) }
      return dial(relay, { secretKey, headers, createConnection: () => socket })
    }

    it('confirms at once, without a challenge', async () => {
      const relay = await listen(secure)
      const secretKey = SecretKey.generate()
      const client = await dialTls(relay, secretKey, (socket) => clientAuthHeader(socket, secretKey))
      assert.deepEqual(await client.next(), Buffer.of(2))
      await client.settle()
    })

    it('falls back to a challenge when the header is for another connection', async () => {
      const relay = await listen(secure)
      const other = connectTls(relay)
      await once(other, 'secureConnect')
      const secretKey = SecretKey.generate()
      const client = await dialTls(relay, secretKey, () => clientAuthHeader(other, secretKey))
      await client.authenticate()
      await client.settle()
      other.destroy()
    })

    it('asks the access rule all the same', async () => {
      const relay = await listen({ ...secure, access: () => 'not you' })
      const secretKey = SecretKey.generate()
      const client = await dialTls(relay, secretKey, (socket) => clientAuthHeader(socket, secretKey))
      assert.equal(await client.denied(), 'not you')
    })
  })

  describe('by the access rule', () => {
    const [friend, stranger] = [SecretKey.generate(), SecretKey.generate()]

    it('allows those on a list', async () => {
      const relay = await listen({ access: { allow: [friend.nodeId()] } })
      await (await connect(relay, { secretKey: friend })).close()
      await until(() => relay.metrics().clients === 0)
      assert.equal(await denialOf(relay, { secretKey: stranger }), 'not authorized')
      assert.equal(relay.metrics().accessDenied, 1)
    })

    it('denies those on a list', async () => {
      const relay = await listen({ access: { deny: new Set([stranger.nodeId().toUpperCase()]) } })
      assert.equal(await denialOf(relay, { secretKey: stranger }), 'not authorized')
      await connect(relay, { secretKey: friend })
    })

    describe('with its lists in files', () => {
      let folder
      const at = (name) => path.join(folder, name)
      beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relay-access-'))
      })
      afterEach(() => fs.rmSync(folder, { recursive: true }))

      it('closes those whom a changed list lets in no longer, and only those', async () => {
        fs.writeFileSync(at('tokens'), '# tokens\none\n two # of a friend\n')
        fs.writeFileSync(at('denied'), '')
        const told = []
        const access = { tokens: { file: at('tokens') }, deny: { file: at('denied') } }
        const relay = await listen({ access, onReload: ({ what, error }) => told.push([what, error?.code]) })
        assert.equal(await denialOf(relay, { query: '?token=three' }), 'not authorized')
        const [one, two, other] = [
          await connect(relay, { query: '?token=one' }),
          await connect(relay, { query: '?token=two', secretKey: friend }),
          await connect(relay, { query: '?token=two' })
        ]
        fs.writeFileSync(at('tokens'), 'two')
        assert.equal(await one.closed, DENIED)
        fs.writeFileSync(at('denied'), friend.nodeId())
        assert.equal(await two.closed, DENIED)
        await other.settle()
        assert.deepEqual([relay.metrics().clients, relay.metrics().accessRevoked], [1, 2])
        assert.deepEqual(told, [
          ['access', undefined],
          ['access', undefined]
        ])
      })

      it('keeps a list when its new version cannot be used, and tells', async () => {
        fs.writeFileSync(at('allowed'), friend.nodeId())
        const told = []
        const onReload = ({ what, error }) => told.push([what, error.code])
        const relay = await listen({ access: { allow: { file: at('allowed') } }, onReload })
        const client = await connect(relay, { secretKey: friend })
        fs.writeFileSync(at('allowed'), 'nonsense')
        assert.throws(() => relay.reloadAccess(), { code: 'ERR_IROH_INVALID_NODE_ID' })
        fs.rmSync(at('allowed'))
        assert.throws(() => relay.reloadAccess(), { code: 'ERR_IROH_INVALID_ARGUMENT' })
        await client.settle()
        assert.deepEqual(told, [
          ['access', 'ERR_IROH_INVALID_NODE_ID'],
          ['access', 'ERR_IROH_INVALID_ARGUMENT']
        ])
      })

      it('asks them again after a rule that takes its time', async () => {
        fs.writeFileSync(at('tokens'), 'one')
        const asked = []
        const server = http.createServer((_request, response) => asked.push(response)).listen(0, '127.0.0.1')
        await once(server, 'listening')
        const url = `http://127.0.0.1:${server.address().port}/`
        const relay = await listen({ access: { tokens: { file: at('tokens') }, url } })
        const client = await dial(relay, { query: '?token=one' })
        await client.answerChallenge()
        await until(() => asked.length === 1)
        fs.writeFileSync(at('tokens'), '')
        relay.reloadAccess()
        asked[0].end('true')
        assert.equal(await client.denied(), 'not authorized')
        assert.equal(relay.metrics().accessDenied, 1)
        server.close()
        server.closeAllConnections()
      })

      it('must find them at the start, and names no token when one is wrong', async () => {
        await assert.rejects(listen({ access: { tokens: { file: at('none') } } }), { ...invalid, message: /ENOENT/ })
        await assert.rejects(listen({ access: { tokens: { file: '' } } }), invalid)
        await assert.rejects(listen({ access: { tokens: { file: at('none'), other: 1 } } }), invalid)
      })
    })

    it('wants a token, of the header or the query', async () => {
      const relay = await listen({ access: { tokens: ['one', 'two'] } })
      assert.equal(await denialOf(relay), 'not authorized')
      assert.equal(await denialOf(relay, { headers: { Authorization: 'Bearer three' } }), 'not authorized')
      assert.equal(
        await denialOf(relay, { query: '?token=one', headers: { Authorization: 'Bearer x' } }),
        'not authorized'
      )
      await connect(relay, { headers: { Authorization: 'bearer two' } })
      await connect(relay, { query: '?token=one' })
    })

    it('wants all its rules to agree', async () => {
      const relay = await listen({ access: { tokens: ['one'], deny: [stranger.nodeId()] } })
      assert.equal(await denialOf(relay, { secretKey: stranger, query: '?token=one' }), 'not authorized')
      assert.equal(await denialOf(relay, { secretKey: friend }), 'not authorized')
      await connect(relay, { secretKey: friend, query: '?token=one' })
    })

    it('asks a function, which sees the client', async () => {
      let seen
      const relay = await listen({
        access: async (client) => {
          seen = client
          return client.nodeId === friend.nodeId() || 'friends only'
        }
      })
      assert.equal(await denialOf(relay, { secretKey: stranger, headers: { 'X-Extra': '1' } }), 'friends only')
      assert.equal(seen.headers['x-extra'], '1')
      await connect(relay, { secretKey: friend, query: '?token=t' })
      const { version, token, url, remoteAddress } = seen
      assert.deepEqual([version, token, url, remoteAddress], [2, 't', '/relay?token=t', '127.0.0.1'])
    })

    it('denies when the function answers with anything else, or throws', async () => {
      for (const answer of [1, undefined, null, {}, '']) {
        assert.equal(await denialOf(await listen({ access: () => answer })), 'not authorized')
      }
      const relay = await listen({
        access: () => {
          throw new Error('no database')
        }
      })
      assert.equal(await denialOf(relay), 'not authorized')
      assert.equal(relay.metrics().accessFailed, 1)
    })

    it('asks a web server', async () => {
      const requests = []
      const answers = [
        [200, 'true'],
        [200, 'true '],
        [200, 'x'.repeat(100000)],
        [201, 'true'],
        [302, 'true']
      ]
      const server = http.createServer((request, response) => {
        requests.push([request.method, request.headers['x-iroh-endpoint-id'], request.headers['x-secret']])
        const [status, body] = answers.shift()
        response.writeHead(status, { Location: '/' }).end(body)
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${server.address().port}/check`
      const relay = await listen({ access: { url, headers: { 'X-Secret': 's' } } })
      await (await connect(relay, { secretKey: friend })).close()
      await until(() => relay.metrics().clients === 0)
      assert.deepEqual(requests, [['POST', friend.nodeId(), 's']])
      for (let count = answers.length; count > 0; count--) assert.equal(await denialOf(relay), 'not authorized')
      server.closeAllConnections()
      server.close()
      assert.equal(await denialOf(relay), 'not authorized') // nobody there to ask
      assert.equal(relay.metrics().accessFailed, 2)
    })

    it('tells once of each admitted client that left', async () => {
      const left = []
      const relay = await listen({ access: { allow: [friend.nodeId()] }, onDisconnect: (client) => left.push(client) })
      await denialOf(relay, { secretKey: stranger })
      const client = await connect(relay, { secretKey: friend })
      client.send(Buffer.of(63))
      await client.closed
      assert.deepEqual(
        left.map(({ nodeId }) => nodeId),
        [friend.nodeId()]
      )
    })
  })

  describe('of bad options', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-relay-'))
    after(() => fs.rmSync(directory, { recursive: true }))

    const bad = {
      'an unknown option': { prot: 1 },
      'a port': { port: 65536 },
      'an invalid rule': { access: 'friends' },
      'no rule': { access: {} },
      'an unknown rule': { access: { permit: [] } },
      'an invalid list': { access: { allow: 'everyone' } },
      'an invalid token': { access: { tokens: [''] } },
      'an invalid URL': { access: { url: 'ftp://host/' } },
      'an unknown limit': { limits: { maxClients: 1 } },
      'a limit': { limits: { queueFrames: 0 } },
      'half a certificate': { tls: { certFile: 'cert.pem' } },
      'a certificate that is not there': {
        tls: { certFile: path.join(directory, 'a'), keyFile: path.join(directory, 'b') }
      },
      'a certificate of another key': { tls: { cert: createCertificate().cert, key: createCertificate().key } }
    }
    for (const [name, options] of Object.entries(bad)) {
      it(`throws for ${name}`, () => assert.rejects(RelayServer.listen({ ...options, host: '127.0.0.1' }), invalid))
    }

    it('throws for a bad NodeId', () => {
      return assert.rejects(RelayServer.listen({ access: { allow: ['x'] } }), { code: 'ERR_IROH_INVALID_NODE_ID' })
    })

    it('throws when a port is in use, and leaves none open', async () => {
      const { ports } = await listen({ stunPort: 0 })
      const free = { host: '127.0.0.1', port: 0, stunPort: 0, quicPort: 0 }
      const before = await openPorts()
      for (const inUse of [
        { port: ports.relay },
        { metricsPort: ports.relay },
        { stunPort: ports.stun },
        { quicPort: ports.stun }
      ]) {
        await assert.rejects(RelayServer.listen({ ...free, ...inUse }), { code: 'ERR_IROH_ADDRESS_IN_USE' })
        assert.deepEqual(await openPorts(), before)
      }
    })
  })
})
