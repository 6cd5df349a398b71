// SPDX-License-Identifier: MIT
// The dialling host gets another address in its own network, as after a change of Wi-Fi.
'use strict'

const { eventFault, inPair } = require('../pair.js')

const FLOW = { count: 2000, everyMs: 8, burst: 2 }
const LIMIT_MS = 25_000

const title = 'the dialling host changes its address under 2,000 events both ways'

async function play({ sites: [{ host, inside }], dialler, acceptor, addr }) {
  const peers = [dialler, acceptor]
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  await dialler.ask('direct', { timeoutMs: LIMIT_MS })
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  await acceptor.ask('received', { count: FLOW.count / 4, timeoutMs: LIMIT_MS })
  host.renumber('eth0', `${inside}.10`, `${inside}.20`, `${inside}.1`)
  await Promise.all(peers.map((peer) => peer.ask('received', { count: FLOW.count, timeoutMs: LIMIT_MS })))
  const direct = await dialler.ask('direct', { timeoutMs: LIMIT_MS })
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  const longest = Math.max(...reports.map(({ longestMs }) => longestMs))
  return {
    faults: reports.map((report) => eventFault(report, FLOW.count)).filter(Boolean),
    about: `${direct === null ? 'relayed' : 'direct'} afterwards, longest wait of an event ${longest} ms`
  }
}

module.exports = { title, run: () => inPair(['port-restricted', 'none'], {}, play) }
