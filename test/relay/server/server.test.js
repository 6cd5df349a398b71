// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { subscribe, unsubscribe } = require('node:diagnostics_channel')
const { SecretKey } = require('event-target-iroh')
const protocol = require('../../../lib/relay/protocol')
const { until } = require('../../helpers/events')
const { openPorts } = require('../../helpers/open-ports')
const { useRelays } = require('../../helpers/raw-relay-client')

const { FrameType } = protocol
const BAD_FRAME = 1002
const TOO_BIG = 1009
const GOING_AWAY = 1001
const LISTEN_CHANNEL = 'tracing:net.server.listen:asyncEnd'

describe('a relay', () => {
  const { listen, dial, connect } = useRelays()

  async function pair(options, clientOptions) {
    const relay = await listen(options)
    const [one, two] = [await connect(relay, clientOptions), await connect(relay, clientOptions)]
    return { relay, one, two }
  }

  describe('forwards', () => {
    it('a datagram with its ECN, from the sender it came from', async () => {
      const { relay, one, two } = await pair()
      one.send(protocol.encodeSend({ id: two.id, ecn: 2, payload: Buffer.from('hello') }))
      assert.deepEqual(await two.next(), protocol.encodeRecv({ id: one.id, ecn: 2, payload: Buffer.from('hello') }))
      const { framesReceived, framesSent, bytesReceived, bytesSent } = relay.metrics()
      assert.deepEqual([framesReceived, framesSent, bytesReceived, bytesSent], [1, 1, 39, 39])
    })

    it('a batch, unsplit, also one with segment size 0', async () => {
      const { one, two } = await pair()
      const payload = Buffer.from('Hello World!')
      one.send(protocol.encodeSend({ id: two.id, ecn: 3, segmentSize: 5, payload }))
      assert.deepEqual(await two.next(), protocol.encodeRecv({ id: one.id, ecn: 3, segmentSize: 5, payload }))
      one.send(Buffer.concat([Buffer.of(5), two.id, Buffer.of(0, 0, 0), payload]))
      assert.deepEqual(await two.next(), Buffer.concat([Buffer.of(7), one.id, Buffer.of(0, 0, 0), payload]))
    })

    it('everything in order, both ways, many at a time and of every size', async () => {
      const { one, two } = await pair()
      const three = await connect(await listen())
      const sizes = [1, 30, 92, 1200, 14556, 65502, 4000, 2]
      const payloads = Array.from({ length: 400 }, (_, index) => Buffer.alloc(sizes[index % sizes.length], index))
      const receiveAll = async (client, from) => {
        for (const payload of payloads) {
          assert.ok((await client.next()).equals(protocol.encodeRecv({ id: from.id, payload })))
        }
      }
      const received = [receiveAll(two, one), receiveAll(one, two)]
      for (const [index, payload] of payloads.entries()) {
        one.send(protocol.encodeSend({ id: two.id, payload }))
        two.send(protocol.encodeSend({ id: one.id, payload }))
        if (index % 3 === 0) one.sendTo(three, 'not here')
      }
      await Promise.all(received)
    })

    it('between versions 1 and 2', async () => {
      const relay = await listen()
      const one = await connect(relay, { subprotocols: ['iroh-relay-v1'] })
      const two = await connect(relay)
      one.sendTo(two, 'up')
      assert.deepEqual(await two.receive(), { from: one.nodeId, text: 'up' })
      two.sendTo(one, 'down')
      assert.deepEqual(await one.receive(), { from: two.nodeId, text: 'down' })
    })

    it('to itself', async () => {
      const client = await connect(await listen())
      client.sendTo(client, 'me')
      assert.deepEqual(await client.receive(), { from: client.nodeId, text: 'me' })
    })

    it('nothing to who is not there', async () => {
      const { relay, one } = await pair()
      one.sendTo({ id: Buffer.alloc(32) }, 'nobody')
      await one.settle()
      assert.equal(relay.metrics().droppedUnknown, 1)
    })

    it('nothing that would be longer than a frame may be', async () => {
      const { relay, one, two } = await pair()
      const longest = Buffer.alloc(65536 - protocol.DATAGRAM_HEADER, 1)
      const head = Buffer.concat([Buffer.of(FrameType.SEND), two.id, Buffer.of(0)])
      one.send(Buffer.concat([head, longest, Buffer.of(1)]))
      one.send(Buffer.concat([head, longest]))
      assert.equal((await two.next()).length, 65536)
      assert.equal(relay.metrics().droppedTooLong, 1)
    })
  })

  describe('answers', () => {
    it('a ping with the same bytes', async () => {
      const client = await connect(await listen())
      client.send(protocol.encodePing(Buffer.from('12345678')))
      assert.deepEqual(await client.next(), protocol.encodePong(Buffer.from('12345678')))
    })

    it('neither text nor WebSocket pings', async () => {
      const client = await connect(await listen())
      client.send('hello')
      client.ws.ping()
      client.send(protocol.encodePong(Buffer.alloc(8)))
      await client.settle()
    })
  })

  describe('closes', () => {
    const id = Buffer.alloc(32, 1)
    const bad = {
      'an empty frame': Buffer.alloc(0),
      'an unknown type': Buffer.of(63),
      "a relay's own type": protocol.encodeGone(id),
      'a status': protocol.encodeStatus(0),
      'a second auth': protocol.encodeAuth(id, Buffer.alloc(64)),
      'a datagram without payload': Buffer.concat([Buffer.of(4), id, Buffer.of(0)]),
      'a batch without payload': Buffer.concat([Buffer.of(5), id, Buffer.of(0, 0, 1)]),
      'a short ping': Buffer.of(9, 1, 2, 3)
    }
    for (const [name, frame] of Object.entries(bad)) {
      it(`on ${name}`, async () => {
        const { relay, one, two } = await pair()
        one.send(frame)
        one.sendTo(two, 'never')
        assert.equal(await one.closed, BAD_FRAME)
        await two.settle()
        const { badFrames, clients, framesReceived } = relay.metrics()
        assert.deepEqual([badFrames, clients, framesReceived], [1, 1, 0])
      })
    }

    it('on a frame that is too big', async () => {
      const { relay, one, two } = await pair()
      one.send(Buffer.alloc(65538, 4))
      assert.equal(await one.closed, TOO_BIG)
      await two.settle()
      assert.equal(relay.metrics().badFrames, 1)
    })

    it('on broken WebSocket framing', async () => {
      const { relay, one, two } = await pair()
      one.ws._socket.write(Buffer.of(0xff, 0xff, 0xff, 0xff))
      await one.closed
      await two.settle()
      assert.equal(relay.metrics().badFrames, 1)
    })
  })

  describe('with several connections of one NodeId', () => {
    const secretKey = SecretKey.generate()

    it('sends to the newest, and back to the one before when that leaves', async () => {
      const relay = await listen()
      const sender = await connect(relay)
      const first = await connect(relay, { secretKey })
      const second = await connect(relay, { secretKey })
      assert.deepEqual(await first.next(), protocol.encodeStatus(1))
      const third = await connect(relay, { secretKey })
      assert.deepEqual(await second.next(), protocol.encodeStatus(1))
      sender.sendTo(third, 'a')
      assert.equal((await third.receive()).text, 'a')
      first.sendTo(sender, 'still heard')
      assert.deepEqual(await sender.receive(), { from: first.nodeId, text: 'still heard' })

      await third.close()
      assert.deepEqual(await second.next(), protocol.encodeStatus(0))
      sender.sendTo(second, 'b')
      assert.equal((await second.receive()).text, 'b')
      await first.close()
      sender.sendTo(second, 'c')
      assert.equal((await second.receive()).text, 'c')
      await sender.settle() // nobody is gone
      const { nodes, clients, clientsReplaced } = relay.metrics()
      assert.deepEqual([nodes, clients, clientsReplaced], [2, 2, 2])
    })

    it('tells version 1 in words', async () => {
      const relay = await listen()
      const first = await connect(relay, { secretKey, subprotocols: ['iroh-relay-v1'] })
      const second = await connect(relay, { secretKey })
      assert.match(protocol.decodeFromRelay(await first.next(), 1).problem, /^Another endpoint connected/)
      await second.close()
      assert.match(protocol.decodeFromRelay(await first.next(), 1).problem, /healthy/)
    })

    it('closes the oldest of too many', async () => {
      const relay = await listen({ limits: { maxConnectionsPerNode: 2 } })
      const first = await connect(relay, { secretKey })
      const second = await connect(relay, { secretKey })
      await connect(relay, { secretKey })
      assert.equal(await first.closed, 1008)
      assert.deepEqual(await second.next(), protocol.encodeStatus(1))
    })
  })

  describe('when a client leaves', () => {
    it('tells those it had sent to, once its last connection is gone', async () => {
      const relay = await listen()
      const leaver = await connect(relay)
      const [told, untold, gone] = [await connect(relay), await connect(relay), await connect(relay)]
      leaver.sendTo(told, '1')
      leaver.sendTo(told, '2')
      leaver.sendTo(gone, '3')
      untold.sendTo(leaver, '4')
      await told.receive()
      await told.receive()
      await gone.receive()
      await leaver.receive()
      await gone.close()
      const again = await connect(relay, { secretKey: leaver.secretKey })
      await leaver.close()
      await told.settle()
      await again.close()
      assert.deepEqual(await told.next(), protocol.encodeGone(leaver.id))
      await untold.settle()
      assert.equal(relay.metrics().goneSent, 1)
    })

    it('finds it again when it comes back', async () => {
      const { relay, one, two } = await pair()
      one.sendTo(two, 'before')
      await two.receive()
      await two.close()
      await until(() => relay.metrics().clients === 1)
      one.sendTo(two, 'lost')
      await one.settle()
      const back = await connect(relay, { secretKey: two.secretKey })
      one.sendTo(back, 'after')
      assert.equal((await back.receive()).text, 'after')
      await one.close()
      assert.deepEqual(await back.next(), protocol.encodeGone(one.id))
    })
  })

  describe('#close', () => {
    it('says that it restarts, and closes', async () => {
      const { relay, one, two } = await pair()
      const waiting = await dial(relay)
      await waiting.next()
      await relay.close({ reconnectInMs: 100, tryForMs: 3000 })
      for (const client of [one, two]) {
        const { type, reconnectInMs, tryForMs } = protocol.decodeFromRelay(await client.next(), 2)
        assert.equal(type, FrameType.RESTARTING)
        assert.ok(reconnectInMs <= 100)
        assert.equal(tryForMs, 3000)
        assert.equal(await client.closed, GOING_AWAY)
      }
      await waiting.closed
      await until(() => relay.metrics().sockets === 0)
      await assert.rejects(dial(relay), { code: 'ECONNREFUSED' })
    })

    it('can be called twice, and cuts off who does not close', async () => {
      const { relay, one } = await pair()
      one.pause()
      await Promise.all([relay.close({ graceMs: 1 }), relay.close()])
      assert.equal(relay.metrics().clients, 0)
    })

    it('closes every port at once, whatever error comes while clients are waited for', async () => {
      const before = await openPorts()
      const servers = []
      const onListen = ({ server }) => servers.push(server)
      subscribe(LISTEN_CHANNEL, onListen)
      const { relay, one } = await pair({ stunPort: 0, quicPort: 0, dnsPort: 0, metricsPort: 0 })
      unsubscribe(LISTEN_CHANNEL, onListen)
      one.pause()
      const closing = relay.close({ graceMs: 60000 })
      assert.deepEqual(await openPorts(), before)
      assert.equal(servers.length, 3)
      for (const server of servers) server.emit('error', new Error('out of file descriptors'))
      one.ws.resume()
      await closing
      assert.equal(await one.closed, GOING_AWAY)
    })

    it('makes way for another relay at the same port', async () => {
      const { relay, one } = await pair()
      const { relay: port } = relay.ports
      await relay.close()
      const again = await listen({ port })
      const back = await connect(again, { secretKey: one.secretKey })
      await back.settle()
    })
  })

  it('carries 1,000 idle clients', async () => {
    const relay = await listen()
    const clients = []
    while (clients.length < 1000) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => connect(relay)))))
    }
    assert.equal(relay.metrics().nodes, 1000)
    for (const [index, client] of clients.entries()) client.sendTo(clients[(index + 1) % 1000], 'round')
    const received = await Promise.all(clients.map((client) => client.receive()))
    assert.deepEqual(
      received.map(({ from }) => from),
      clients.map((_, index) => clients.at(index - 1).nodeId)
    )
  })
})
