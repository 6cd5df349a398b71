// SPDX-License-Identifier: MIT
// A bad network: every twentieth packet is lost, on the direct path and to the relay.
'use strict'

const { allReceived, runDirectAndRelayed } = require('../pair.js')

const PERCENT = 5
const FLOW = { count: 2000, everyMs: 4, burst: 2 }
const LIMIT_MS = 30_000

const title = `2,000 events both ways with ${PERCENT} % of all packets lost, direct and relayed`

async function play({ topology, dialler, acceptor, addr }) {
  const peers = [dialler, acceptor]
  topology.lose(PERCENT)
  await acceptor.ask('serve', { flow: FLOW })
  await dialler.ask('dial', { addr, flow: FLOW, timeoutMs: LIMIT_MS })
  return allReceived(peers, FLOW.count, LIMIT_MS)
}

module.exports = { title, run: () => runDirectAndRelayed(play) }
