// SPDX-License-Identifier: MIT
// Subscribers that are slower than their events come.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const { createPubSub } = require('@graphql-yoga/subscription')
const { pubsubEventTarget } = require('event-target-iroh')
const { useEventTargets } = require('../helpers/event-targets')
const { until } = require('../helpers/events')
const { collectUncaught } = require('../helpers/uncaught')
const { yogaBursts } = require('../helpers/yoga-burst')

/** A Repeater holds 1024. */
const BURST = 2500
/** So many small events fill a Repeater, and the long ones are more than a subscriber may be behind. */
const SMALL = 1100
const FLOOD = 1400
const TEXT = 'x'.repeat(64 * 1024)

const numbers = (count) => Array.from({ length: count }, (_, index) => index)

/** What a subscriber is given, which does something slow between events. */
async function take(subscription, count, rest) {
  const taken = []
  for await (const { n } of subscription) {
    taken.push(n)
    await rest(n)
    if (taken.length === count) break
  }
  return taken
}

/** As many as it takes, in each turn of the event loop. */
async function publishAll(near, type, count) {
  for (let n = 0; n < count; n++) {
    try {
      near.send({ type, payload: { n, text: count === FLOOD && n >= SMALL ? TEXT : '' } })
    } catch (error) {
      if (error.code !== 'ERR_IROH_BUFFER_FULL') throw error
      await near.drained()
      n--
    }
  }
}

describe('A burst for a pubsub view', () => {
  const { kinds } = useEventTargets()

  for (const [kind, make] of Object.entries(kinds)) {
    it(`reaches a subscriber that does nothing slow, at ${kind}`, async () => {
      const { near, far } = await make()
      const subscription = createPubSub({ eventTarget: pubsubEventTarget(far) }).subscribe('m')
      const taken = take(subscription, BURST, () => {})
      await publishAll(near, 'm', BURST)
      assert.deepEqual(await taken, numbers(BURST))
    })

    it(`reaches one that does, each event once and in order, at ${kind}`, async () => {
      const { near, far } = await make()
      const subscription = createPubSub({ eventTarget: pubsubEventTarget(far) }).subscribe('m')
      const taken = take(subscription, BURST, (n) => (n % 500 === 0 ? sleep(5) : undefined))
      await publishAll(near, 'm', BURST)
      assert.deepEqual(await taken, numbers(BURST))
    })
  }

  const streams = "a spoke with delivery: 'resume'"

  it('holds the peer back while a subscriber is far behind, whatever resume() says', async () => {
    const { near, far } = await kinds['a spoke']()
    const pubSub = createPubSub({ eventTarget: pubsubEventTarget(far) })
    let goOn
    const rested = new Promise((resolve) => (goOn = resolve))
    const taken = take(pubSub.subscribe('m'), FLOOD, () => rested)
    const published = publishAll(near, 'm', FLOOD)
    await until(() => far.stats().received > SMALL + 50)
    far.resume()
    await sleep(200)
    assert.ok(far.stats().received < SMALL + 150)
    goOn()
    assert.deepEqual(await taken, numbers(FLOOD))
    await published
  })

  it('ends a subscriber that takes nothing while others wait, and no other', async () => {
    const { near, far } = await kinds[streams]()
    const pubSub = createPubSub({ eventTarget: pubsubEventTarget(far, { stallTimeoutMs: 300 }) })
    const stuck = pubSub.subscribe('m')
    await Promise.all([stuck.next(), publishAll(near, 'm', 1)])
    const other = take(pubSub.subscribe('m'), FLOOD, () => {})
    await publishAll(near, 'm', FLOOD)
    assert.deepEqual(await other, numbers(FLOOD))
    let count = 0
    await assert.rejects(
      async () => {
        for await (const _ of stuck) count++
      },
      { name: 'IrohError', code: 'ERR_IROH_BUFFER_FULL', message: /subscriber to m/ }
    )
    assert.ok(count >= 1024 && count < FLOOD)
  })

  it('does not end a subscriber that takes nothing while nobody waits', async () => {
    const { near, far } = await kinds[streams]()
    const pubSub = createPubSub({ eventTarget: pubsubEventTarget(far, { stallTimeoutMs: 10 }) })
    const taken = take(pubSub.subscribe('m'), BURST, (n) => (n === 0 ? sleep(500) : undefined))
    await publishAll(near, 'm', BURST)
    assert.deepEqual(await taken, numbers(BURST))
  })

  it('that nobody listens for any more holds nothing back', async () => {
    const { near, far } = await kinds[streams]()
    const pubSub = createPubSub({ eventTarget: pubsubEventTarget(far) })
    const stuck = pubSub.subscribe('m')
    await Promise.all([stuck.next(), publishAll(near, 'm', 1)])
    const published = publishAll(near, 'm', FLOOD)
    await until(() => near.bufferedAmount > 8 * 1024 * 1024)
    const last = once(far, 'last')
    await stuck.return()
    await published
    near.send({ type: 'last' })
    await last
  })

  it('of a listener that throws something else is reported, event by event', async () => {
    const { near, far } = await kinds['a target over gossip']()
    const view = pubsubEventTarget(far)
    const reported = await collectUncaught(async (seen) => {
      let heard = 0
      view.addEventListener('m', () => {
        heard++
        if (heard === 1) throw Object.assign(new Error('full'), { name: 'RepeaterOverflowError' })
        throw heard
      })
      view.addEventListener('m', async () => {
        throw 'rejected'
      })
      near.send({ type: 'm' })
      near.send({ type: 'm' })
      await until(() => seen.length === 4)
    })
    assert.deepEqual(reported.sort(), [2, 3, 'rejected', 'rejected'])
  })

  it("goes through GraphQL Yoga's server-sent events to a slow client", async () => {
    await yogaBursts({ events: 3000, burst: 3000, every: 1000, restMs: 5 })
  })
})
