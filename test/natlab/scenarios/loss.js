// SPDX-License-Identifier: MIT
// A bad network: every twentieth packet is lost, on the direct path and to the relay.
'use strict'

const { eventFault, inPair } = require('../pair.js')

const PERCENT = 5
const PAIRS = [
  ['port-restricted', 'none'],
  ['udp-blocked', 'none']
]
const FLOW = { count: 2000, everyMs: 4, burst: 2 }
const LIMIT_MS = 30_000

const title = `2,000 events both ways with ${PERCENT} % of all packets lost, direct and relayed`

async function play({ topology, dialler, acceptor, addr }) {
  const peers = [dialler, acceptor]
  topology.lose(PERCENT)
  await acceptor.ask('serve', { flow: FLOW })
  await dialler.ask('dial', { addr, flow: FLOW, timeoutMs: LIMIT_MS })
  await Promise.all(peers.map((peer) => peer.ask('received', { count: FLOW.count, timeoutMs: LIMIT_MS })))
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  return {
    faults: reports.map((report) => eventFault(report, FLOW.count)).filter(Boolean),
    longest: Math.max(...reports.map(({ longestMs }) => longestMs))
  }
}

async function run() {
  const results = await Promise.all(PAIRS.map((kinds) => inPair(kinds, {}, play)))
  const [direct, relayed] = results.map(({ longest }) => longest)
  return {
    faults: results.flatMap(({ faults }) => faults),
    about: `longest wait of an event ${direct} ms direct, ${relayed} ms relayed`
  }
}

module.exports = { title, run }
