// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const {
  frame,
  largestVarint,
  Parameter,
  RawClient,
  RawServer,
  usualParameters
} = require('../helpers/raw-quic/index.js')

/** Transport error codes (RFC 9000 section 20.1, RFC 9001 section 4.8, RFC 8446 section 6). */
const Code = {
  frameEncoding: 0x07,
  transportParameter: 0x08,
  connectionIdLimit: 0x09,
  protocolViolation: 0x0a,
  missingExtension: 0x100 + 109
}

describe('A hostile QUIC peer', () => {
  const { create } = useEndpoints()
  const open = new Set()

  afterEach(() => {
    for (const peer of open) peer.close()
    open.clear()
  })

  const keep = (peer) => {
    open.add(peer)
    return peer
  }
  const portOf = (endpoint) => Number(endpoint.boundAddresses()[0].split(':').pop())

  /** An endpoint that accepts, and whether it still does. */
  async function victim(options) {
    const endpoint = await create({ alpns: [alpn], ...options })
    const accept = async () => {
      while (await endpoint.accept()); // null once it is closed
    }
    accept()
    return endpoint
  }

  const client = async (endpoint, options) => keep(await RawClient.open({ port: portOf(endpoint), alpn, ...options }))
  const dial = async (endpoint, options) => keep(await RawClient.dial({ port: portOf(endpoint), alpn, ...options }))

  async function assertServes(endpoint) {
    const connection = await (await create()).connect(endpoint.addr(), alpn)
    assert.equal(connection.remoteNodeId(), endpoint.nodeId())
  }

  /** The connection goes on: what asks for an acknowledgement gets one. */
  async function assertGoesOn(peer) {
    const number = peer.spaces.oneRtt.next
    await peer.send(frame.ping())
    const acknowledges = ({ name, space, ranges }) =>
      name === 'ack' && space === 'oneRtt' && ranges.some(([low, high]) => low <= number && number <= high)
    const first = await Promise.race([peer.closed, peer.frame(acknowledges)])
    assert.notEqual(first.name, 'close', `closed: ${JSON.stringify(first)}`)
  }

  async function assertCloses(peer, code) {
    const close = await peer.closed
    assert.equal(close.application, false)
    assert.equal(close.code, code, close.reason)
  }

  /** A raw server, and what became of the product's dial to it. */
  async function lure(options) {
    const server = keep(await RawServer.listen({ alpn, ...options }))
    const dialler = await create()
    const outcome = dialler.connect(server.addr, alpn).then(
      () => 'connected',
      (error) => error.code
    )
    return { dialler, outcome, connection: await server.connection }
  }

  describe('as a client', () => {
    it('is refused with missing_extension without transport parameters', async () => {
      const endpoint = await victim()
      const peer = await client(endpoint, { parameters: null })
      await peer.sendHello()
      await assertCloses(peer, Code.missingExtension)
      await assertServes(endpoint)
    })

    it('is refused with bad transport parameters', async () => {
      const endpoint = await victim()
      const bad = [
        [Parameter.maxUdpPayloadSize, 1199],
        [Parameter.ackDelayExponent, 21],
        [Parameter.activeConnectionIdLimit, 1],
        [Parameter.initialMaxStreamsBidi, largestVarint],
        [Parameter.statelessResetToken, Buffer.alloc(16)],
        [Parameter.preferredAddress, Buffer.alloc(41)],
        [Parameter.initialSourceConnectionId, Buffer.from('another')]
      ]
      for (const parameter of bad) {
        const peer = await client(endpoint, { parameters: new Map([...usualParameters(), parameter]) })
        await peer.sendHello()
        const { code, application } = await peer.closed
        assert.ok(
          !application && [Code.transportParameter, Code.protocolViolation].includes(code),
          `${parameter}: ${code}`
        )
      }
      await assertServes(endpoint)
    })

    for (const length of [undefined, 4]) {
      it(`may acknowledge what acknowledged a later Initial packet (${length ?? 'all'} bytes of its hello first)`, async () => {
        const endpoint = await victim()
        const peer = await client(endpoint)
        await peer.sendHello({ packetNumber: 1, length })
        if (!length) await peer.frame(({ name }) => name === 'ack')
        await peer.sendInitial([frame.ack(0), frame.ping()], { packetNumber: 0 })
        await assertServes(endpoint)
      })
    }

    it('may acknowledge what acknowledged a later packet', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      peer.acknowledges = false
      const late = peer.spaces.oneRtt.next
      await peer.send(frame.ping(), { packetNumber: late + 1 })
      await peer.frame(({ name, ranges }) => name === 'ack' && ranges[0][1] === late + 1)
      const { largest } = peer.spaces.oneRtt
      await peer.send([frame.ack(largest, { first: largest }), frame.ping()], { packetNumber: late })
      await peer.frame(({ name, ranges }) => name === 'ack' && ranges.some(([low]) => low <= late))
      await assertGoesOn(peer)
    })

    it('is cut off when it acknowledges what was never sent', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      await peer.send(frame.ack(1 << 20))
      await assertCloses(peer, Code.protocolViolation)
      await assertServes(endpoint)
    })

    it('is cut off when it acknowledges packets before they are sent', async () => {
      const endpoint = await victim({ keepAliveMs: 100 })
      const peer = await client(endpoint, { holdsFinished: true })
      peer.acknowledges = false
      await peer.sendHello()
      await peer.handshakeDone
      for (const largest of [2, 3]) await peer.send([frame.ack(largest, { first: largest }), frame.ping()])
      while (peer.spaces.oneRtt.largest < 3) {
        const seen = peer.frames.length
        await peer.sendInitial(frame.ping()) // the server may send three times as much as it gets
        await peer.frame(() => peer.frames.length > seen)
      }
      await peer.sendFinished()
      await assertCloses(peer, Code.protocolViolation)
      await assertServes(endpoint)
    })

    it('is cut off when it leaves connection ids out', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      const ids = [frame.newConnectionId(50, 50), frame.newConnectionId(20, 0), frame.newConnectionId(20, 0)]
      await peer.send(ids)
      await assertCloses(peer, Code.connectionIdLimit)
      await assertServes(endpoint)
    })

    it('may retire connection ids and then bring earlier ones late', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      const late = frame.newConnectionId(2, 0)
      await peer.send([
        frame.newConnectionId(5, 5),
        late,
        late,
        frame.newConnectionId(4, 0),
        frame.newConnectionId(3, 0)
      ])
      const retired = new Set()
      await peer.frame(({ name, values }) => name === 'retireConnectionId' && retired.add(values[0]).size === 4)
      assert.deepEqual([...retired].sort(), [0, 2, 3, 4])
    })

    it('is cut off when a number has two connection ids', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      await peer.send([frame.newConnectionId(1, 0), frame.newConnectionId(1, 0)])
      await assertCloses(peer, Code.protocolViolation)
    })

    it('is cut off when it retires an id that it never got, or the one it uses', async () => {
      const endpoint = await victim()
      const unknown = await dial(endpoint)
      await unknown.send(frame.retireConnectionId(1000))
      await assertCloses(unknown, Code.protocolViolation)
      const used = await dial(endpoint)
      await used.send(frame.retireConnectionId(0))
      await assertCloses(used, Code.protocolViolation)
      await assertServes(endpoint)
    })

    it('is cut off when it answers a path challenge that nobody sent', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      await peer.send(frame.pathResponse())
      await assertCloses(peer, Code.protocolViolation)
      await assertServes(endpoint)
    })

    it('may migrate, answer on the old path and go back', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      await peer.frame(({ name }) => name === 'newConnectionId')
      await peer.send(frame.newConnectionId(1, 0))
      const elsewhere = keep(dgram.createSocket('udp4'))
      elsewhere.bind(0, '127.0.0.1')
      await once(elsewhere, 'listening')
      elsewhere.on('message', (datagram) => peer.receive(datagram))
      await peer.send(frame.pathChallenge(), { socket: elsewhere, dcid: peer.ids[1] })
      await peer.send(frame.ping(), { socket: elsewhere, dcid: peer.ids[1] })
      const { data } = await peer.frame(({ name }) => name === 'pathChallenge')
      await peer.send([frame.pathResponse(data), frame.ping()])
      await peer.send([frame.pathResponse(data), frame.ping()])
      await assertGoesOn(peer)
    })

    it('is cut off for what only servers send, for unknown frames and for broken ones', async () => {
      const endpoint = await victim()
      const hostile = [
        [frame.handshakeDone(), Code.protocolViolation],
        [frame.newToken(Buffer.from('token')), Code.protocolViolation],
        [Buffer.from([0x2a, 0, 0]), Code.frameEncoding],
        [Buffer.from([0x06, 0, 0x44, 0]), Code.frameEncoding]
      ]
      for (const [bytes, code] of hostile) {
        const peer = await dial(endpoint)
        await peer.send(bytes)
        await assertCloses(peer, code)
      }
      await assertServes(endpoint)
    })

    it('cannot talk TLS after the handshake', async () => {
      const endpoint = await victim()
      const peer = await dial(endpoint)
      await peer.send(frame.crypto(0, Buffer.alloc(500, 24)))
      await peer.send(frame.crypto(1 << 20, Buffer.alloc(500, 24)))
      await assertGoesOn(peer)
    })
  })

  describe('as a server', () => {
    it('is refused with missing_extension without transport parameters', async () => {
      const { connection, outcome } = await lure({ parameters: null })
      await assertCloses(connection, Code.missingExtension)
      assert.equal(await outcome, 'ERR_IROH_HANDSHAKE')
    })

    it('is cut off when it confirms the handshake before it can', async () => {
      const { connection, outcome } = await lure({ early: frame.handshakeDone(), staysSilent: true })
      await assertCloses(connection, Code.protocolViolation)
      assert.equal(await outcome, 'ERR_IROH_PROTOCOL')
    })

    it('may confirm the handshake behind its flight, when the Finished of the dialler is on its way', async () => {
      const behind = [frame.handshakeDone(), frame.handshakeDone(), frame.ping()]
      const { outcome } = await lure({ behind, staysSilent: true })
      assert.equal(await outcome, 'connected')
    })

    it('may give connection ids and tokens with its first flight', async () => {
      const early = Buffer.concat([frame.newConnectionId(1, 1), frame.newToken(Buffer.from('token')), frame.ping()])
      const { connection, outcome } = await lure({ early })
      assert.equal(await outcome, 'connected')
      await assertGoesOn(connection)
    })

    it('is cut off when it leaves connection ids out', async () => {
      const { connection, outcome } = await lure({})
      assert.equal(await outcome, 'connected')
      await connection.send([frame.newConnectionId(50, 50), frame.newConnectionId(20, 0), frame.newConnectionId(20, 0)])
      await assertCloses(connection, Code.connectionIdLimit)
    })

    it('may send more tokens than anybody keeps', async () => {
      const { connection, outcome } = await lure({})
      assert.equal(await outcome, 'connected')
      await connection.send(Array.from({ length: 300 }, () => frame.newToken(Buffer.from('t'))))
      await assertGoesOn(connection)
    })
  })
})
