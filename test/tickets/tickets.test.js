// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { inspect } = require('node:util')
const iroh = require('@number0/iroh/index.js')
const {
  createHub,
  EndpointTicket,
  LiveTicket,
  parseTicket,
  RoomTicket,
  SecretKey,
  TopicId
} = require('event-target-iroh')
const { base32 } = require('../../lib/base/base32')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')

const nodeId = SecretKey.fromBytes(Buffer.alloc(32, 0x2a)).nodeId()
const otherId = SecretKey.fromBytes(Buffer.alloc(32, 7)).nodeId()
const id = Buffer.from(nodeId, 'hex')
const topic = Buffer.alloc(32, 9)

/** Tickets that the real library wrote. */
const VECTORS = [
  {
    text: 'endpointaamx62zd4fwikmwgvpedr6wnl2tytpqmo2zjeazuaon7vcz5g2gwcaa',
    nodeAddr: { nodeId, directAddresses: [] }
  },
  {
    text: 'endpointaamx62zd4fwikmwgvpedr6wnl2tytpqmo2zjeazuaon7vcz5g2gwcayaczuhi5dqhixs6mjsg4xdalrqfyytumztgqyc6aiap4aaaamabaaqbqfiaeeqo',
    nodeAddr: {
      nodeId,
      relayUrl: 'http://127.0.0.1:3340/',
      directAddresses: ['127.0.0.1:1024', '192.168.1.9:7']
    }
  },
  {
    text: 'endpointadveu3dd4kofecv66vihwezoyx4zkr3wv27l464siipou2iui3jcybaadnuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss4y3pnuxc6aiabiaaaasqaeaauaaaak5qgaibeaaq3oaaaaaaaaaaaaaaaaaaah776ay',
    nodeAddr: {
      nodeId: otherId,
      relayUrl: 'https://relay.example.com./',
      directAddresses: ['10.0.0.2:80', '10.0.0.2:443', '[2001:db8::1]:65535']
    }
  }
]

/** An endpoint ticket of these bytes. */
function ticketOf(...parts) {
  return `endpoint${base32.encode(Buffer.concat(parts.map((part) => Buffer.from(part))))}`
}

function url(text) {
  return [0, Buffer.byteLength(text), ...Buffer.from(text)]
}

function refused(parse, text, words) {
  assert.throws(() => parse(text), { code: 'ERR_IROH_INVALID_TICKET', class: 'usage', message: words })
}

function realReads(text) {
  try {
    return iroh.EndpointTicket.fromString(text).toString()
  } catch {
    return null
  }
}

describe('EndpointTicket', () => {
  const { create } = useEndpoints()

  it('reads and writes what the real library wrote', () => {
    for (const { text, nodeAddr } of VECTORS) {
      const ticket = EndpointTicket.parse(text)
      assert.deepEqual(ticket.nodeAddr, nodeAddr)
      assert.equal(ticket.toString(), text)
      assert.equal(new EndpointTicket(nodeAddr).toString(), text)
      assert.equal(JSON.stringify({ ticket }), JSON.stringify({ ticket: text }))
      assert.match(inspect(ticket), /EndpointTicket/)
    }
  })

  it('is a peer, as an object and as a string', async () => {
    const server = await create({ alpns: [alpn] })
    const client = await create()
    const text = server.ticket()
    for (const peer of [text, EndpointTicket.parse(text)]) {
      const [accepted, dialled] = await Promise.all([server.accept(), client.connect(peer, alpn)])
      assert.equal(dialled.remoteNodeId(), server.nodeId())
      assert.equal(accepted.remoteNodeId(), client.nodeId())
    }
    const third = await create()
    third.addNodeAddr(text)
    await Promise.all([server.accept(), third.connect(server.nodeId(), alpn)])
    await assert.rejects(client.connect(text.slice(0, -1), alpn), { code: 'ERR_IROH_INVALID_TICKET' })
  })

  it('of a hub and of an endpoint hold their addr()', async () => {
    const hub = await createHub({ endpoint: await create() })
    assert.deepEqual(EndpointTicket.parse(hub.ticket()).nodeAddr, hub.addr())
    assert.equal(hub.ticket(), hub.endpoint.ticket())
    await hub.close()
  })

  it('keeps every relay; a NodeAddr has the first', () => {
    const relayUrls = ['https://a.example/', 'https://b.example/']
    const ticket = new EndpointTicket({ nodeId, relayUrl: relayUrls[1], relayUrls })
    assert.deepEqual(ticket.relayUrls, relayUrls)
    assert.equal(ticket.nodeAddr.relayUrl, relayUrls[0])
    assert.equal(EndpointTicket.parse(ticket.toString()).toString(), ticket.toString())
    assert.equal(realReads(ticket.toString()), ticket.toString())
  })

  it('is the same for the same addresses in any order, twice, in other words, or in upper case', () => {
    const { text, nodeAddr } = VECTORS[1]
    const [first, second] = nodeAddr.directAddresses
    const relayUrl = 'HTTP://127.0.0.1:3340'
    assert.equal(new EndpointTicket({ nodeId, relayUrl, directAddresses: [second, first, second] }).toString(), text)
    const shuffled = ticketOf([0], id, [2, 1, 0, 1, 2, 3, 4, 5], url('http://X'))
    const twice = ticketOf([0], id, [3], url('http://x/'), url('http://x'), [1, 0, 1, 2, 3, 4, 5])
    const capitals = `endpoint${twice.slice(8).toUpperCase()}`
    for (const each of [shuffled, twice, capitals]) {
      assert.equal(EndpointTicket.parse(each).toString(), realReads(each))
    }
  })

  it('leaves out zones, and custom addresses as iroh 1.0.3 writes them', () => {
    const linkLocal = new EndpointTicket({ nodeId, directAddresses: ['[fe80::1%eth0]:7'] })
    assert.deepEqual(linkLocal.nodeAddr.directAddresses, ['[fe80::1]:7'])
    const inPlace = [2, 5, 0, 3, 1, 2, 3, ...Buffer.alloc(27)]
    const apart = [2, 0x80, 1, 1, 31, ...Buffer.alloc(31, 7)]
    const text = ticketOf([0], id, [3, 1, 0, 1, 2, 3, 4, 5], inPlace, apart)
    assert.ok(realReads(text))
    assert.deepEqual(EndpointTicket.parse(text).nodeAddr, { nodeId, directAddresses: ['1.2.3.4:5'] })
  })

  it('says what is wrong with a ticket', () => {
    const parse = (text) => EndpointTicket.parse(text)
    const good = VECTORS[0].text
    const cases = [
      [undefined, /it is not a string/],
      ['', /it is empty/],
      ['a'.repeat(65537), /it has 65537 characters; at most 65536/],
      [good.toUpperCase(), /begins with 'endpoint', in lower case/],
      [`${good.slice(0, -1)}1`, /character 55 of its base32 text, "1"/],
      [good.replace('k', '\u212a'), /character 13 of its base32 text/],
      [`${good} `, /character 56 of its base32 text, " "/],
      [`${good}=`, /character 56 of its base32 text, "="/],
      [`${good}a`, /its base32 text cannot have 56 characters|bytes too many/],
      [`${good.slice(0, -1)}b`, /ends with bits that are not zero/],
      [ticketOf(), /ends at byte 0, within the variant/],
      [ticketOf([1], id, [0]), /variant 1/],
      [ticketOf([0], id.subarray(1)), /ends at byte 32, within the NodeId: 1 more/],
      [ticketOf([0], Buffer.alloc(32, 2), [0]), /up to byte 33 are no Ed25519 public key/],
      [ticketOf([0], id), /within the number of addresses/],
      [ticketOf([0], id, [0, 0]), /1 bytes too many follow byte 34/],
      [ticketOf([0], id, [0x80, 0]), /the number of addresses is written longer than needed/],
      [ticketOf([0], id, [0x81, 8]), /the number of addresses is 1025, more than 1024/],
      [ticketOf([0], id, Buffer.alloc(11, 0xff)), /a number without end/],
      [ticketOf([0], id, [1, 3]), /the kind of an address is 3/],
      [ticketOf([0], id, [1, 1, 2]), /the family of an IP address is 2/],
      [ticketOf([0], id, [1, 1, 0, 1, 2, 3]), /within an IP address: 1 more/],
      [ticketOf([0], id, [1, 1, 0, 1, 2, 3, 4, 0x80, 0x80, 4]), /a port is 65536, more than 65535/],
      [ticketOf([0], id, [1], url('mailto:x')), /'mailto:x' is not the URL of a relay/],
      [ticketOf([0], id, [1], [0, 2, 0xff, 0xfe]), /is not the URL of a relay/],
      [ticketOf([0], id, [1, 0, 0x81, 16]), /the length of a relay URL is 2049, more than 2048/],
      [ticketOf([0], id, [1, 2, 5, 3, 1, 2, 3]), /a custom address that is not in the form of iroh 1.0.2 and 1.0.3/],
      [ticketOf([0], id, [1, 2, 5, 1, 1, 9]), /a custom address that is not in the form/]
    ]
    for (const [text, words] of cases) refused(parse, text, words)
  })

  it('refuses what makes no ticket', () => {
    const many = Array.from({ length: 1025 }, (_, port) => `10.0.0.1:${port + 1}`)
    const long = Array.from({ length: 30 }, (_, index) => `https://a.example/${index}${'x'.repeat(2000)}`)
    const code = 'ERR_IROH_INVALID_ARGUMENT'
    assert.throws(() => new EndpointTicket({ nodeId, directAddresses: many }), { code, message: /1024 addresses/ })
    assert.throws(() => new EndpointTicket({ nodeId, relayUrls: long }), { code, message: /65536 characters/ })
    assert.throws(() => new EndpointTicket({ nodeId, relayUrls: 'https://a.example' }), { code })
    assert.throws(() => new EndpointTicket({ nodeId, relayUrl: 'mailto:x' }), { code })
    assert.throws(() => new EndpointTicket({ nodeId, directAddresses: ['x:1'] }), { code: 'ERR_IROH_INVALID_ADDRESS' })
    assert.throws(() => new EndpointTicket(7), { code })
    assert.throws(() => new EndpointTicket('x'), { code: 'ERR_IROH_INVALID_NODE_ID' })
  })
})

describe('RoomTicket', () => {
  const { nodeAddr } = VECTORS[1]
  const peer = Buffer.concat([
    id,
    Buffer.from([2]),
    Buffer.from(url('http://127.0.0.1:3340/')),
    Buffer.from([1, 0, 127, 0, 0, 1, 0x80, 8])
  ])
  const peers = [
    { ...nodeAddr, directAddresses: ['127.0.0.1:1024'] },
    { nodeId: otherId, directAddresses: [] }
  ]
  const bytes = Buffer.concat([topic, Buffer.from([2]), peer, Buffer.from(otherId, 'hex'), Buffer.from([0])])
  const text = base32.encode(bytes)

  function fromJson(value) {
    return RoomTicket.parse(base32.encode(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))))
  }

  it('is postcard in base32: 32 bytes of topic, a count, and the peers in their order', () => {
    const ticket = new RoomTicket({ topic, peers })
    assert.equal(ticket.toString(), text)
    for (const each of [RoomTicket.parse(text), RoomTicket.parse(text.toUpperCase())]) {
      assert.deepEqual(each.topic, topic)
      assert.deepEqual(each.peers, peers)
      assert.equal(each.toString(), text)
    }
    assert.equal(
      new RoomTicket({ topic: topic.toString('hex'), peers: [new EndpointTicket(peers[0]), otherId] }).toString(),
      text
    )
    assert.match(inspect(ticket), /RoomTicket/)
    assert.deepEqual(new RoomTicket({ topic: TopicId.fromBytes(topic) }).topic, topic)
    assert.deepEqual(new RoomTicket({ topic }).peers, [])
  })

  it('keeps every relay of a peer', () => {
    const several = new EndpointTicket({ nodeId, relayUrls: ['https://a.example', 'https://b.example'] })
    for (const given of [several, several.toString()]) {
      const ticket = new RoomTicket({ topic, peers: [given] }).toString()
      assert.equal(RoomTicket.parse(ticket).toString(), ticket)
      assert.ok(base32.decode(ticket).includes('https://b.example/'))
    }
  })

  it('is also read as JSON, with the addresses of every iroh', () => {
    const numbers = [...topic]
    const direct = ['127.0.0.1:1024']
    const relay = 'http://127.0.0.1:3340/'
    const rooms = [
      {
        topic: numbers,
        nodes: [
          { node_id: nodeId, relay_url: relay, direct_addresses: direct },
          { node_id: otherId, relay_url: null, direct_addresses: [] }
        ]
      },
      {
        topic: numbers,
        nodes: [
          { node_id: nodeId, info: { relay_url: relay, direct_addresses: direct } },
          { node_id: otherId, info: { relay_url: null, direct_addresses: [] } }
        ]
      },
      {
        topic: numbers,
        endpoints: [
          { id: nodeId, addrs: [{ Relay: relay }, { Ip: direct[0] }, { Custom: { id: 1, data: [] } }] },
          { id: otherId, addrs: [] }
        ]
      },
      {
        topic: topic.toString('hex'),
        peers: [{ id: nodeId, addrs: [{ Ip: direct[0] }, { Relay: relay }] }, { node_id: otherId }]
      }
    ]
    for (const room of rooms) assert.equal(fromJson(room).toString(), text, JSON.stringify(room))
  })

  it('says what is wrong with a ticket', () => {
    const parse = (given) => RoomTicket.parse(given)
    const postcard = [
      [bytes.subarray(0, 31), /ends at byte 31, within the topic: 1 more/],
      [Buffer.concat([topic, Buffer.from([0x81, 2])]), /the number of peers is 257, more than 256/],
      [bytes.subarray(0, -1), /within the number of addresses/],
      [Buffer.concat([bytes, Buffer.from([0])]), /1 bytes too many/]
    ]
    for (const [given, words] of postcard) refused(parse, base32.encode(given), words)
    refused(parse, 'ä', /character 1 of its base32 text/)
    const numbers = [...topic]
    const json = [
      ['{"topic":', /begins as JSON and is none/],
      [{ topic: numbers }, /no peers, nodes or endpoints/],
      [{ topic: [1], peers: [] }, /topic is neither/],
      [{ topic: numbers, peers: {} }, /peers is not an array/],
      [{ topic: numbers, peers: Array(257).fill({ id: nodeId, addrs: [] }) }, /at most 256 peers/],
      [{ topic: numbers, nodes: [null] }, /nodes\[0\] is not an object/],
      [{ topic: numbers, nodes: [{ node_id: 'x' }] }, /nodes\[0\].node_id is not a NodeId/],
      [{ topic: numbers, nodes: [{ node_id: nodeId, relay_url: 'x' }] }, /nodes\[0\].relay_url: 'x' is not the URL/],
      [{ topic: numbers, nodes: [{ node_id: nodeId, relay_url: 7 }] }, /nodes\[0\].relay_url is not a string/],
      [
        { topic: numbers, nodes: [{ node_id: nodeId, direct_addresses: [7] }] },
        /direct_addresses is not an IP address/
      ],
      [{ topic: numbers, nodes: [{ node_id: nodeId, info: 7 }] }, /nodes\[0\].info is not an object/],
      [{ topic: numbers, endpoints: [{ id: nodeId, addrs: [{ Carrier: 'pigeon' }] }] }, /something that is no address/],
      [{ topic: numbers, endpoints: [{ id: nodeId, addrs: [null] }] }, /something that is no address/],
      [{ topic: numbers, endpoints: [{ id: nodeId }] }, /endpoints\[0\].addrs is not an array/]
    ]
    for (const [given, words] of json) refused(fromJson, given, words)
  })

  it('refuses what makes no ticket', () => {
    const code = 'ERR_IROH_INVALID_ARGUMENT'
    assert.throws(() => new RoomTicket({ topic: 'x' }), { code })
    assert.throws(() => new RoomTicket({ topic, peers: otherId }), { code })
    assert.throws(() => new RoomTicket({ topic, peers: Array(257).fill(nodeId) }), { code })
  })
})

describe('LiveTicket', () => {
  const endpoint = VECTORS[1].nodeAddr
  const address = base32.decode(VECTORS[1].text.slice(8)).subarray(1)
  const name = 'a/b@c é'
  const text = `iroh-live:${address.toString('base64url')}/${name}`

  it('is iroh-live:<base64url of the address>/<name>', () => {
    const ticket = new LiveTicket({ endpoint, name })
    assert.equal(ticket.toString(), text)
    for (const each of [text, ` ${text}\n`, text.slice('iroh-live:'.length).replace('@', '')]) {
      const read = LiveTicket.parse(each)
      assert.deepEqual(read.nodeAddr, endpoint)
      assert.equal(read.name, each.includes('@') ? name : name.replace('@', ''))
    }
    assert.equal(LiveTicket.parse(text).toString(), text)
    assert.match(inspect(ticket), /LiveTicket/)
  })

  it('is also read as <name>@<base32 of the address>', () => {
    for (const encoded of [base32.encode(address), base32.encode(address).toUpperCase()]) {
      const ticket = LiveTicket.parse(`hello@${encoded}`)
      assert.equal(ticket.name, 'hello')
      assert.deepEqual(ticket.nodeAddr, endpoint)
      assert.match(ticket.toString(), /^iroh-live:.*\/hello$/)
    }
  })

  it('says what is wrong with a ticket', () => {
    const parse = (given) => LiveTicket.parse(given)
    const base64 = address.toString('base64url')
    const cases = [
      [`iroh-live:${base64}`, /this has no '\/'/],
      [`iroh-live:${base64.slice(1)}!/x`, /is none of base64url/],
      [`iroh-live:${base64}=/x`, /is none of base64url/],
      ['iroh-live:abcde/x', /cannot have 5 characters/],
      ['iroh-live:ab/x', /ends with bits that are not zero/],
      [`iroh-live:${Buffer.concat([address, Buffer.from([0])]).toString('base64url')}/x`, /1 bytes too many/],
      [`iroh-live:${base64}/${'é'.repeat(513)}`, /longer than 1024 bytes/],
      [`x @${base32.encode(address)}`, /begins or ends with space/],
      ['x@', /within the NodeId/],
      ['x@!', /character 1 of its base32 text/]
    ]
    for (const [given, words] of cases) refused(parse, given, words)
    assert.throws(() => new LiveTicket({ endpoint, name: 7 }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
  })
})

describe('parseTicket', () => {
  it('tells which ticket it is', () => {
    const tickets = [
      new EndpointTicket(nodeId),
      new RoomTicket({ topic, peers: [nodeId] }),
      new LiveTicket({ endpoint: nodeId, name: 'x' })
    ]
    for (const ticket of tickets) {
      const read = parseTicket(ticket.toString())
      assert.equal(read.constructor, ticket.constructor)
      assert.equal(read.toString(), ticket.toString())
    }
    assert.ok(parseTicket(`x@${base32.encode(Buffer.concat([id, Buffer.from([0])]))}`) instanceof LiveTicket)
  })

  it('says what is wrong with an invalid one', () => {
    for (const bad of [undefined, '', 'hello', `Endpoint${'a'.repeat(64)}`, nodeId]) {
      refused(parseTicket, bad, /^not a ticket: (it is|it begins with neither 'endpoint' nor 'iroh-live:')/)
    }
  })
})
