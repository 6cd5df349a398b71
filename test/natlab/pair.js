// SPDX-License-Identifier: MIT
// Two peers in a topology, the relays on its public host, and what the kernel counts of their probes.
'use strict'

const path = require('node:path')
const { Program } = require('./program.js')
const { PUBLIC, Topology } = require('./topology.js')

const ONLINE_MS = 5000
/** The sites of a pair that becomes direct, and of one that cannot. */
const DIRECT = ['port-restricted', 'none']
const RELAYED = ['udp-blocked', 'none']

/** The first eight bytes of a probe between our own peers (docs/design/disco.md), in what a host sends by UDP. */
const COUNT_PROBES = `
  table inet probes {
    counter sent { }
    chain output {
      type filter hook output priority filter
      meta l4proto udp @th,64,64 0xa900000000ff6401 counter name sent
    }
  }`

async function startRelays(topology, family) {
  const relay = new Program(topology.publicHost, path.join(__dirname, 'relay.js'))
  const hosts = ['10', '11'].map((number) => (family === 6 ? `${PUBLIC.v6}::${number}` : `${PUBLIC.v4}.${number}`))
  return { relay, relays: await relay.ask('start', hosts) }
}

function startPeer(namespace, file = 'peer.js') {
  namespace.nft(COUNT_PROBES)
  return new Program(namespace, path.join(__dirname, file))
}

/** How many probes the host sent over UDP since it was started. */
function probesSent(namespace) {
  return Number(/packets (\d+)/.exec(namespace.sh('nft list counter inet probes sent'))[1])
}

/**
 * Starts a dialler and an acceptor, both online.
 * @param {object[]} sites dialler's and acceptor's, as Topology makes them
 * @param {object} [options] for both endpoints
 */
async function startPair(relays, sites, options) {
  const [dialler, acceptor] = sites.map(({ host }) => startPeer(host))
  const [, addr] = await Promise.all(
    [dialler, acceptor].map((peer) => peer.ask('start', { relays, timeoutMs: ONLINE_MS, ...options }))
  )
  return { dialler, acceptor, addr }
}

/** What is wrong with the events a peer got, of `count` sent to it; null if nothing is. */
function eventFault({ count, disordered, failure }, expected) {
  if (failure) return failure
  if (count !== expected) return `${count} of ${expected} events arrived`
  return disordered > 0 ? `${disordered} events out of order` : null
}

/**
 * Gives `play` a topology with two sites and a pair in it, both online, and takes it all away afterwards.
 * @param {[string, string]} kinds of the dialler's site and the acceptor's
 * @param {object} options for both endpoints
 * @param {4 | 6} family of the relays' addresses
 */
async function inPair(kinds, options, play, family = 4) {
  const topology = new Topology()
  try {
    const { relay, relays } = await startRelays(topology, family)
    const sites = kinds.map((kind, index) => topology.site(index, kind))
    return await play({ topology, relay, sites, ...(await startPair(relays, sites, options)) })
  } finally {
    topology.close()
  }
}

/** Waits for `count` events at both peers: what was wrong with them, and how long the slowest took, in milliseconds. */
async function allReceived(peers, count, timeoutMs) {
  await Promise.all(peers.map((peer) => peer.ask('received', { count, timeoutMs })))
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  return {
    faults: reports.map((report) => eventFault(report, count)).filter(Boolean),
    longest: Math.max(...reports.map(({ longestMs }) => longestMs))
  }
}

/**
 * A scenario of a direct pair and a relayed one at once; `play` gives what allReceived() does. `turn` may change who of
 * the two dials.
 */
async function runDirectAndRelayed(play, turn = (kinds) => kinds) {
  const results = await Promise.all([DIRECT, RELAYED].map((kinds) => inPair(turn(kinds), {}, play)))
  const [direct, relayed] = results.map(({ longest }) => longest)
  return {
    faults: results.flatMap(({ faults }) => faults),
    about: `longest wait of an event ${direct} ms direct, ${relayed} ms relayed`
  }
}

module.exports = { allReceived, eventFault, inPair, probesSent, runDirectAndRelayed, startPair, startPeer, startRelays }
