// SPDX-License-Identifier: MIT
// `npm run test:gossip`: many peers, each a process of its own, in one topic. All hear what each says, once; then some are
// killed, and the rest go on; then they come back. Arguments: peers, messages, bytes of each, seed. With `--relayed` they know
// each other by a relay alone, and nothing else leads from half of them to the other half.
'use strict'

const fs = require('node:fs')
const { parseArgs } = require('node:util')
const { SecretKey, TopicId } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { seededRandom } = require('../helpers/events.js')
const { GossipPeer } = require('../helpers/gossip-peer.js')

const { values, positionals } = parseArgs({ options: { relayed: { type: 'boolean' } }, allowPositionals: true })
const [count = 50, messages = 1000, bytes = 100, seed = Date.now() % 1e9] = positionals.map(Number)
const AT_ONCE = 10
const WAIT_MS = 60_000

const topic = TopicId.fromName('soak').toString()
const random = seededRandom(seed)
const pick = (list) => list[Math.floor(random() * list.length)]
let relay = null
let started = 0
const residentMiB = ({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

async function timed(what, run) {
  const startedAt = Date.now()
  const result = await Promise.race([
    run(),
    new Promise((_, reject) =>
      setTimeout(() => reject(new Error(`${what}: not within ${WAIT_MS} ms`)), WAIT_MS).unref()
    )
  ])
  console.log(`${what}: ${Date.now() - startedAt} ms`)
  return result
}

/** In groups, so that the machine is not asked for everything at once. */
async function inGroups(list, run) {
  const results = []
  for (let at = 0; at < list.length; at += AT_ONCE) {
    results.push(...(await Promise.all(list.slice(at, at + AT_ONCE).map(run))))
  }
  return results
}

/** Starts a peer and has it join through one of those there are. */
async function join(key, peers) {
  const bind = started++ % 2 === 0 ? '127.0.0.1:0' : '[::1]:0'
  const peer = await GossipPeer.start('ours', { key, ...(relay && { relay: relay.url, bind }) })
  const through = peers.length > 0 ? [pick(peers)] : []
  await peer.subscribe(topic, ...through)
  if (through.length > 0) await peer.up(topic, through[0])
  return peer
}

/** Peers, one after the other by random, say what all must hear once. */
async function exchange(name, peers, number) {
  const said = []
  await timed(`${name}: ${number} messages of ${bytes} bytes, heard by ${peers.length} peers`, async () => {
    for (let i = 0; i < number; i++) {
      const from = pick(peers)
      const content = Buffer.from(`${name} ${i} `.padEnd(bytes, '.'))
      said.push({ from, content })
      await from.broadcast(topic, content)
    }
    for (const { from, content } of said)
      for (const peer of peers) if (peer !== from) await peer.received(topic, content)
  })
  // Who has come back is told what was said in the last seconds, too.
  const all = new Set(said.map(({ content }) => content.toString('hex')))
  const again = peers.flatMap((peer) => peer.rest(topic, 'received')).filter(({ content }) => all.has(content))
  if (again.length > 0) throw new Error(`${again.length} messages were heard more than once, or by who said them`)
}

async function main() {
  if (values.relayed) relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: false, quicPort: false })
  console.log(`gossip: ${count} processes, seed ${seed}`)
  const keys = Array.from({ length: count }, () => Buffer.from(SecretKey.generate().toBytes()).toString('hex'))
  let peers = []
  await timed('all have joined', async () => {
    peers = [await join(keys[0], [])]
    peers.push(...(await inGroups(keys.slice(1), (key) => join(key, peers))))
  })
  await exchange('all', peers, messages)
  const killed = peers.slice(-Math.floor(count / 5))
  const left = peers.slice(0, count - killed.length)
  await Promise.all(killed.map((peer) => peer.crash()))
  await exchange('without those killed', left, Math.ceil(messages / 10))
  const back = await timed('those killed are back', () => inGroups(keys.slice(left.length), (key) => join(key, left)))
  await exchange('all again', [...left, ...back], Math.ceil(messages / 10))
  const metrics = await inGroups(left, (peer) => peer.tell('metrics', {}))
  const total = (name) => metrics.reduce((sum, one) => sum + one[name], 0)
  const heard = total('received')
  console.log(
    JSON.stringify({
      neighbors: total('neighbors') / left.length,
      connections: total('connections') / left.length,
      redundancy: total('duplicates') / heard,
      controlPerMessage: total('controlSent') / heard,
      memoryKiB: Math.round(total('memory') / left.length / 1024),
      residentMiB: Math.round(Math.max(...left.map(residentMiB)))
    })
  )
  await timed('all have left', () => Promise.all([...left, ...back].map((peer) => peer.quit())))
  await relay?.close()
  console.log('1 passed, 0 failed')
}

main().catch((error) => {
  console.error(error)
  console.log('0 passed, 1 failed')
  process.exit(1)
})
