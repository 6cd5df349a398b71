// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { base32 } = require('../../../lib/base/base32')
const { SecretKey } = require('../../../lib/identity/secret-key')
const { EndpointTicket, LiveTicket, RoomTicket, parseTicket } = require('../../../lib/tickets')
const { orRefused } = require('../engine')

const nodeId = SecretKey.fromBytes(Buffer.alloc(32, 0x2a)).nodeId()
const peer = {
  nodeId,
  relayUrl: 'https://relay.example.com/',
  directAddresses: ['192.0.2.1:7', '[2001:db8::1]:65535']
}
const topic = Buffer.alloc(32, 6)
const endpoint = String(new EndpointTicket(peer))
const live = String(new LiveTicket({ endpoint: peer, name: 'a name' }))
const room = String(new RoomTicket({ topic, peers: [peer, { nodeId }] }))
const node = { node_id: nodeId, relay_url: 'http://a.test/', direct_addresses: ['192.0.2.1:7'] }
const current = { id: nodeId, addrs: [{ Relay: 'http://a.test/' }, { Ip: '192.0.2.1:7' }, { Custom: {} }] }
const jsonRooms = [
  { topic: [...topic], peers: [current] },
  { topic: topic.toString('hex'), nodes: [node, { node_id: nodeId, info: node }] }
]

/** 40 KB of bytes are 65,536 characters of ticket. */
const MAX_BYTES = 40_000

/** What is read is written, and that read again, is the same. */
function checkTicket(kind, text) {
  const ticket = orRefused(['ERR_IROH_INVALID_TICKET'], () => kind.parse(text))
  if (ticket === undefined) return
  assert.equal(String(kind.parse(String(ticket))), String(ticket))
}

const bytesOf = (text, prefix = '') => base32.decode(text.slice(prefix.length))

module.exports = [
  {
    name: 'ticket-text',
    seeds: [endpoint, live, room, `name@${base32.encode(bytesOf(endpoint, 'endpoint').subarray(1))}`],
    tokens: ['endpoint', 'iroh-live:', '@', '/', 'K', '\u0130', ' ', 'a'.repeat(52)],
    maxLength: 65_536,
    run(input) {
      const text = input.toString()
      const ticket = orRefused(['ERR_IROH_INVALID_TICKET'], () => parseTicket(text))
      if (ticket) assert.equal(String(parseTicket(String(ticket))), String(ticket))
    }
  },
  {
    name: 'endpoint-ticket',
    seeds: [bytesOf(endpoint, 'endpoint')],
    maxLength: MAX_BYTES,
    run(input) {
      checkTicket(EndpointTicket, `endpoint${base32.encode(input)}`)
    }
  },
  {
    name: 'live-ticket',
    seeds: [Buffer.concat([bytesOf(endpoint, 'endpoint').subarray(1)])],
    maxLength: MAX_BYTES,
    run(input) {
      checkTicket(LiveTicket, `iroh-live:${input.toString('base64url')}/a name`)
      checkTicket(LiveTicket, `a name@${base32.encode(input)}`)
    }
  },
  {
    name: 'room-ticket',
    seeds: [bytesOf(room)],
    maxLength: MAX_BYTES,
    run(input) {
      checkTicket(RoomTicket, base32.encode(input))
    }
  },
  {
    name: 'room-json',
    seeds: jsonRooms.map((each) => JSON.stringify(each)),
    tokens: ['null', '[]', '{}', '"id":', '"addrs":', '{"Ip":', '{"Relay":', '"info":', '__proto__', '0', '""', '['],
    maxLength: MAX_BYTES,
    run(input) {
      checkTicket(RoomTicket, base32.encode(input))
    }
  }
]
