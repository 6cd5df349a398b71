// SPDX-License-Identifier: MIT
// Events keep flowing while the direct path is cut, restored and moved, and while the relay restarts.
'use strict'

const { eventFault, inPair } = require('../pair.js')

const ROUNDS = ['drop', 'reject', 'drop', 'reject', 'drop']
const RELAY_RESTARTS_IN = 2
const PER_ROUND = 2000
const FLOW = { count: PER_ROUND, everyMs: 8, burst: 2 }
const LIMIT_MS = 20_000

const title = '10,000 events both ways, the path cut, restored and moved five times, the relay restarted once'

/** The moments of one round: how long it took until the connection was relayed, and direct again. */
async function round(number, { topology, relay, sites: [{ box, outside }], dialler }) {
  topology.cut(ROUNDS[number])
  const cutAt = performance.now()
  const relayed = await dialler.ask('relayed', { timeoutMs: LIMIT_MS })
  const relayedMs = Math.round(performance.now() - cutAt)
  if (number === RELAY_RESTARTS_IN) await relay.ask('restart')
  topology.restore()
  const restoredAt = performance.now()
  const direct = await dialler.ask('direct', { timeoutMs: LIMIT_MS })
  const directMs = Math.round(performance.now() - restoredAt)
  const [from, to] = number % 2 === 0 ? ['10', '20'] : ['20', '10']
  box.renumber('wan', `${outside}.${from}`, `${outside}.${to}`, `${outside}.1`)
  if (relayed === null) return { fault: `round ${number}: the cut path was kept` }
  if (direct === null) return { fault: `round ${number}: not direct again` }
  return { relayedMs, directMs }
}

async function play(pair) {
  const { dialler, acceptor, addr } = pair
  const peers = [dialler, acceptor]
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  await dialler.ask('direct', { timeoutMs: LIMIT_MS })
  const rounds = []
  for (let number = 0; number < ROUNDS.length; number++) {
    await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
    rounds.push(await round(number, pair))
    const count = (number + 1) * PER_ROUND
    await Promise.all(peers.map((peer) => peer.ask('received', { count, timeoutMs: LIMIT_MS })))
  }
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  const faults = [
    ...rounds.map(({ fault }) => fault),
    ...reports.map((each) => eventFault(each, ROUNDS.length * PER_ROUND))
  ]
  const most = (name) => Math.max(...rounds.map((each) => each[name] ?? 0))
  const longest = Math.max(...reports.map(({ longestMs }) => longestMs))
  return {
    faults: faults.filter(Boolean),
    about: `longest wait of an event ${longest} ms; at most ${most('relayedMs')} ms to the relay, ${most('directMs')} ms back`
  }
}

module.exports = { title, run: () => inPair(['port-restricted', 'none'], {}, play) }
