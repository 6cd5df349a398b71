// SPDX-License-Identifier: MIT
// The dialling host gets another address in its own network, as after a change of Wi-Fi: its direct path, and the TCP
// connection to its relay, begin at an address that is gone.
'use strict'

const { eventFault, inPair } = require('../pair.js')

const PAIRS = [
  ['port-restricted', 'none'],
  ['udp-blocked', 'none']
]
const FLOW = { count: 2000, everyMs: 8, burst: 2 }
/** To become direct, where that may be; not all do. */
const DIRECT_MS = 2000
const LIMIT_MS = 40_000

const title = 'the dialling host changes its address under 2,000 events both ways, direct and relayed'

async function play({ sites: [{ host, inside }], dialler, acceptor, addr }) {
  const peers = [dialler, acceptor]
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  await dialler.ask('direct', { timeoutMs: DIRECT_MS })
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  await acceptor.ask('received', { count: FLOW.count / 4, timeoutMs: LIMIT_MS })
  host.renumber('eth0', `${inside}.10`, `${inside}.20`, `${inside}.1`)
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
