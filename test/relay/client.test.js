// SPDX-License-Identifier: MIT
// One relay session and its redialling, against a relay that follows the test's script.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const net = require('node:net')
const { SecretKey } = require('event-target-iroh')
const { RelayClient } = require('../../lib/relay/client')
const protocol = require('../../lib/relay/protocol')
const { until } = require('../helpers/events.js')
const { FakeClock } = require('../helpers/fake-clock.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')

const { FrameType } = protocol
const secretKey = SecretKey.fromHex('2a'.repeat(32))
const peer = Buffer.alloc(32, 7)

describe('RelayClient', () => {
  const { listen, stop } = useFakeRelays()
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((client) => client.close()))
    open.clear()
  })

  /** A client that was told to connect; `events` collects what it emits, by name. */
  function connect(url, options) {
    const client = new RelayClient({ url, secretKey, ...options })
    client.events = { down: [], denied: [], datagrams: [], gone: [], status: [], restarting: [] }
    for (const [name, seen] of Object.entries(client.events)) client.on(name, (...values) => seen.push(values))
    open.add(client)
    client.connect()
    return client
  }

  async function connected(url, options) {
    const client = connect(url, options)
    await once(client, 'up')
    return client
  }

  /** A relay, and a client with a session that has been pinged, on a clock that stands still. */
  async function quiet(behaviour) {
    const relay = await listen(behaviour)
    const clock = new FakeClock()
    const client = await connected(relay.url, { clock })
    await until(() => client.latencyMs !== null || !relay.behaviour.answersPings)
    return { relay, clock, client, session: relay.session }
  }

  async function down(client) {
    const [error] = await once(client, 'down')
    return error
  }

  it('refuses what is no relay URL, key or token', () => {
    for (const url of [undefined, '', 'relay', 'ftp://127.0.0.1/', 'http://']) {
      assert.throws(() => new RelayClient({ url, secretKey }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
    assert.throws(() => new RelayClient({ url: 'http://127.0.0.1' }), { code: 'ERR_IROH_INVALID_KEY' })
    const url = 'http://127.0.0.1:3340'
    assert.throws(() => new RelayClient({ url, secretKey, token: 'a b' }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    assert.throws(() => new RelayClient({ url, secretKey, tokens: '' }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    assert.equal(new RelayClient({ url, secretKey }).url, 'http://127.0.0.1:3340/')
  })

  describe('#connect', () => {
    it('proves its key and pings at once', async () => {
      const relay = await listen()
      const client = connect(relay.url)
      assert.equal(client.state, 'connecting')
      await once(client, 'up')
      assert.equal(client.state, 'up')
      assert.equal(client.version, 2)
      assert.equal(client.proof, 'challenge')
      assert.equal(relay.session.nodeId, secretKey.nodeId())
      await until(() => client.latencyMs !== null)
      assert.ok(client.latencyMs > 0)
      assert.equal(relay.session.framesOf(FrameType.PING).length, 1)
    })

    it('asks for /relay with the query kept, both versions, the token and no extension', async () => {
      const relay = await listen()
      await connected(`${relay.url}some/path?x=1#part`, { token: 'let-me-in' })
      const { url, headers } = relay.session.request
      assert.equal(url, '/relay?x=1')
      assert.deepEqual(headers['sec-websocket-protocol'].split(/, */), ['iroh-relay-v2', 'iroh-relay-v1'])
      assert.equal(headers.authorization, 'Bearer let-me-in')
      assert.equal(headers['sec-websocket-extensions'], undefined)
      assert.equal(headers['x-iroh-relay-client-auth-v1'], undefined)
    })

    it('takes ws URLs too', async () => {
      const relay = await listen()
      const client = await connected(relay.url.replace('http', 'ws'))
      assert.equal(client.url, `ws://127.0.0.1:${relay.port}/`)
    })

    it('sends nothing before the first message of the relay', async () => {
      const relay = await listen({ onSession: () => {} })
      const client = connect(relay.url)
      await until(() => relay.session)
      const { socket } = relay.session
      const bytesOfRequest = socket.bytesRead
      relay.session.ws.ping()
      relay.session.send('a text means nothing')
      await once(relay.session.ws, 'pong')
      assert.equal(relay.session.received.length, 0)
      assert.ok(socket.bytesRead - bytesOfRequest < 16)
      relay.session.challenge()
      await once(client, 'up')
    })

    it('speaks version 1', async () => {
      const relay = await listen({ subprotocol: 'iroh-relay-v1' })
      const client = await connected(relay.url)
      assert.equal(client.version, 1)
      relay.session.send(protocol.encodeHealth('too many of you'))
      await once(client, 'status')
      assert.deepEqual(client.events.status, [[{ code: null, text: 'too many of you' }]])
    })

    it('does not take a relay without a known sub-protocol', async () => {
      for (const subprotocol of [false, 'iroh-relay-v3']) {
        const relay = await listen({ subprotocol })
        assert.equal((await down(connect(relay.url))).code, 'ERR_IROH_RELAY')
      }
    })

    it('reports a status other than 101', async () => {
      const relay = await listen({ upgradeStatus: 503 })
      const error = await down(connect(relay.url))
      assert.equal(error.code, 'ERR_IROH_RELAY')
      assert.match(error.message, /503/)
    })

    it('reports a port where nothing listens, and a name that does not exist', async () => {
      const relay = await listen()
      const { url } = relay
      await stop(relay)
      assert.equal((await down(connect(url))).code, 'ERR_IROH_UNREACHABLE')
      assert.equal((await down(connect('http://relay.invalid'))).code, 'ERR_IROH_UNREACHABLE')
    })

    it('tells why it is denied, and tries again later and later', async () => {
      const relay = await listen({ denies: 'not authorized' })
      const clock = new FakeClock()
      const client = connect(relay.url, { clock })
      for (let attempt = 0; attempt < 13; attempt++) {
        const error = await down(client)
        assert.equal(error.code, 'ERR_IROH_REFUSED')
        assert.equal(client.state, 'down')
        assert.equal(client.failures, attempt + 1)
        const backoff = Math.min(10 * 2 ** attempt, 16_000)
        assert.ok(clock.untilNext >= 0.75 * backoff && clock.untilNext <= 1.25 * backoff, `${clock.untilNext}`)
        clock.advance(clock.untilNext)
      }
      assert.deepEqual(client.events.denied[0], ['not authorized'])
      relay.behaviour.denies = ''
      await Promise.race([once(client, 'up'), down(client).then(() => clock.advance(clock.untilNext))])
      await until(() => client.state === 'up')
      assert.equal(client.failures, 0)
      assert.equal(client.lastError, null)
    })

    it('gives an address 1.5 s to accept the TCP connection', async () => {
      const relay = await listen()
      const clock = new FakeClock()
      const client = connect(relay.url, { clock })
      clock.advance(1_499)
      const refused = down(client)
      clock.advance(1)
      assert.equal((await refused).code, 'ERR_IROH_TIMEOUT')
      assert.equal(relay.sessions.length, 0)
    })

    it('gives an attempt ten seconds', async () => {
      const relay = await listen({ answersAuth: false })
      const clock = new FakeClock()
      const client = connect(relay.url, { clock })
      await until(() => relay.session?.received.length === 1)
      clock.advance(9_999)
      assert.equal(client.state, 'connecting')
      clock.advance(1)
      assert.equal(client.state, 'down')
      assert.equal(client.lastError.code, 'ERR_IROH_TIMEOUT')
      await relay.session.closed
    })

    const wrongHandshakes = {
      'a second challenge': (session) => {
        session.challenge()
        session.challenge()
      },
      'an unknown frame': (session) => session.send(Buffer.of(63)),
      'a frame that comes later': (session) => session.send(protocol.encodePing(Buffer.alloc(8))),
      'a challenge cut short': (session) => session.send(Buffer.of(FrameType.CHALLENGE, 1, 2)),
      'an empty frame': (session) => session.send(Buffer.alloc(0))
    }

    for (const [name, onSession] of Object.entries(wrongHandshakes)) {
      it(`gives up a session that begins with ${name}`, async () => {
        const relay = await listen({ onSession, answersAuth: false })
        assert.equal((await down(connect(relay.url))).code, 'ERR_IROH_RELAY')
        await relay.session.closed
      })
    }

    it('gives up a server that is no relay', async () => {
      const server = net.createServer((socket) => {
        socket.on('error', () => {})
        socket.resume().end('220 hello\r\n')
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const error = await down(connect(`http://127.0.0.1:${server.address().port}`))
      assert.equal(error.code, 'ERR_IROH_RELAY')
      await new Promise((resolve) => server.close(resolve))
    })
  })

  describe('a session', () => {
    it('carries datagrams and batches both ways', async () => {
      const { client, session } = await quiet()
      assert.ok(client.send(peer, 2, 0, Buffer.from('one')))
      assert.ok(client.send(peer, 3, 6, Buffer.from('Hello World!')))
      assert.ok(client.send(peer, 0, 6, Buffer.from('alone')))
      await until(() => session.framesOf(FrameType.SEND).length === 2)
      const sent = [...session.framesOf(FrameType.SEND), ...session.framesOf(FrameType.SEND_BATCH)]
      assert.deepEqual(
        sent.map(({ id, ecn, segmentSize, payload }) => [id.equals(peer), ecn, segmentSize, payload.toString()]),
        [
          [true, 2, 0, 'one'],
          [true, 0, 0, 'alone'],
          [true, 3, 6, 'Hello World!']
        ]
      )
      session.send(protocol.encodeRecv({ id: peer, ecn: 1, payload: Buffer.from('two') }))
      session.send(protocol.encodeRecv({ id: peer, ecn: 3, segmentSize: 4, payload: Buffer.from('threefour') }))
      await until(() => client.events.datagrams.length === 2)
      assert.deepEqual(client.events.datagrams, [
        [peer, 1, 0, Buffer.from('two')],
        [peer, 3, 4, Buffer.from('threefour')]
      ])
    })

    it('cuts a batch that is too long for one frame between datagrams', async () => {
      const { client, session } = await quiet()
      const data = Buffer.from(Array.from({ length: 100 * 1452 + 7 }, (_, index) => index % 251))
      assert.ok(client.send(peer, 0, 1452, data))
      await until(() => session.framesOf(FrameType.SEND_BATCH).length === 3)
      const frames = session.framesOf(FrameType.SEND_BATCH)
      assert.deepEqual(
        frames.map(({ payload }) => payload.length),
        [45 * 1452, 45 * 1452, 10 * 1452 + 7]
      )
      assert.deepEqual(Buffer.concat(frames.map(({ payload }) => payload)), data)
      assert.throws(() => client.send(peer, 0, 0, data), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    })

    it('sends what one turn gives it in one piece', async () => {
      const { client, session } = await quiet()
      let pieces = 0
      session.socket.on('data', () => pieces++)
      for (let index = 0; index < 20; index++) client.send(peer, 0, 0, Buffer.alloc(100, index))
      await until(() => session.framesOf(FrameType.SEND).length === 20)
      assert.equal(pieces, 1)
    })

    it('drops and counts what it cannot send', async () => {
      const relay = await listen({ onSession: () => {} })
      const client = connect(relay.url, { maxBufferedBytes: 100_000 })
      assert.equal(client.send(peer, 0, 2, Buffer.alloc(5)), false)
      assert.equal(client.metrics().droppedDown, 3)
      await until(() => relay.session)
      relay.session.challenge()
      await once(client, 'up')
      relay.session.socket.pause()
      let dropped = 0
      while (dropped < 10) dropped += client.send(peer, 0, 1000, Buffer.alloc(60_000)) ? 0 : 1
      assert.equal(client.metrics().droppedFull, 600)
      assert.ok(client.bufferedAmount < 200_000)
    })

    it('tells of peers that left, of its status and of a restart', async () => {
      const { client, session } = await quiet()
      session.send(
        protocol.encodeGone(peer),
        protocol.encodeStatus(1),
        protocol.encodeStatus(0),
        protocol.encodeStatus(200),
        protocol.encodeRestarting(1000, 2000)
      )
      await until(() => client.events.restarting.length === 1)
      assert.deepEqual(client.events.gone, [[peer]])
      assert.deepEqual(
        client.events.status.map(([{ code }]) => code),
        [1, 0, 200]
      )
      assert.deepEqual(client.events.restarting, [[{ reconnectInMs: 1000, tryForMs: 2000 }]])
      assert.equal(client.state, 'up')
    })

    it('answers a ping with its bytes', async () => {
      const { session } = await quiet()
      session.send(protocol.encodePing(Buffer.from('12345678')))
      await until(() => session.framesOf(FrameType.PONG).length === 1)
      assert.equal(session.framesOf(FrameType.PONG)[0].data.toString(), '12345678')
    })

    it('ignores text messages and pongs it did not ask for', async () => {
      const { client, session } = await quiet()
      session.send('text', protocol.encodePong(Buffer.alloc(8)), protocol.encodeGone(peer))
      await once(client, 'gone')
      assert.equal(client.state, 'up')
    })

    const breaches = {
      'an unknown frame': Buffer.of(63),
      'a frame of version 1': protocol.encodeHealth('?'),
      'a frame of the client': protocol.encodeSend({ id: peer, payload: Buffer.of(1) }),
      'a frame of the handshake': protocol.encodeConfirm(),
      'a frame cut short': protocol.encodeGone(peer).subarray(0, 20),
      'a frame that is too long': Buffer.alloc(65538, FrameType.RECV),
      'a message of more than 1 MiB': Buffer.alloc((1 << 20) + 1, FrameType.RECV)
    }

    for (const [name, frame] of Object.entries(breaches)) {
      it(`ends with ${name}, and the client dials again`, async () => {
        const relay = await listen()
        const client = await connected(relay.url)
        relay.session.send(frame)
        assert.equal((await down(client)).code, 'ERR_IROH_RELAY')
        await once(client, 'up')
        assert.equal(relay.sessions.length, 2)
      })
    }
  })

  describe('keeping a session', () => {
    it('pings after 15 s of silence, which any frame breaks', async () => {
      const { clock, client, session } = await quiet()
      const pings = () => session.framesOf(FrameType.PING).length
      clock.advance(14_000)
      session.send(protocol.encodeGone(peer))
      await once(client, 'gone')
      clock.advance(14_999)
      session.send(protocol.encodeGone(peer))
      await once(client, 'gone')
      assert.equal(pings(), 1)
      clock.advance(15_000)
      await until(() => pings() === 2)
    })

    it('drops a relay that does not answer, and dials again at once if it once did', async () => {
      const { relay, clock, client, session } = await quiet()
      relay.behaviour.answersPings = false
      clock.advance(15_000)
      await until(() => session.framesOf(FrameType.PING).length === 2)
      clock.advance(499)
      assert.equal(client.state, 'up')
      clock.advance(100)
      assert.equal(client.state, 'connecting')
      assert.deepEqual(
        client.events.down.map(([error]) => error.code),
        ['ERR_IROH_TIMEOUT']
      )
      await session.closed
      await once(client, 'up')
    })

    it('waits up to 5 s for the first answer, and dials again later if there was none', async () => {
      const { clock, client } = await quiet({ answersPings: false })
      clock.advance(4_999)
      assert.equal(client.state, 'up')
      clock.advance(1)
      clock.advance(50)
      assert.equal(client.state, 'down')
      assert.ok(clock.untilNext >= 7.5 && clock.untilNext <= 12.5)
    })

    it('is back after a restart of the relay', async () => {
      const relay = await listen()
      const { port, url } = relay
      const client = await connected(url)
      await until(() => client.latencyMs !== null)
      await stop(relay)
      if (client.state === 'up') await down(client)
      await listen({ port })
      await until(() => client.state === 'up')
      assert.equal(client.metrics().sessions, 2)
    })

    it('comes back when a restarting relay said so', async () => {
      const { relay, clock, client, session } = await quiet()
      session.send(protocol.encodeRestarting(4000, 60_000))
      await once(client, 'restarting')
      relay.cut()
      await down(client)
      assert.ok(clock.untilNext >= 4000 && clock.untilNext <= 5000)
    })

    it('does not redial at once again and again when sessions do not last', async () => {
      const { relay, clock, client } = await quiet()
      relay.cut()
      await down(client)
      assert.equal(clock.untilNext, 0)
      clock.advance(0)
      await once(client, 'up')
      await until(() => client.latencyMs !== null)
      relay.cut()
      await down(client)
      assert.ok(clock.untilNext >= 7.5)
    })

    it('drops a relay that does not read', async () => {
      const { relay, clock, client, session } = await quiet()
      session.socket.pause()
      for (let refused = 0; refused < 10; refused += client.send(peer, 0, 0, Buffer.alloc(60_000)) ? 0 : 1) {
        await new Promise(setImmediate)
      }
      clock.advance(14_000)
      session.send(protocol.encodeGone(peer))
      await once(client, 'gone')
      assert.equal(client.state, 'up')
      clock.advance(1000)
      assert.equal(client.lastError.code, 'ERR_IROH_TIMEOUT')
      relay.cut()
    })

    it('looks at once when the network changes', async () => {
      const { relay, clock, client, session } = await quiet()
      client.networkChanged()
      await until(() => session.framesOf(FrameType.PING).length === 2)
      relay.behaviour.upgradeStatus = 500
      relay.cut()
      await down(client)
      clock.advance(clock.untilNext)
      await down(client)
      relay.behaviour.upgradeStatus = 101
      client.networkChanged()
      await once(client, 'up')
    })
  })

  describe('#close', () => {
    it('says goodbye and resolves once the socket is gone', async () => {
      const { relay, clock, client, session } = await quiet()
      await Promise.all([client.close(), client.close()])
      const [code] = await session.closed
      assert.equal(code, 1000)
      assert.equal(client.state, 'closed')
      assert.equal(client.events.down[0][0].code, 'ERR_IROH_LOCALLY_CLOSED')
      assert.equal(clock.pending, 0)
      assert.equal(relay.sessions.length, 1)
      assert.equal(client.send(peer, 0, 0, Buffer.of(1)), false)
      assert.throws(() => client.connect(), { code: 'ERR_IROH_CLOSED' })
    })

    it('does not wait for a relay that says nothing back', async () => {
      const { clock, client, session } = await quiet()
      session.socket.pause()
      const closed = client.close()
      clock.advance(1000)
      await closed
    })

    it('stops an attempt to dial', async () => {
      const relay = await listen({ onSession: () => {} })
      const client = connect(relay.url)
      await client.close()
      const hanging = connect(relay.url)
      await until(() => relay.session)
      await hanging.close()
      await relay.session.closed
      assert.deepEqual([...client.events.down, ...hanging.events.down], [])
    })

    it('stops waiting for the next attempt', async () => {
      const relay = await listen({ denies: 'no' })
      const clock = new FakeClock()
      const client = connect(relay.url, { clock })
      await down(client)
      await client.close()
      assert.equal(clock.pending, 0)
    })

    it('needs no connection before', async () => {
      await new RelayClient({ url: 'http://127.0.0.1:1', secretKey }).close()
    })
  })
})
