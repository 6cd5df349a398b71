// SPDX-License-Identifier: MIT
// The events that a target fires by itself: no peer can make them happen by naming its own so.
'use strict'

const assert = require('node:assert/strict')
const { createPubSub } = require('@graphql-yoga/subscription')
const { IrohError, pubsubEventTarget } = require('event-target-iroh')
const { useEndpoints } = require('../helpers/endpoints')
const { useEventTargets } = require('../helpers/event-targets')
const { nextDetails, nextEvent } = require('../helpers/events')

const STATES = ['connecting', 'connected', 'disconnected']
const NEIGHBOURS = ['neighborUp', 'neighborDown', 'dialFailed', 'lagged']

/** Sends an envelope of each name, of each with an id, and a last one; gives what was dispatched by each name. */
async function heardOf(names, near, far) {
  const heard = Object.fromEntries([...names, 'error'].map((name) => [name, []]))
  for (const name of Object.keys(heard)) far.addEventListener(name, (event) => heard[name].push(event))
  const withIds = Promise.all(names.map((name) => nextEvent(far, `${name}:1`)))
  const last = nextEvent(far, 'the last')
  for (const name of names) {
    near.send({ type: name, payload: name })
    near.send({ type: name, id: '', payload: name })
    near.send({ type: name, id: '1' })
  }
  near.send({ type: 'the last' })
  await Promise.all([withIds, last])
  return heard
}

/** They are errors with the envelope, and nothing is lost. */
function assertErrorsOf(heard, own) {
  for (const name of own.filter((one) => one !== 'error')) assert.deepEqual(heard[name], [], name)
  assert.deepEqual(
    heard.error.map(({ detail }) => detail.type),
    own.flatMap((name) => [name, name])
  )
  for (const { detail, error } of heard.error) {
    assert.ok(error instanceof IrohError)
    assert.equal(error.code, 'ERR_IROH_NOT_ENVELOPE')
    assert.match(error.message, new RegExp(`named an event '${detail.type}'`))
    assert.equal(detail.payload, detail.type)
  }
}

describe('Local events', () => {
  const { targets } = useEndpoints()
  const { kinds, hubAndSpoke } = useEventTargets()

  it('of an event target are not fired by a peer', async () => {
    const { hub, spoke } = await targets()
    assertErrorsOf(await heardOf(['error', 'close'], spoke, hub), ['error', 'close'])
  })

  for (const delivery of ['at-most-once', 'resume']) {
    it(`of a spoke are not fired by its hub: ${delivery}`, async () => {
      const { target, spoke } = await hubAndSpoke({ delivery })
      const own = ['error', 'close', ...STATES]
      const heard = await heardOf(own, target, spoke)
      assertErrorsOf(heard, own)
      const sequences = heard.error.map(({ sequence }) => sequence)
      if (delivery === 'resume') assert.ok(sequences.every((sequence) => sequence > 0))
    })

    it(`of one kind of target are events as any other for another kind: ${delivery}`, async () => {
      const { target, spoke } = await hubAndSpoke({ delivery })
      const names = [...STATES, ...NEIGHBOURS]
      const heard = await heardOf(names, spoke, target)
      assert.deepEqual(heard.error, [])
      for (const name of names) {
        assert.deepEqual(
          heard[name].map(({ detail }) => detail.payload),
          [name, name]
        )
      }
    })
  }

  it('of a topic are not fired by who is in it', async () => {
    const { near, far } = await kinds['a target over gossip']()
    const own = ['error', 'close', ...NEIGHBOURS]
    assertErrorsOf(await heardOf(own, near, far), own)
  })

  it('have no detail, and what peers name so has: that tells them apart', async () => {
    const { hub, spoke, accepted } = await targets()
    const fromPeer = nextEvent(hub, 'error')
    spoke.send({ type: 'close', payload: 1 })
    assert.equal((await fromPeer).detail.payload, 1)
    const ending = nextEvent(hub, 'close')
    accepted.close()
    assert.equal((await ending).detail, undefined)
  })

  it('are topics as any other for createPubSub()', async () => {
    const { target, spoke } = await hubAndSpoke()
    const here = createPubSub({ eventTarget: pubsubEventTarget(spoke) })
    const there = createPubSub({ eventTarget: pubsubEventTarget(target) })
    const topics = ['error', 'close', 'connected']
    const subscriptions = topics.map((topic) => here.subscribe(topic))
    const firsts = subscriptions.map((subscription) => subscription.next())
    for (const topic of topics) there.publish(topic, `payload of ${topic}`)
    for (const [index, topic] of topics.entries()) assert.equal((await firsts[index]).value, `payload of ${topic}`)
    for (const subscription of subscriptions) await subscription.return()
  })

  it('are named type:id, and a type with a colon may be named the same: the detail tells', async () => {
    const { hub, spoke } = await targets()
    const heard = nextDetails(hub, 'a:b:c', 3)
    const envelopes = [{ type: 'a', id: 'b:c' }, { type: 'a:b', id: 'c' }, { type: 'a:b:c' }]
    for (const envelope of envelopes) spoke.send(envelope)
    assert.deepEqual(await heard, envelopes)
  })
})
