// SPDX-License-Identifier: MIT
// The accepting host gets another address in its own network. Only the side that dialled can move a connection, so that
// a direct one goes by the relay until the dialler has found the new address.
'use strict'

const { allReceived, runDirectAndRelayed } = require('../pair.js')

const FLOW = { count: 2000, everyMs: 8, burst: 2 }
/** To become direct, where that may be; not all do. */
const DIRECT_MS = 2000
const LIMIT_MS = 40_000

const title = 'the accepting host changes its address under 2,000 events both ways, direct and relayed'

async function play({ sites: [, { host, inside }], dialler, acceptor, addr }) {
  const peers = [dialler, acceptor]
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  await dialler.ask('direct', { timeoutMs: DIRECT_MS })
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  await acceptor.ask('received', { count: FLOW.count / 4, timeoutMs: LIMIT_MS })
  host.renumber('eth0', `${inside}.10`, `${inside}.20`, `${inside}.1`)
  return allReceived(peers, FLOW.count, LIMIT_MS)
}

module.exports = { title, run: () => runDirectAndRelayed(play, ([first, second]) => [second, first]) }
