// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { decodeAddrInfo, encodeAddrInfo } = require('../../../lib/gossip/addr-info')
const { EventContent, writeContent } = require('../../../lib/gossip/event-content')
const { TopicId } = require('../../../lib/identity/topic-id')
const { SecretKey } = require('../../../lib/identity/secret-key')
const { orRefused } = require('../engine')

const key = SecretKey.fromBytes(Buffer.alloc(32, 0x2a))
const nodeId = key.nodeId()
const topic = TopicId.fromBytes(Buffer.alloc(32, 6))
const json = JSON.stringify({ type: 'a', id: 'b', payload: [1, { c: 'd' }] })
const REFUSED = ['ERR_IROH_NOT_JSON', 'ERR_IROH_TOO_DEEP', 'ERR_IROH_FORBIDDEN_KEY', 'ERR_IROH_NOT_ENVELOPE']
const directAddresses = ['192.0.2.1:7', '198.51.100.1:65535', '[2001:db8::1]:8']

module.exports = [
  {
    name: 'addr-info',
    seeds: [
      encodeAddrInfo({ relayUrl: 'https://relay.example.com/', directAddresses }),
      encodeAddrInfo({ directAddresses }),
      encodeAddrInfo({})
    ],
    maxLength: 300,
    run(input) {
      const info = decodeAddrInfo(input, nodeId)
      if (info === null) return
      const again = decodeAddrInfo(encodeAddrInfo(info), nodeId)
      // A URL is written in its one form, which may be longer than what came: then it, and addresses, are left out.
      if (again.relayUrl !== undefined) assert.equal(again.relayUrl, info.relayUrl)
      assert.ok(again.directAddresses.every((address) => info.directAddresses.includes(address)))
    }
  },
  {
    name: 'event-content',
    seeds: [writeContent(topic, json, key), writeContent(topic, json, null), json],
    tokens: ['{"type":"a"', ',"gossip":{', '"__proto__":', '[', '{"a":', '}', '"', '\\u0000', '\ufeff'],
    maxLength: 65_536,
    run(input) {
      const content = new EventContent(topic, input)
      const { author } = content
      assert.ok(author === null || author === nodeId)
      const envelope = orRefused(REFUSED, () => content.envelope())
      if (envelope) assert.equal(typeof envelope.type, 'string')
    }
  }
]
