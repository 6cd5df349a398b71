// SPDX-License-Identifier: MIT
// Three peers in a gossip topic, without a hub: what one says all others hear, and know who said it.
//
// prints: Bo hears Ada: hello
// prints: Cy hears Ada: hello
// prints: Ada hears Cy: good evening
// prints: Bo hears Cy: good evening
'use strict'

const { once } = require('node:events')
const { createGossipEventTarget, Endpoint, Gossip, TopicId } = require('event-target-iroh')

const topicId = TopicId.fromName('example/evening')

/** Joins by somebody who is in the topic; the first waits for others. */
async function member(bootstrap) {
  const endpoint = await Endpoint.createWithOptions({ bindAddress: '127.0.0.1:0', preset: 'minimal' }) // this host only
  const gossip = await Gossip.spawn(endpoint)
  const topic = bootstrap ? await gossip.subscribeAndJoin(topicId, [bootstrap]) : await gossip.subscribe(topicId)
  return { endpoint, target: createGossipEventTarget(topic, { verify: true }) }
}

async function main() {
  const ada = await member()
  const bo = await member(ada.endpoint.addr())
  const cy = await member(bo.endpoint.addr())
  const names = new Map([
    [ada, 'Ada'],
    [bo, 'Bo'],
    [cy, 'Cy']
  ])
  const nameOf = (author) => [...names].find(([{ endpoint }]) => endpoint.nodeId() === author)[1]

  async function say(speaker, text) {
    const others = [...names.keys()].filter((each) => each !== speaker)
    const heard = others.map(({ target }) => once(target, 'said'))
    speaker.target.send({ type: 'said', payload: text })
    for (const [index, [{ author, detail }]] of (await Promise.all(heard)).entries()) {
      console.log(`${names.get(others[index])} hears ${nameOf(author)}: ${detail.payload}`)
    }
  }
  await say(ada, 'hello')
  await say(cy, 'good evening')
  for (const { target, endpoint } of names.keys()) {
    await target.close()
    await endpoint.close()
  }
}

main()
