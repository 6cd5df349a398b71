// SPDX-License-Identifier: MIT
'use strict'

// What comes to a relay and from one: frames, headers, URLs, QUIC packets.

const assert = require('node:assert/strict')
const auth = require('../../../lib/relay/auth')
const { normalizeRelayUrl, pingUrl, sessionUrl } = require('../../../lib/base/relay-url')
const protocol = require('../../../lib/relay/protocol')
const { answerQuic } = require('../../../lib/relay/server/quic-answer')
const { SecretKey } = require('../../../lib/identity/secret-key')
const { orRefused } = require('../engine')

const { FrameType } = protocol
const key = SecretKey.fromBytes(Buffer.alloc(32, 0x2a))
const id = Buffer.from(key.nodeId(), 'hex')
const payload = Buffer.alloc(100, 7)
const challenge = Buffer.alloc(16, 1)
const data = Buffer.alloc(8, 2)
const REFUSED = ['ERR_IROH_RELAY']

const fromClient = [
  protocol.encodeSend({ id, ecn: 1, payload }),
  protocol.encodeSend({ id, segmentSize: 30, payload }),
  protocol.encodePing(data),
  protocol.encodePong(data)
]
const fromRelay = [
  protocol.encodeRecv({ id, ecn: 2, payload }),
  protocol.encodeRecv({ id, segmentSize: 30, payload }),
  protocol.encodeGone(id),
  protocol.encodePing(data),
  protocol.encodeHealth('a problem'),
  protocol.encodeRestarting(1, 2),
  protocol.encodeStatus(1)
]
const handshake = [
  protocol.encodeChallenge(challenge),
  protocol.encodeAuth(id, key.sign(challenge)),
  protocol.encodeConfirm(),
  protocol.encodeDeny('a reason')
]

/** What is sent on of a datagram frame: the same datagrams. */
function checkDatagrams(frame, encode) {
  if (frame?.payload === undefined) return
  const datagrams = protocol.splitDatagrams(frame)
  assert.deepEqual(Buffer.concat(datagrams), Buffer.from(frame.payload))
  orRefused(['ERR_IROH_INVALID_ARGUMENT'], () => encode(frame)) // too long by what it becomes
}

/** A TLS connection as verifyClientAuth() sees it: what it exports is fixed. */
const exported = Buffer.alloc(32, 9)
const socket = { encrypted: true, getProtocol: () => 'TLSv1.3', exportKeyingMaterial: () => exported }
const header = auth.clientAuthHeader(socket, key)

function quicInitial() {
  const packet = Buffer.alloc(1200)
  packet.set([0xc3, 0, 0, 0, 1, 8])
  packet[14] = 20
  return packet
}

module.exports = [
  {
    name: 'relay-from-client',
    seeds: fromClient,
    maxLength: 65_536,
    run(input) {
      checkDatagrams(
        orRefused(REFUSED, () => protocol.decodeFromClient(input)),
        protocol.encodeRecv
      )
    }
  },
  {
    name: 'relay-from-relay',
    seeds: fromRelay,
    maxLength: 65_536,
    run(input) {
      for (const version of [1, 2]) {
        const frame = orRefused(REFUSED, () => protocol.decodeFromRelay(input, version))
        checkDatagrams(frame, protocol.encodeSend)
        if (frame?.type === FrameType.HEALTH)
          assert.deepEqual(protocol.encodeHealth(frame.problem).length, input.length)
      }
    }
  },
  {
    name: 'relay-handshake',
    seeds: handshake,
    run(input) {
      const asked = orRefused(REFUSED, () => protocol.decodeClientHandshake(input))
      if (asked) auth.verifyChallenge(Buffer.from(asked.publicKey).toString('hex'), challenge, asked.signature)
      const answered = orRefused(REFUSED, () => protocol.decodeRelayHandshake(input))
      if (answered?.type === FrameType.CHALLENGE) assert.deepEqual(protocol.encodeChallenge(answered.challenge), input)
    }
  },
  {
    name: 'relay-auth-header',
    seeds: [header],
    tokens: ['=', '+', '/', '-', '_'],
    run(input) {
      const nodeId = orRefused(REFUSED, () => auth.verifyClientAuth(input.toString('latin1'), socket))
      // Another key needs another signature; the same one may not be written in two ways.
      if (nodeId) assert.equal(input.toString('latin1'), header)
    }
  },
  {
    name: 'relay-request',
    seeds: ['Bearer abc\n/relay?token=abc', 'bearer  x y\n/relay', 'Basic eA\n/?token=%ff&token=2'],
    tokens: ['bearer ', '?token=', '%', '&', 'iroh-relay-v1', 'iroh-relay-v2', ', '],
    run(input) {
      const [authorization, url = ''] = input.toString('latin1').split('\n')
      const token = auth.accessToken({ rawHeaders: ['Host', 'x', 'Authorization', authorization], url })
      assert.ok(token === undefined || typeof token === 'string')
      const chosen = protocol.chooseSubprotocol(authorization)
      assert.ok(chosen === null || protocol.versionOf(chosen) !== null)
    }
  },
  {
    name: 'relay-url',
    seeds: ['https://relay.example.com./', 'http://127.0.0.1:3340', 'wss://[::1]:7/a?b#c', 'ws://user:pass@xn--a/'],
    tokens: ['http://', 'https:', '%00', '@', '[', ']', 'ß', '\u202e', ':65536', '/..'],
    run(input) {
      const url = orRefused(['ERR_IROH_INVALID_ARGUMENT'], () => normalizeRelayUrl(input.toString()))
      if (url === undefined) return
      assert.equal(normalizeRelayUrl(url), url)
      assert.equal(sessionUrl(url).pathname, '/relay')
      assert.equal(pingUrl(url).pathname, '/ping')
    }
  },
  {
    name: 'quic-answer',
    seeds: [quicInitial(), Buffer.concat([quicInitial(), Buffer.alloc(100)])],
    maxLength: 1500,
    run(input) {
      const answer = answerQuic(input)
      if (answer) assert.ok(answer.length < input.length && answer.readUInt32BE(1) === 0)
    }
  }
]
