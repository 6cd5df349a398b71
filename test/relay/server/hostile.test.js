// SPDX-License-Identifier: MIT
// What one client does to a relay costs no other client anything: it is bounded, counted, and closed.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const net = require('node:net')
const protocol = require('../../../lib/relay/protocol')
const { signChallenge } = require('../../../lib/relay/auth')
const { until } = require('../../helpers/events')
const { useRelays } = require('../../helpers/raw-relay-client')

const BAD_FRAME = 1002
const DENIED = 1008
const AHEAD = 64
const ROUNDS = 20
/** What a relay may take of the flood while two others have one round trip. */
const BETWEEN_ROUNDS = 32 * 1024 * 1024

describe('a relay whose client', () => {
  const { listen, dial, connect } = useRelays()

  /** Sends a frame again and again, as fast as the socket takes it, until the function it gives is called. */
  function flood({ ws }, frame) {
    return repeat((again) => ws.send(frame, again))
  }

  /** The same for a short frame, a thousand in one write: the flooder must not be what takes the time. */
  function floodInWrites({ ws }, frame) {
    const message = Buffer.concat([Buffer.from([0x82, 0x80 | frame.length, 0, 0, 0, 0]), frame]) // RFC 6455, mask 0
    const messages = Buffer.concat(Array(1000).fill(message))
    return repeat((again) => ws._socket.write(messages, again))
  }

  function repeat(send) {
    let over = false
    const again = (error) => {
      if (!over && !error) send(again)
    }
    for (let count = 0; count < AHEAD; count++) again()
    return () => {
      over = true
    }
  }

  /** Two others have their round trips; each sees but so much of the flood go by. */
  async function playOn(relay, one, two) {
    for (let round = 0; round < ROUNDS; round++) {
      const { bytesReceived } = relay.metrics()
      one.sendTo(two, `there ${round}`)
      assert.equal((await two.receive()).text, `there ${round}`)
      two.sendTo(one, `back ${round}`)
      assert.equal((await one.receive()).text, `back ${round}`)
      const meanwhile = relay.metrics().bytesReceived - bytesReceived
      assert.ok(meanwhile < BETWEEN_ROUNDS, `${meanwhile} bytes of the flood in one round`)
    }
  }

  for (const size of [1200, 60_000]) {
    describe(`floods with ${size} bytes at a time`, () => {
      const payload = Buffer.alloc(size, 1)

      it('who reads goes on serving two others', async () => {
        const relay = await listen()
        const [flooder, sink] = [await connect(relay), await connect(relay)]
        const [one, two] = [await connect(relay), await connect(relay)]
        let taken = 0
        sink.ws.removeAllListeners('message')
        sink.ws.on('message', () => taken++)
        const stop = flood(flooder, protocol.encodeSend({ id: sink.id, payload }))
        await until(() => taken > AHEAD)
        await playOn(relay, one, two)
        stop()
      })

      it('who does not read drops that, and goes on serving two others', async () => {
        const relay = await listen({ limits: { writeTimeoutMs: 60_000 } })
        const [flooder, sink] = [await connect(relay), await connect(relay)]
        const [one, two] = [await connect(relay), await connect(relay)]
        sink.pause()
        const stop = flood(flooder, protocol.encodeSend({ id: sink.id, payload }))
        await until(() => relay.metrics().droppedQueueFull > 0)
        await playOn(relay, one, two)
        stop()
      })

      it('who is not there drops that, remembers nobody, and goes on serving two others', async () => {
        const relay = await listen()
        const [flooder, one, two] = [await connect(relay), await connect(relay), await connect(relay)]
        const stop = flood(flooder, protocol.encodeSend({ id: Buffer.alloc(32, 9), payload }))
        await until(() => relay.metrics().droppedUnknown > AHEAD)
        await playOn(relay, one, two)
        assert.equal(relay.metrics().nodes, 3)
        stop()
      })
    })
  }

  it('pings without end and reads no pong drops pongs, and then the client', async () => {
    const relay = await listen({ limits: { writeTimeoutMs: 300 } })
    const [flooder, one, two] = [await connect(relay), await connect(relay), await connect(relay)]
    flooder.pause()
    const stop = floodInWrites(flooder, protocol.encodePing(Buffer.alloc(8)))
    await until(() => relay.metrics().controlDropped > 0)
    await playOn(relay, one, two)
    await until(() => relay.metrics().writeTimeouts === 1)
    stop()
    assert.equal(relay.metrics().clients, 2)
  })

  it('replays the proof of another connection denies it', async () => {
    const relay = await listen()
    const [victim, thief] = [await dial(relay), await dial(relay)]
    const { challenge } = protocol.decodeRelayHandshake(await victim.next())
    const proof = protocol.encodeAuth(victim.id, signChallenge(victim.secretKey, challenge))
    await thief.next()
    thief.send(proof)
    assert.equal(await thief.denied(), 'signature invalid')
    assert.equal(await thief.closed, DENIED)
    victim.send(proof)
    assert.equal((await victim.next())[0], protocol.FrameType.CONFIRM)
    assert.equal(relay.metrics().authFailed, 1)
  })

  it('sends to others before it proved its key delivers nothing, and closes it', async () => {
    const relay = await listen()
    const [receiver, stranger] = [await connect(relay), await dial(relay)]
    stranger.sendTo(receiver, 'unproved')
    assert.equal(await stranger.closed, BAD_FRAME)
    await receiver.settle() // nothing came before the pong
    const { badFrames, framesReceived, nodes } = relay.metrics()
    assert.deepEqual([badFrames, framesReceived, nodes], [1, 0, 1])
  })

  describe('closes its half of the TCP connection', () => {
    it('closes the other, and tells who it had sent to', async () => {
      const relay = await listen()
      const [one, two] = [await connect(relay), await connect(relay)]
      one.sendTo(two, 'hello')
      await two.receive()
      one.ws._socket.end()
      assert.deepEqual(await two.next(), protocol.encodeGone(one.id))
      await until(() => relay.metrics().sockets === 1)
      assert.equal(relay.metrics().clients, 1)
    })

    it('closes the other before there was an upgrade, and before there was a proof', async () => {
      const relay = await listen()
      const silent = net.connect({ port: relay.ports.relay, host: '127.0.0.1', allowHalfOpen: true })
      await once(silent, 'connect')
      const unproved = await dial(relay)
      await until(() => relay.metrics().sockets === 2)
      silent.resume()
      silent.end()
      unproved.ws._socket.end()
      await until(() => relay.metrics().sockets === 0)
      silent.destroy()
    })
  })

  it('does not answer the end of its session is cut off', async () => {
    const relay = await listen({ limits: { closeTimeoutMs: 50 } })
    const client = await connect(relay)
    client.pause()
    client.send(Buffer.of(63))
    await until(() => relay.metrics().badFrames === 1)
    assert.equal(relay.metrics().clients, 0)
    await until(() => relay.metrics().sockets === 0)
  })
})
