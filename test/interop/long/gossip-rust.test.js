// SPDX-License-Identifier: MIT
// Our gossip with iroh's own, built by cargo: each peer is a process, and both kinds are told the same.
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const path = require('node:path')
const { useGossipPeers } = require('../../helpers/gossip-peer.js')
const { useCrate } = require('../rust/cargo.js')

const NEIGHBOR_DOWN_MS = 500
const REJOIN_MS = 5000
/** What a swarm broadcast of 4096 bytes has room for. */
const MOST = 4057
/** What one has beside its content, where that takes three bytes for its length. */
const OVERHEAD = 39

const newTopic = () => randomBytes(32).toString('hex')
const newKey = () => randomBytes(32).toString('hex')
/** Ours as the contact of a real one, and the other way about. */
const PAIRS = [
  ['ours', 'real'],
  ['real', 'ours']
]

describe("iroh's own gossip", () => {
  const start = useGossipPeers()

  useCrate(path.join(__dirname, '../rust-gossip'))

  async function together(topic, a, b) {
    await Promise.all([a.up(topic, b), b.up(topic, a)])
  }

  /** A contact and who joins the topic through it. */
  async function pair(contactKind, joinerKind, contactOptions, joinerOptions) {
    const topic = newTopic()
    const contact = await start(contactKind, contactOptions)
    const joiner = await start(joinerKind, joinerOptions)
    await contact.subscribe(topic)
    await joiner.subscribe(topic, contact)
    await together(topic, contact, joiner)
    return { topic, contact, joiner }
  }

  /** Three in a line: the outer ones have no connection with each other. */
  async function line(outer, inner) {
    const topic = newTopic()
    const [left, middle, right] = await Promise.all([start(outer), start(inner), start(outer)])
    await Promise.all([left.deny(right), right.deny(left)])
    await middle.subscribe(topic)
    for (const end of [left, right]) {
      await end.subscribe(topic, middle)
      await together(topic, end, middle)
    }
    return { topic, left, middle, right }
  }

  async function controlReceived(topic, peer) {
    return (await peer.tell('metrics', { topic })).controlReceived
  }

  /**
   * A topic of three in which the link between the last two is none of the tree's: a message of `trunk` reached them from
   * it first, and then from each other. For the order's sake ours of the two is frozen until the other has sent its copy;
   * it may still read that one first, and then another topic is tried.
   */
  async function tree(trunk, contact, joiner) {
    const [ours, real] = contact.kind === 'ours' ? [contact, joiner] : [joiner, contact]
    for (;;) {
      const topic = newTopic()
      await trunk.subscribe(topic)
      for (const peer of [contact, joiner]) {
        await peer.subscribe(topic, trunk)
        await together(topic, peer, trunk)
      }
      await together(topic, contact, joiner)
      ours.freeze()
      await trunk.broadcast(topic, 'prune')
      await real.received(topic, 'prune')
      ours.thaw()
      await ours.received(topic, 'prune')
      const eager = async (peer) => (await peer.tell('metrics', { topic })).eager
      while ((await eager(ours)) > 1);
      // What comes behind the Prune tells that the Prune has come.
      await ours.broadcastNeighbors(topic, 'pruned')
      await Promise.all([trunk.received(topic, 'pruned'), real.received(topic, 'pruned')])
      if ((await eager(trunk)) === 2) return topic
    }
  }

  for (const [contactKind, joinerKind] of PAIRS) {
    describe(`a ${joinerKind} peer that joins ${contactKind === 'ours' ? 'one of ours' : 'a real one'}`, () => {
      it('hears and is heard, at the first hop', async () => {
        const { topic, contact, joiner } = await pair(contactKind, joinerKind)
        for (const [from, to] of [
          [contact, joiner],
          [joiner, contact]
        ]) {
          await from.broadcast(topic, `from ${from.kind}`)
          const { deliveredFrom, scope, round } = await to.received(topic, `from ${from.kind}`)
          assert.deepEqual({ deliveredFrom, scope, round }, { deliveredFrom: from.nodeId, scope: 'swarm', round: 0 })
          await from.broadcastNeighbors(topic, `near ${from.kind}`)
          assert.equal((await to.received(topic, `near ${from.kind}`)).scope, 'neighbors')
          assert.deepEqual(await to.neighbors(topic), [from.nodeId])
        }
      })

      it('sends and takes contents from none to the largest', async () => {
        const { topic, contact, joiner } = await pair(contactKind, joinerKind)
        for (const [from, to] of [
          [contact, joiner],
          [joiner, contact]
        ]) {
          for (const length of [from === contact ? 0 : 1, 127, 128, MOST - 1, MOST]) {
            const content = Buffer.alloc(length, from.kind)
            await from.broadcast(topic, content)
            await to.received(topic, content)
          }
        }
      })

      it('sends and takes longer contents where both allow them', async () => {
        const limit = 65_536
        const options = { 'max-message': limit }
        const { topic, contact, joiner } = await pair(contactKind, joinerKind, options, options)
        for (const [from, to] of [
          [contact, joiner],
          [joiner, contact]
        ]) {
          const content = Buffer.alloc(limit - 1 - OVERHEAD, from.kind)
          await from.broadcast(topic, content)
          await to.received(topic, content)
        }
      })

      for (const leaving of ['contact', 'joiner']) {
        it(`is parted in ${NEIGHBOR_DOWN_MS} ms when the ${leaving} leaves, and together again when it joins`, async () => {
          const { topic, ...peers } = await pair(contactKind, joinerKind)
          const leaver = peers[leaving]
          const stayer = leaver === peers.contact ? peers.joiner : peers.contact
          const down = stayer.down(topic, leaver)
          await leaver.leave(topic)
          const before = performance.now()
          const { reason } = await down
          assert.ok(performance.now() - before < NEIGHBOR_DOWN_MS)
          if (stayer.kind === 'ours') assert.equal(reason, 'left')
          await leaver.subscribe(topic, stayer)
          await together(topic, leaver, stayer)
          await stayer.broadcast(topic, 'again')
          await leaver.received(topic, 'again')
        })

        it(`is parted in ${NEIGHBOR_DOWN_MS} ms when the ${leaving}'s endpoint closes`, async () => {
          const { topic, ...peers } = await pair(contactKind, joinerKind)
          const leaver = peers[leaving]
          const stayer = leaver === peers.contact ? peers.joiner : peers.contact
          const down = stayer.down(topic, leaver).then(() => performance.now())
          await leaver.quit()
          const ended = performance.now()
          assert.ok((await down) - ended < NEIGHBOR_DOWN_MS)
        })

        it(`is together again in ${REJOIN_MS} ms when the ${leaving} crashed and joins with the same key`, async () => {
          const options = { key: newKey() }
          const isContact = leaving === 'contact'
          const { topic, ...peers } = await pair(contactKind, joinerKind, ...(isContact ? [options] : [{}, options]))
          const crashing = peers[leaving]
          const stayer = isContact ? peers.joiner : peers.contact
          await crashing.crash()
          const before = performance.now()
          const back = await start(crashing.kind, options)
          await back.subscribe(topic, stayer)
          await back.up(topic, stayer)
          assert.ok(performance.now() - before < REJOIN_MS)
          await stayer.broadcast(topic, 'welcome')
          await back.received(topic, 'welcome')
          await back.broadcast(topic, 'thanks')
          await stayer.received(topic, 'thanks')
        })
      }

      it('shares 150 topics', async function () {
        this.timeout(60_000)
        const [contact, joiner] = [await start(contactKind), await start(joinerKind)]
        const topics = Array.from({ length: 150 }, newTopic)
        await joiner.know(contact)
        await Promise.all(topics.map((topic) => contact.tell('subscribe', { topic, bootstrap: [] })))
        const bootstrap = [contact.nodeId]
        await Promise.all(topics.map((topic) => joiner.tell('subscribe', { topic, bootstrap })))
        await Promise.all(topics.map((topic) => together(topic, contact, joiner)))
        await Promise.all(
          topics.map(async (topic) => {
            await Promise.all([contact.broadcast(topic, 'there'), joiner.received(topic, 'there')])
            await Promise.all([joiner.broadcast(topic, 'back'), contact.received(topic, 'back')])
          })
        )
      })

      it('grafts what its neighbour of the tree does not bring', async () => {
        const [trunk, contact, joiner] = [await start('ours'), await start(contactKind), await start(joinerKind)]
        const topic = await tree(trunk, contact, joiner)
        const before = await controlReceived(topic, contact)
        trunk.freeze()
        await contact.broadcast(topic, 'graft')
        const { deliveredFrom, round } = await joiner.received(topic, 'graft')
        assert.deepEqual([deliveredFrom, round], [contact.nodeId, 0])
        assert.ok((await controlReceived(topic, contact)) > before)
        trunk.thaw()
        await trunk.received(topic, 'graft')
      })
    })

    it(`hears over a line of three with ${joinerKind === 'ours' ? 'ours' : 'a real one'} in the middle`, async () => {
      const { topic, left, middle, right } = await line(contactKind, joinerKind)
      for (const [from, to] of [
        [left, right],
        [right, left]
      ]) {
        const content = Buffer.alloc(MOST, from.nodeId)
        await from.broadcast(topic, content)
        assert.equal((await middle.received(topic, content)).round, 0)
        const { deliveredFrom, round } = await to.received(topic, content)
        assert.deepEqual([deliveredFrom, round], [middle.nodeId, 1])
      }
      assert.deepEqual(await left.neighbors(topic), [middle.nodeId])
    })
  }

  it('never gets more than it takes: ours refuses a longer content at once', async () => {
    const { topic, contact, joiner } = await pair('ours', 'real')
    await assert.rejects(contact.broadcast(topic, Buffer.alloc(MOST + 1)), /ERR_IROH_TOO_LONG.*4057/)
    await contact.broadcast(topic, 'still here')
    await joiner.received(topic, 'still here')
  })

  it('and ours, ten of each, bring 1,000 messages from random senders to every other once', async function () {
    this.timeout(180_000)
    const topic = newTopic()
    const peers = await Promise.all(Array.from({ length: 20 }, (_, i) => start(i % 2 === 0 ? 'real' : 'ours')))
    await peers[0].subscribe(topic)
    for (const [i, peer] of peers.entries()) {
      if (i === 0) continue
      const contact = peers[Math.floor(Math.random() * i)]
      await peer.know(...peers)
      await peer.subscribe(topic, contact)
      await peer.up(topic, contact)
    }
    const WAVE = 20
    for (let first = 0; first < 1000; first += WAVE) {
      await Promise.all(
        Array.from({ length: WAVE }, async (_, i) => {
          const sender = peers[Math.floor(Math.random() * peers.length)]
          const content = `message ${first + i}`
          const others = peers.filter((peer) => peer !== sender)
          await Promise.all([sender.broadcast(topic, content), ...others.map((peer) => peer.received(topic, content))])
        })
      )
    }
    for (const peer of peers) {
      for (const event of ['received', 'lagged']) assert.deepEqual(peer.rest(topic, event), [], `${peer.kind} ${event}`)
    }
  })
})
