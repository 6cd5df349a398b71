// SPDX-License-Identifier: MIT
'use strict'

// `npm run bench:gossip-steady`: what a line of three peers of ours holds in memory while messages go over it for ten
// minutes. Nothing here passes or fails by time.

const { setTimeout: sleep } = require('node:timers/promises')
const { parseArgs } = require('node:util')
const { cpuSeconds, residentMb } = require('../relay/process-usage')
const { startLine } = require('./line')

const PER_SECOND = 1000
const BYTES = 4000
const SECONDS = 600
const ROWS = 20
/** Sent at once, so many as often as that makes PER_SECOND. */
const STEP = 20
/** After the last message. */
const PATIENCE_MS = 10_000

/** Memory of the processes, and of the topic in C, in MB. */
async function look({ topic, peers }, sent) {
  const metrics = await Promise.all(peers.map((peer) => peer.tell('metrics', { topic })))
  return {
    sent,
    'sender, MB': Math.round(residentMb(peers[0].pid)),
    'middle, MB': Math.round(residentMb(peers[1].pid)),
    'receiver, MB': Math.round(residentMb(peers[2].pid)),
    "middle's topic, MB": Number((metrics[1].memory / 1e6).toFixed(1)),
    refused: metrics[0].refused + metrics[1].refused
  }
}

async function main() {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: String(SECONDS) } } })
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) throw new Error('--seconds takes a number above 0')
  const line = await startLine('ours')
  const { topic, ends, peers } = line
  const total = Math.ceil((seconds * PER_SECOND) / STEP) * STEP
  const rows = [await look(line, 0)]
  await Promise.all(peers.map((peer) => peer.tell('count', { topic, every: total })))
  const arrived = Promise.all(peers.slice(1).map((peer) => peer.counted(topic, total)))
  const start = performance.now()
  for (let sent = 0; sent < total; ) {
    for (; sent < total && sent / PER_SECOND < (performance.now() - start) / 1000; sent += STEP)
      await ends[0].tell('flood', { topic, count: STEP, bytes: BYTES })
    if (sent >= (rows.length * total) / ROWS) rows.push(await look(line, sent))
    await sleep((STEP / PER_SECOND) * 1000)
  }
  const isComplete = await Promise.race([arrived.then(() => true), sleep(PATIENCE_MS, false)])
  console.table(rows)
  const cpu = peers.map(({ pid }) => Math.round((cpuSeconds(pid) / total) * 1e6))
  console.log(`${total} messages of ${BYTES} B: ${isComplete ? 'each arrived' : 'NOT all arrived'}; CPU a message`)
  console.log(`of sender, middle and receiver: ${cpu.join(', ')} µs`)
  await Promise.all(peers.map((peer) => peer.quit()))
  process.exitCode = isComplete ? 0 : 1
}

main()
