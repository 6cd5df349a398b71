// SPDX-License-Identifier: MIT
// A worker thread in a gossip topic, or (started as a process) a process that ends by `how`: 'close', 'leave' or 'exit';
// 'stay…' does not end it.
'use strict'

const { parentPort, workerData } = require('node:worker_threads')
const { Endpoint, Gossip } = require('event-target-iroh')
const { local } = require('../endpoints.js')

async function main({ topic, addr, how }) {
  const endpoint = await Endpoint.createWithOptions(local)
  const gossip = await Gossip.spawn(endpoint)
  const joined = await gossip.subscribeAndJoin(topic, [addr], { timeoutMs: 10_000 })
  joined.broadcast(`here: ${how}`)
  for await (const event of joined) if (event.type === 'received') break
  if (how === 'exit') process.exit(0)
  if (how === 'leave') await joined.leave()
  if (!how.startsWith('stay')) await endpoint.close()
}

if (parentPort) main(workerData)
else process.once('message', (about) => main(about).then(() => process.disconnect()))
