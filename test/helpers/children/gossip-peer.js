// SPDX-License-Identifier: MIT
// Our gossip peer with the arguments, commands and lines of the real one (test/interop/rust-gossip), and the reasons and
// counters that only ours has.
'use strict'

const readline = require('node:readline')
const { Endpoint, Gossip } = require('event-target-iroh')

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

class Topic {
  #hex
  #topic
  #flooded = 0
  #received = 0
  /** 0: received messages are printed. */
  #every = 0

  constructor(hex, topic) {
    this.#hex = hex
    this.#topic = topic
    this.#read()
  }

  get topic() {
    return this.#topic
  }

  /** @returns {Promise<number>} how many were taken: all, unless one was the same as one before */
  async flood(count, bytes) {
    let taken = 0
    for (let i = 0; i < count; i++) {
      await this.#topic.drained()
      const content = Buffer.alloc(Math.max(bytes, 8))
      content.writeBigUInt64BE(BigInt(++this.#flooded))
      if (this.#topic.broadcast(content)) taken++
    }
    return taken
  }

  count(every) {
    this.#every = every
    this.#received = 0
  }

  async #read() {
    for await (const event of this.#topic) {
      const line = this.#line(event)
      if (line) print({ topic: this.#hex, ...line })
    }
  }

  #line({ type, content, error, ...rest }) {
    if (type !== 'received') return { event: type, ...rest, ...(error && { error: error.message }) }
    this.#received++
    if (this.#every === 0) return { event: 'received', ...rest, content: content.toString('hex') }
    return this.#received % this.#every === 0 ? { event: 'counted', count: this.#received } : null
  }
}

class Peer {
  #endpoint
  #gossip
  #topics = new Map()

  constructor(endpoint, gossip) {
    this.#endpoint = endpoint
    this.#gossip = gossip
  }

  #in(topic) {
    const found = this.#topics.get(topic)
    if (!found) throw new Error('not subscribed')
    return found
  }

  know({ id, addresses, relay }) {
    this.#endpoint.addNodeAddr({ nodeId: id, directAddresses: addresses, ...(relay && { relayUrl: relay }) })
  }

  deny({ ids }) {
    for (const id of ids) this.#endpoint.deny(id)
  }

  async subscribe({ topic, bootstrap }) {
    this.#topics.set(topic, new Topic(topic, await this.#gossip.subscribe(topic, bootstrap)))
  }

  join({ topic, peers }) {
    this.#in(topic).topic.joinPeers(peers)
  }

  broadcast({ topic, content }) {
    return this.#in(topic).topic.broadcast(Buffer.from(content, 'hex'))
  }

  broadcastNeighbors({ topic, content }) {
    return this.#in(topic).topic.broadcastNeighbors(Buffer.from(content, 'hex'))
  }

  flood({ topic, count, bytes }) {
    return this.#in(topic).flood(count, bytes)
  }

  count({ topic, every }) {
    this.#in(topic).count(every)
  }

  neighbors({ topic }) {
    return this.#in(topic).topic.neighbors()
  }

  async leave({ topic }) {
    await this.#in(topic).topic.leave()
    this.#topics.delete(topic)
  }

  /** The instance's counters, or a topic's. */
  metrics({ topic }) {
    return (topic ? this.#in(topic).topic : this.#gossip).metrics()
  }

  async quit() {
    await this.#gossip.close()
    await this.#endpoint.close()
  }
}

async function main() {
  const args = Object.fromEntries(process.argv.slice(2).map((argument) => argument.split('=')))
  const endpoint = await Endpoint.createWithOptions({
    preset: 'minimal',
    bindAddress: args.bind ?? '127.0.0.1:0',
    secretKey: args.key,
    ...(args.relay && { relays: [args.relay] })
  })
  const maxMessageSize = args['max-message'] && Number(args['max-message'])
  const peer = new Peer(endpoint, await Gossip.spawn(endpoint, { ...(maxMessageSize && { maxMessageSize }) }))
  if (args.relay) await endpoint.online()
  print({ id: endpoint.nodeId(), addresses: args.relay ? [] : endpoint.boundAddresses(), relay: args.relay })
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { do: command, ...fields } = JSON.parse(line)
    try {
      print({ answer: (await peer[command](fields)) ?? null })
    } catch (error) {
      print({ error: `${error.code}: ${error.message}` })
    }
  }
  await peer.quit()
}

main()
