// SPDX-License-Identifier: MIT
// Gossip between processes and threads: how they come, go, crash and come back.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { SecretKey, TopicId } = require('event-target-iroh')
const { useChildren } = require('../helpers/child.js')
const { useGossip } = require('../helpers/gossip.js')
const { useGossipPeers } = require('../helpers/gossip-peer.js')

const topicId = TopicId.fromName('processes')
const topic = topicId.toString()
const worker = path.join(__dirname, '../helpers/children/gossip-worker.js')

describe('gossip between processes', () => {
  const start = useGossipPeers()
  const { create } = useGossip()
  const child = useChildren()

  for (const who of ['the one that joined', 'the one that was joined']) {
    it(`${who} crashes, comes back with its key and is a neighbour again`, async () => {
      const key = SecretKey.generate()
      const secret = Buffer.from(key.toBytes()).toString('hex')
      const [stays, crashes] = await Promise.all([start('ours'), start('ours', { key: secret })])
      const [contact, joiner] = who === 'the one that joined' ? [stays, crashes] : [crashes, stays]
      await contact.subscribe(topic)
      await joiner.subscribe(topic, contact)
      await Promise.all([contact.up(topic, joiner), joiner.up(topic, contact)])
      await crashes.crash()
      const back = await start('ours', { key: secret })
      assert.equal(back.nodeId, crashes.nodeId)
      await back.subscribe(topic, stays)
      await back.up(topic, stays)
      await back.broadcast(topic, 'back')
      await stays.received(topic, 'back')
      await stays.broadcast(topic, 'welcome')
      await back.received(topic, 'welcome')
    })
  }

  it('peers that know one of them find each other, and what one says reaches all', async () => {
    const peers = await Promise.all(Array.from({ length: 4 }, () => start('ours')))
    for (const [index, peer] of peers.entries()) {
      await peer.subscribe(topic, ...peers.slice(Math.max(0, index - 1), index))
      if (index > 0) await peer.up(topic, peers[index - 1])
    }
    await peers[3].up(topic, peers[0])
    for (const [index, peer] of peers.entries()) await peer.broadcast(topic, `from ${index}`)
    for (const [index, peer] of peers.entries())
      for (const other of peers.keys()) if (other !== index) await peer.received(topic, `from ${other}`)
    await peers[0].crash()
    await peers[1].broadcast(topic, 'without the first')
    await Promise.all([peers[2].received(topic, 'without the first'), peers[3].received(topic, 'without the first')])
    const ends = peers.slice(1).map((peer) => peer.quit().then(() => peer.ended))
    for (const [code] of await Promise.all(ends)) assert.equal(code, 0)
  })

  for (const [how, reason] of Object.entries({ close: 'closed', leave: 'left', exit: 'closed' })) {
    it(`a process ends by itself after ${how}, and its neighbours know: ${reason}`, async () => {
      const one = await create()
      const near = await one.in(topicId)
      const other = child(worker)
      other.send({ topic, addr: one.addr, how })
      await near.received(`here: ${how}`)
      near.topic.broadcast('go')
      assert.equal((await near.down()).reason, reason)
      assert.deepEqual((await other.ended).code, 0)
    })
  }

  it('a worker thread may be terminated in the middle of it', async () => {
    const one = await create()
    const near = await one.in(topicId)
    for (let round = 0; round < 3; round++) {
      const thread = new Worker(worker, { workerData: { topic, addr: one.addr, how: `stay ${round}` } })
      const { nodeId } = await near.up()
      await near.received(`here: stay ${round}`)
      const exit = once(thread, 'exit')
      for (let i = 0; i < 50; i++) near.topic.broadcast(`${round} ${i}`)
      await thread.terminate()
      await exit
      await near.down(nodeId)
    }
  })
})
