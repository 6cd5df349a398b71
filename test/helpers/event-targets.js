// SPDX-License-Identifier: MIT
// A pair of event targets of each kind that there is: what one sends the other hears.
'use strict'

const { once } = require('node:events')
const { createGossipEventTarget, createHub, createSpoke } = require('event-target-iroh')
const { local, useEndpoints } = require('./endpoints')
const { fakeTopics } = require('./fake-topic')

/** Call it in a describe(): gives { name: () => Promise<{ near, far }> }, and closes after each test what they made. */
function useEventTargets() {
  const { targets } = useEndpoints()
  const open = []

  afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

  async function hubAndSpoke(options) {
    const hub = await createHub({ endpointOptions: local, ...options })
    open.push(hub)
    const arrived = once(hub, 'spoke')
    const { slowSpoke: _, ...spokeOptions } = options ?? {}
    const spoke = await createSpoke({ hub: hub.addr(), endpointOptions: local, ...spokeOptions })
    open.push(spoke)
    const [target] = await arrived
    return { hub, spoke, target }
  }

  async function overStream() {
    const { hub, spoke } = await targets()
    return { near: spoke, far: hub }
  }

  async function overGossip() {
    const [near, far] = fakeTopics(2).map((topic) => createGossipEventTarget(topic))
    open.push(near, far)
    return { near, far }
  }

  const toSpoke = (options) => async () => {
    const { spoke, target } = await hubAndSpoke(options)
    return { near: target, far: spoke }
  }
  const toHub = (options) => async () => {
    const { spoke, target } = await hubAndSpoke(options)
    return { near: spoke, far: target }
  }
  const kinds = {
    'a target over a stream': overStream,
    'a spoke': toSpoke(),
    "a hub's spoke": toHub(),
    "a hub's spoke that may drop events": toHub({ slowSpoke: 'drop-oldest' }),
    "a spoke with delivery: 'resume'": toSpoke({ delivery: 'resume' }),
    "a hub's spoke with delivery: 'resume'": toHub({ delivery: 'resume' }),
    'a target over gossip': overGossip
  }
  return { kinds, hubAndSpoke }
}

module.exports = { useEventTargets }
