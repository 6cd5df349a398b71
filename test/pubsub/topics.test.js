// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { createPubSub } = require('@graphql-yoga/subscription')
const { pubsubEventTarget } = require('event-target-iroh')
const { useEventTargets } = require('../helpers/event-targets')

/** What publish() and subscribe() of yoga are given: a routing key, and an id or none. */
const TOPICS = [
  ['user'],
  ['user', ''],
  ['user', 0],
  ['user', 17],
  ['user', -1.5],
  ['user', true],
  ['user', 'a'],
  ['user', ':'],
  ['user', 'a:b'],
  ['user', 'a:'],
  ['user', '::'],
  ['user', ' '],
  ['user:'],
  ['user::', ''],
  ['a:b:c', 'd:e'],
  [''],
  ['', ''],
  ['', 'a'],
  [':', ''],
  [':::'],
  ['', ':a:'],
  [5],
  [0, 0],
  ['Grüße', 'Straße 🚀'],
  ['\u0000', '\n'],
  ['\ud800', '\udc00x'],
  ['e\u0301', '\u00e9'],
  ['"quoted"', '\\'],
  ['__proto__', 'constructor'],
  ['constructor'],
  ['error'],
  ['error', ''],
  ['close'],
  ['close', '1'],
  ['connected'],
  ['lagged'],
  ['hub.ack', '1'],
  ['hub.resume', ''],
  ['hub.registered'],
  ['x'.repeat(300), 'y'.repeat(300)]
]

/** What is heard of each topic when each is published. */
async function heardOf(publisher, subscriber) {
  const subscribed = createPubSub({ eventTarget: subscriber })
  const published = createPubSub({ eventTarget: publisher })
  const heard = TOPICS.map(() => [])
  const subscriptions = TOPICS.map((topic) => subscribed.subscribe(...topic))
  const reading = subscriptions.map(async (subscription, index) => {
    for await (const payload of subscription) heard[index].push(payload)
  })
  const last = once(subscriber, 'the last')
  for (const topic of TOPICS) published.publish(...topic, { topic: topic.map(String) })
  published.publish('the last', {})
  await last
  await new Promise(setImmediate)
  await Promise.all(subscriptions.map((subscription) => subscription.return()))
  await Promise.all(reading)
  return heard
}

describe('pubsubEventTarget topics', () => {
  const { kinds } = useEventTargets()

  for (const [kind, make] of Object.entries(kinds)) {
    it(`are those of yoga's own event target, at ${kind}`, async () => {
      const own = new EventTarget()
      const { near, far } = await make()
      const heard = await heardOf(pubsubEventTarget(near), pubsubEventTarget(far))
      assert.deepEqual(heard, await heardOf(own, own))
    })
  }

  it('are refused, if the protocol needs them for itself', async () => {
    const { near } = await kinds["a spoke with delivery: 'resume'"]()
    const pubSub = createPubSub({ eventTarget: pubsubEventTarget(near) })
    assert.throws(() => pubSub.publish('hub.ack', {}), { code: 'ERR_IROH_INVALID_ARGUMENT' })
  })
})
