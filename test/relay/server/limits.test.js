// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { performance } = require('node:perf_hooks')
const protocol = require('../../../lib/relay/protocol')
const { SenderLimiter, senderOf } = require('../../../lib/base/senders')
const { TokenBucket } = require('../../../lib/base/token-bucket')
const { until } = require('../../helpers/events')
const { useRelays } = require('../../helpers/raw-relay-client')

const { FrameType } = protocol
const big = Buffer.alloc(60000, 7)

describe("a relay's limits", () => {
  const { listen, dial, connect } = useRelays()

  /** A client that reads nothing, and a sender that went on until its queue was full. */
  async function overflow(limits) {
    const relay = await listen({ limits: { writeTimeoutMs: 60000, ...limits } })
    const [sender, reader] = [await connect(relay), await connect(relay)]
    reader.pause()
    let sent = 0
    while (relay.metrics().droppedQueueFull === 0) {
      for (let count = 0; count < 20; count++, sent++) sender.send(protocol.encodeSend({ id: reader.id, payload: big }))
      await sender.settle()
    }
    return { relay, sender, reader, sent }
  }

  describe('for who does not read', () => {
    it('drop what its queue does not hold, and keep the rest in order', async () => {
      const { relay, sender, reader, sent } = await overflow()
      const { framesReceived, framesSent, droppedQueueFull, bytesSent } = relay.metrics()
      assert.equal(framesReceived, sent)
      assert.equal(framesSent + droppedQueueFull, sent)
      assert.equal(bytesSent, framesSent * (big.length + protocol.DATAGRAM_HEADER))
      reader.ws.resume()
      for (let count = 0; count < framesSent; count++) {
        assert.ok((await reader.next()).equals(protocol.encodeRecv({ id: sender.id, payload: big })))
      }
      sender.sendTo(reader, 'and on')
      assert.equal((await reader.receive()).text, 'and on')
    })

    it('count frames too, not only bytes', async () => {
      const { relay } = await overflow({ queueFrames: 10, queueBytes: 1 << 30 })
      assert.ok(relay.metrics().droppedQueueFull > 0)
    })

    it('bound what waits for all clients of one address, and leave room for others', async () => {
      const relay = await listen({ limits: { writeTimeoutMs: 60000, queueBytesTotal: 4 << 20, queueBytes: 1 << 20 } })
      const [sender, ...readers] = await Promise.all(Array.from({ length: 9 }, () => connect(relay)))
      for (const reader of readers) reader.pause()
      let most = 0
      while (relay.metrics().droppedQueueFull < 100) {
        for (const reader of readers) sender.send(protocol.encodeSend({ id: reader.id, payload: big }))
        await sender.settle()
        most = Math.max(most, relay.metrics().queuedBytes)
      }
      assert.ok(most > 1 << 20, `${most} bytes waited`)
      assert.ok(most < (2 << 20) + 65536, `${most} bytes waited`)
      assert.ok(relay.metrics().droppedQueueFull > 0)
      for (const reader of readers) reader.ws.terminate()
      await until(() => relay.metrics().clients === 1)
      await until(() => relay.metrics().queuedBytes === 0)
    })

    it('let control frames pass the datagrams that wait', async () => {
      const { relay, sender, reader } = await overflow()
      const { framesSent } = relay.metrics()
      await sender.close()
      await until(() => relay.metrics().goneSent === 1)
      reader.ws.resume()
      const types = []
      while (types.length < framesSent + 1) types.push((await reader.next())[0])
      const position = types.indexOf(FrameType.GONE)
      assert.ok(position >= 0 && position < framesSent - 10, `${position} of ${framesSent}`)
    })

    it('close it when it takes nothing for too long', async () => {
      const relay = await listen({ limits: { writeTimeoutMs: 60 } })
      const [sender, reader] = [await connect(relay), await connect(relay)]
      reader.pause()
      while (relay.metrics().writeTimeouts === 0) {
        sender.send(protocol.encodeSend({ id: reader.id, payload: big }))
        await sender.settle()
      }
      assert.equal(relay.metrics().clients, 1)
    })
  })

  it('remember the latest whom a client sent to, who are told when it leaves', async () => {
    const relay = await listen({ limits: { maxPeersPerNode: 2 } })
    const [sender, first, second, third] = await Promise.all(Array.from({ length: 4 }, () => connect(relay)))
    for (const reader of [first, second, third]) {
      sender.sendTo(reader, 'hello')
      await reader.receive()
    }
    assert.equal(relay.metrics().peersRemembered, 2)
    // Who had sent to one that leaves is told.
    await first.close()
    await until(() => relay.metrics().nodes === 3)
    assert.equal(relay.metrics().goneSent, 0)
    await third.close()
    await until(() => relay.metrics().peersRemembered === 1)
    await sender.close()
    await until(() => relay.metrics().peersRemembered === 0)
  })

  describe('for who says nothing', () => {
    const limits = { pingAfterMs: 20, pongTimeoutMs: 40 }

    it('ping it, and close it when it does not answer', async () => {
      const relay = await listen({ limits })
      const client = await connect(relay)
      assert.equal((await client.next())[0], FrameType.PING)
      await client.closed
      const { pingsSent, clientsSilent, clients } = relay.metrics()
      assert.deepEqual([pingsSent, clientsSilent, clients], [1, 1, 0])
    })

    it('keep it when it does', async () => {
      const relay = await listen({ limits })
      const client = await connect(relay)
      for (let count = 0; count < 5; count++) {
        const { type, data } = protocol.decodeFromRelay(await client.next(), 2)
        assert.equal(type, FrameType.PING)
        client.send(protocol.encodePong(data))
      }
      assert.equal(relay.metrics().clientsSilent, 0)
    })
  })

  describe('for who sends too much', () => {
    const limits = { bytesPerSecond: 200000, burstBytes: 20000 }
    const payload = Buffer.alloc(1000)
    const count = 200

    for (const version of [1, 2]) {
      it(`read it more slowly and drop nothing (version ${version})`, async () => {
        const relay = await listen({ limits })
        const flooder = await connect(relay, { subprotocols: [`iroh-relay-v${version}`] })
        const [receiver, bystander] = [await connect(relay), await connect(relay)]
        const start = performance.now()
        for (let sent = 0; sent < count; sent++) flooder.send(protocol.encodeSend({ id: receiver.id, payload }))
        await bystander.settle()
        for (let received = 0; received < count; received++) await receiver.next()
        // 180,000 bytes beyond the burst take 900 ms, of which the last read of the socket's (64 KiB) is not waited for.
        assert.ok(performance.now() - start > 400)
        assert.ok(relay.metrics().rateLimited > 0)
        if (version === 2) assert.deepEqual(await flooder.next(), protocol.encodeStatus(2))
        await flooder.settle() // told once
      })
    }

    it('see it leave all the same', async () => {
      const relay = await listen({ limits: { bytesPerSecond: 100000, burstBytes: 1 } })
      const flooder = await connect(relay)
      for (let sent = 0; sent < 20; sent++) flooder.send(protocol.encodeSend({ id: flooder.id, payload }))
      await until(() => relay.metrics().rateLimited > 0)
      flooder.ws.terminate()
      await until(() => relay.metrics().clients === 0)
    })
  })

  describe('for connections', () => {
    for (const limits of [{ maxConnections: 2 }, { maxConnectionsPerIp: 2 }]) {
      it(`refuse more than ${JSON.stringify(limits)}`, async () => {
        const relay = await listen({ limits })
        const client = await connect(relay)
        await connect(relay)
        await assert.rejects(dial(relay), { code: 'ECONNRESET' })
        assert.equal(relay.metrics().connectionsRefused, 1)
        await client.close()
        await until(() => relay.metrics().sockets === 1)
        await connect(relay)
      })
    }

    it('count an IPv6 network as one sender', () => {
      assert.equal(senderOf('::ffff:192.0.2.1'), '192.0.2.1')
      assert.equal(senderOf('192.0.2.1'), '192.0.2.1')
      assert.equal(senderOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
      assert.equal(senderOf('2001:db8:1:2::6'), '2001:db8:1:2::/64')
      assert.equal(senderOf('2001:db8::6'), '2001:db8:0:0::/64')
      assert.equal(senderOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
      assert.equal(senderOf('::1'), '0:0:0:0::/64')
      assert.equal(senderOf(undefined), '')
    })
  })

  describe('TokenBucket', () => {
    it('gives a burst at once and then so much per second', () => {
      const bucket = new TokenBucket(1000, 100, 0)
      assert.equal(bucket.take(100, 0), 0)
      assert.equal(bucket.take(50, 0), 50)
      assert.equal(bucket.take(0, 50), 0)
      assert.equal(bucket.take(30, 80), 0)
      assert.equal(bucket.take(100, 100000), 0) // never more than a burst
      assert.equal(bucket.take(1, 100000), 1)
    })
  })

  describe('SenderLimiter', () => {
    it('limits each sender, and all together', () => {
      const limiter = new SenderLimiter(2, 5)
      const now = performance.now()
      const allowed = (address) => [1, 2, 3].filter(() => limiter.allows(address, now)).length
      assert.equal(allowed('192.0.2.1'), 2)
      assert.equal(allowed('192.0.2.2'), 2)
      assert.equal(allowed('192.0.2.3'), 1)
    })

    it('gives who asked too often no less later, and the others what is theirs', () => {
      const limiter = new SenderLimiter(2, 5)
      const start = performance.now()
      for (let flood = 0; flood < 1000; flood++) limiter.allows(`192.0.2.${flood % 200}`, start)
      assert.ok(!limiter.allows('198.51.100.1', start))
      assert.ok(limiter.allows('198.51.100.1', start + 500))
      assert.ok(limiter.allows('192.0.2.1', start + 500))
    })

    it('remembers only so many senders', () => {
      const limiter = new SenderLimiter(1, 1000, { maxSenders: 2 })
      const now = performance.now()
      assert.ok(limiter.allows('192.0.2.1', now))
      assert.ok(!limiter.allows('192.0.2.1', now))
      assert.ok(limiter.allows('192.0.2.2', now))
      assert.ok(limiter.allows('192.0.2.3', now))
      assert.ok(limiter.allows('192.0.2.1', now)) // forgotten
    })
  })
})
