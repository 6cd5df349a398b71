// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { Endpoint, EndpointTicket, Gossip, parseTicket, RoomTicket, SecretKey, TopicId } = require('event-target-iroh')
const { usePrograms } = require('../helpers/program.js')
const { local } = require('../helpers/endpoints.js')

const net = ['--preset', 'minimal', '--bind', '127.0.0.1:0']

describe('gossip of the command line', () => {
  const { about, start } = usePrograms()

  /** One in a room that is ready to be joined. */
  async function startFirst(...args) {
    const first = start('gossip', '--json', ...net, ...args)
    return { first, ...(await first.event('listening')) }
  }

  /** One that has joined. */
  async function startMember(room, ...args) {
    const member = start('gossip', '--json', ...net, ...args, room)
    const { nodeId } = await member.event('listening')
    await member.event('neighborup')
    return { member, nodeId }
  }

  it('pipes envelopes between all who are in a room, and says who signed them', async () => {
    const { first, ticket, topic, nodeId, addr } = await startFirst('kitchen')
    assert.equal(topic, TopicId.fromName('kitchen').toString())
    assert.deepEqual(parseTicket(ticket).topic, TopicId.fromName('kitchen').toBytes())
    assert.equal(addr.nodeId, nodeId)
    const second = await startMember(ticket)
    const third = await startMember(ticket)
    const envelope = { type: 'said', id: '1', payload: { text: 'Grüße' } }
    first.write(envelope)
    for (const { member } of [second, third])
      assert.deepEqual(await member.envelope('said'), { from: nodeId, ...envelope })
    third.member.write({ type: 'again' }, { type: 'again' })
    for (const member of [first, second.member]) {
      for (let count = 0; count < 2; count++) assert.equal((await member.envelope('again')).from, third.nodeId)
    }
    const gone = first.event('neighbordown')
    third.member.kill('SIGTERM')
    assert.equal((await third.member.ended).code, 0)
    assert.equal((await gone).nodeId, third.nodeId)
  })

  it('takes a room by name or topic, and peers beside it', async () => {
    const { first, addr } = await startFirst('a room')
    const key = path.join(about.directory, 'key')
    const peer = new EndpointTicket(addr).toString()
    const topic = TopicId.fromName('a room')
    await startMember('a room', '--peer', peer)
    for (const room of [topic.toString(), topic.toBase32()]) {
      const { member } = await startMember(room, '--peer', peer, '--key', key)
      member.write({ type: 'here' })
      assert.equal((await first.envelope('here')).from, SecretKey.fromFile(key).nodeId())
      member.kill('SIGTERM')
      await member.ended
    }
  })

  it('speaks to people on stderr, and ends with its stdin when everything is sent', async () => {
    const { first, ticket, nodeId } = await startFirst('kitchen')
    const second = start('gossip', ...net, ticket)
    second.write({ type: 'x', payload: null }, 'rubbish', { type: 'big', payload: 'x'.repeat(4000) }, { type: 'last' })
    second.eof()
    assert.equal((await first.envelope('x')).payload, null)
    await first.envelope('last')
    const { code, stdout, stderr } = await second.ended
    assert.deepEqual([code, stdout], [4, ''])
    assert.match(stderr, /^NodeId [0-9a-f]{64}\ntopic [0-9a-f]{64}\nticket [a-z2-7]+$/m)
    assert.match(stderr, new RegExp(`^neighbour ${nodeId} is here$`, 'm'))
    assert.match(stderr, /: line 2: not JSON/)
    assert.match(stderr, /: line 3: .*at most 3842 fit/)
  })

  it('keeps its lines until somebody is there', async () => {
    const { first, ticket } = await startFirst('kitchen')
    first.write({ type: 'early' })
    first.eof()
    const { member } = await startMember(ticket)
    assert.equal((await member.envelope('early')).type, 'early')
    assert.equal((await first.ended).code, 0)
  })

  it('prints what nobody signed without a name, and drops it with --verify', async () => {
    const { first, ticket, topic, addr } = await startFirst('kitchen')
    const strict = await startMember(ticket, '--verify')
    const endpoint = await Endpoint.createWithOptions(local)
    const gossip = await Gossip.spawn(endpoint)
    const stranger = await gossip.subscribeAndJoin(topic, [addr])
    stranger.broadcast('{"type":"plain"}')
    assert.deepEqual(await first.envelope('plain'), { from: null, type: 'plain' })
    stranger.broadcast('no JSON')
    assert.deepEqual((await first.event('bad-input')).code, 'ERR_IROH_NOT_JSON')
    first.write({ type: 'after' })
    await strict.member.envelope('after')
    assert.doesNotMatch(strict.member.stdout, /plain|bad-input/)
    await endpoint.close()
  })

  it('ends with 2 when it is called wrongly', async () => {
    const room = new RoomTicket({ topic: TopicId.random() }).toString()
    const wrong = [
      ['gossip'],
      ['gossip', ''],
      ['gossip', `${room}b`],
      ['gossip', 'a', 'b'],
      ['gossip', '--peer', 'x', 'a']
    ]
    const ends = await Promise.all(wrong.map((args) => start(...args).ended))
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      assert.deepEqual([code, stdout], [2, ''], wrong[index].join(' '))
      assert.match(stderr, /^event-target-iroh: .*\nTry: event-target-iroh gossip --help\n$/)
    }
  })
})
