// SPDX-License-Identifier: MIT
// Events keep flowing while the direct path is cut, restored and moved, and while the relay restarts.
'use strict'

const { eventFault, inPair } = require('../pair.js')

const ROUNDS = ['drop', 'reject', 'drop', 'reject', 'drop']
const RELAY_RESTARTS_IN = 2
const PER_ROUND = 2000
const FLOW = { count: PER_ROUND, everyMs: 8, burst: 2 }
/** Events that must come through after each blow before the next one. */
const SETTLED = 200
const LIMIT_MS = 20_000

const title = '10,000 events both ways, the path cut, restored and moved five times, the relay restarted once'

/**
 * Waits until all that was sent by now has arrived, and some more; resolves with how long the slowest event took, in
 * milliseconds.
 */
async function settle({ dialler, acceptor }, number) {
  const peers = [dialler, acceptor]
  const sent = await Promise.all(peers.map((peer) => peer.ask('sent')))
  const counts = sent.map((count) => Math.min(count + SETTLED, (number + 1) * PER_ROUND))
  await Promise.all(peers.map((peer, n) => peer.ask('received', { count: counts[1 - n], timeoutMs: LIMIT_MS })))
  return Math.max(...(await Promise.all(peers.map((peer) => peer.ask('longest')))))
}

/** One round: what was seen to be wrong, and how long the slowest event took in each part of it. */
async function round(number, pair) {
  const { topology, relay, sites, dialler } = pair
  const [{ box, outside }] = sites
  const longest = {}
  topology.cut(ROUNDS[number])
  if ((await dialler.ask('relayed', { timeoutMs: LIMIT_MS })) === null) return { fault: 'the cut path was kept' }
  longest.cut = await settle(pair, number)
  if (number === RELAY_RESTARTS_IN) {
    await relay.ask('restart')
    longest['relay restart'] = await settle(pair, number)
  }
  topology.restore()
  if ((await dialler.ask('direct', { timeoutMs: LIMIT_MS })) === null) return { fault: 'not direct again' }
  longest.restored = await settle(pair, number)
  const [from, to] = number % 2 === 0 ? ['10', '20'] : ['20', '10']
  box.renumber('wan', `${outside}.${from}`, `${outside}.${to}`, `${outside}.1`)
  longest.moved = await settle(pair, number)
  return { longest }
}

/** The largest of each name. */
function largest(objects) {
  const all = {}
  for (const [name, value] of objects.flatMap((each) => Object.entries(each)))
    all[name] = Math.max(all[name] ?? 0, value)
  return all
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
  const longest = largest([
    ...rounds.map((each) => each.longest ?? {}),
    { end: reports[0].longestMs },
    { end: reports[1].longestMs }
  ])
  const about = Object.entries(longest).map(([part, ms]) => `${part} ${ms} ms`)
  return { faults: faults.filter(Boolean), about: `longest wait of an event: ${about.join(', ')}` }
}

module.exports = { title, run: () => inPair(['port-restricted', 'none'], {}, play) }
