// SPDX-License-Identifier: MIT
// Seven peers behind boxes of all kinds share a topic; each knows the first one alone, by its relay.
'use strict'

const path = require('node:path')
const { startRelays } = require('../pair.js')
const { Program } = require('../program.js')
const { Topology } = require('../topology.js')

const KINDS = ['none', 'full-cone', 'port-restricted', 'sequential', 'symmetric', 'double', 'udp-blocked']
const SAID = { count: 50, everyMs: 20 }
const ONLINE_MS = 5000
const LIMIT_MS = 20_000
/** For paths to become direct that may. */
const SETTLE_MS = 5000
const NEIGHBORS = 4

const title = 'gossip among seven peers behind boxes of all kinds, each knowing one of them by its relay'

function faultOf(kind, { count, most }, expected) {
  if (count !== expected) return `${kind}: ${count} of ${expected} messages were heard`
  return most > 1 ? `${kind}: a message was heard ${most} times` : null
}

async function round(peers, expected) {
  await Promise.all(peers.map((peer, from) => peer.ask('say', { ...SAID, from: `${expected}/${from}` })))
  return Promise.all(peers.map((peer) => peer.ask('heard', { count: expected, timeoutMs: LIMIT_MS })))
}

async function play(topology) {
  const { relays } = await startRelays(topology, 4)
  const hosts = KINDS.map((kind, index) => topology.site(index, kind).host)
  const peers = hosts.map((host) => new Program(host, path.join(__dirname, '..', 'gossip-peer.js')))
  const [first] = await Promise.all(peers.map((peer) => peer.ask('start', { relays, timeoutMs: ONLINE_MS })))
  for (const [index, peer] of peers.entries()) {
    await peer.ask('join', { name: 'natlab', peers: index > 0 ? [first] : [], timeoutMs: LIMIT_MS })
  }
  const counts = await Promise.all(
    peers.map((peer) => peer.ask('neighbors', { count: NEIGHBORS, timeoutMs: LIMIT_MS }))
  )
  const expected = SAID.count * (peers.length - 1)
  const before = await round(peers, expected)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const after = await round(peers, 2 * expected)
  const paths = await Promise.all(peers.map((peer) => peer.ask('paths')))
  await Promise.all(peers.map((peer) => peer.ask('stop')))
  const sum = (name) => paths.reduce((total, one) => total + one[name], 0)
  return {
    faults: [
      ...KINDS.map((kind, index) => (counts[index] < NEIGHBORS ? `${kind}: ${counts[index]} neighbours` : null)),
      ...KINDS.map((kind, index) => faultOf(kind, before[index], expected)),
      ...KINDS.map((kind, index) => faultOf(kind, after[index], 2 * expected))
    ].filter(Boolean),
    about: `${2 * expected} messages heard once by each; of the links ${sum('direct') / 2} direct, ${sum('relayed') / 2} by a relay`
  }
}

async function run() {
  const topology = new Topology()
  try {
    return await play(topology)
  } finally {
    topology.close()
  }
}

module.exports = { title, run }
