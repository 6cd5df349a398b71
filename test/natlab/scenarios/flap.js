// SPDX-License-Identifier: MIT
// The dialling host's interface goes down for a second, and with it its routes: nothing leaves at all.
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { allReceived, runDirectAndRelayed } = require('../pair.js')

const FLOW = { count: 2000, everyMs: 8, burst: 2 }
/** To become direct, where that may be; not all do. */
const DIRECT_MS = 2000
const DOWN_MS = 1000
const LIMIT_MS = 40_000

const title = `the dialling host's interface is down for ${DOWN_MS / 1000} s under 2,000 events both ways, direct and relayed`

async function play({ sites: [{ host, inside }], dialler, acceptor, addr }) {
  const peers = [dialler, acceptor]
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  await dialler.ask('direct', { timeoutMs: DIRECT_MS })
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  await acceptor.ask('received', { count: FLOW.count / 4, timeoutMs: LIMIT_MS })
  host.sh('ip link set eth0 down')
  await sleep(DOWN_MS)
  host.sh(`ip link set eth0 up; ip route add default via ${inside}.1`)
  return allReceived(peers, FLOW.count, LIMIT_MS)
}

module.exports = { title, run: () => runDirectAndRelayed(play) }
