// SPDX-License-Identifier: MIT
// Gossip on loopback for one test; everything is closed after it.
'use strict'

const { Endpoint, Gossip } = require('event-target-iroh')
const { local } = require('./endpoints.js')

/** A subscribed topic whose events can be awaited one by one, whatever comes between. */
class Heard {
  #events = []
  #waiting = []

  constructor(topic) {
    this.topic = topic
    /** Resolves once no event comes any more. */
    this.over = this.#read()
  }

  /** Takes the first event that is wanted, and waits for it if there is none. */
  next(isWanted) {
    const index = this.#events.findIndex(isWanted)
    if (index !== -1) return Promise.resolve(this.#events.splice(index, 1)[0])
    return new Promise((resolve) => this.#waiting.push({ isWanted, resolve }))
  }

  up(nodeId) {
    return this.next((event) => event.type === 'neighborUp' && (nodeId === undefined || event.nodeId === nodeId))
  }

  down(nodeId) {
    return this.next((event) => event.type === 'neighborDown' && (nodeId === undefined || event.nodeId === nodeId))
  }

  /** The message with this content. */
  received(content) {
    return this.next((event) => event.type === 'received' && event.content.equals(Buffer.from(content)))
  }

  /** What was not waited for. @param {string} [type] */
  rest(type) {
    return this.#events.filter((event) => type === undefined || event.type === type)
  }

  async #read() {
    for await (const event of this.topic) {
      const index = this.#waiting.findIndex(({ isWanted }) => isWanted(event))
      if (index === -1) this.#events.push(event)
      else this.#waiting.splice(index, 1)[0].resolve(event)
    }
  }
}

/** Call it in a describe(): gives makers, and closes after each test what they made. */
function useGossip() {
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((endpoint) => endpoint.close()))
    open.clear()
  })

  /** An endpoint with gossip: { endpoint, gossip, nodeId, addr, in: (topic, peers, options) => Heard }. */
  async function create(options, endpointOptions) {
    const endpoint = await Endpoint.createWithOptions({ ...local, ...endpointOptions })
    open.add(endpoint)
    const gossip = await Gossip.spawn(endpoint, options)
    return {
      endpoint,
      gossip,
      nodeId: endpoint.nodeId(),
      addr: endpoint.addr(),
      in: async (topic, peers = [], about = {}) => new Heard(await gossip.subscribe(topic, peers.map(addrOf), about))
    }
  }

  /** So many of them. */
  function createMany(count, options) {
    return Promise.all(Array.from({ length: count }, () => create(options)))
  }

  /** Two in a topic, neighbours of each other: [peer, peer, heard, heard]. */
  async function pair(topic, options) {
    const [one, two] = await createMany(2, options)
    const near = await one.in(topic)
    const far = await two.in(topic, [one])
    await Promise.all([near.up(two.nodeId), far.up(one.nodeId)])
    return [one, two, near, far]
  }

  return { create, createMany, pair }
}

const addrOf = (peer) => peer.addr ?? peer

module.exports = { Heard, useGossip }
