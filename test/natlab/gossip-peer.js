// SPDX-License-Identifier: MIT
// The program on a site's host: one endpoint in one gossip topic.
'use strict'

const { Endpoint, Gossip, TopicId } = require('event-target-iroh')
const { serve } = require('./program.js')

const LOOK_MS = 5

let endpoint
let gossip
let topic
const heard = new Map()

async function read() {
  for await (const { type, content } of topic) {
    if (type === 'received') heard.set(String(content), (heard.get(String(content)) ?? 0) + 1)
  }
}

async function untilTrue(condition, timeoutMs) {
  const deadline = performance.now() + timeoutMs
  while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  return condition()
}

serve({
  /** @returns where the endpoint is by its relay, once it is online */
  async start({ relays, timeoutMs }) {
    endpoint = await Endpoint.createWithOptions({ preset: 'minimal', relays })
    gossip = await Gossip.spawn(endpoint)
    await endpoint.online({ timeoutMs })
    const { nodeId, relayUrl } = endpoint.addr()
    return { nodeId, relayUrl }
  },

  async join({ name, peers, timeoutMs }) {
    const id = TopicId.fromName(name)
    topic = await (peers.length > 0 ? gossip.subscribeAndJoin(id, peers, { timeoutMs }) : gossip.subscribe(id))
    read()
  },

  /** @returns how many neighbours there are, when there are so many or it is late */
  async neighbors({ count, timeoutMs }) {
    await untilTrue(() => topic.neighbors().length >= count, timeoutMs)
    return topic.neighbors().length
  },

  async say({ from, count, everyMs }) {
    for (let i = 0; i < count; i++) {
      topic.broadcast(`${from} ${i}`)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  },

  /** @returns how many messages were heard, and how often the one that was heard most */
  async heard({ count, timeoutMs }) {
    await untilTrue(() => heard.size >= count, timeoutMs)
    return { count: heard.size, most: Math.max(0, ...heard.values()) }
  },

  /** @returns of how many neighbours the connection is direct, and of how many it goes by a relay */
  paths() {
    const paths = topic.neighbors().map((nodeId) => endpoint.remoteInfo(nodeId)?.paths ?? [])
    return {
      direct: paths.filter((list) => list.some(({ isRelay }) => !isRelay)).length,
      relayed: paths.filter((list) => list.length > 0 && list.every(({ isRelay }) => isRelay)).length
    }
  },

  async stop() {
    await gossip.close()
    await endpoint.close()
  }
})
