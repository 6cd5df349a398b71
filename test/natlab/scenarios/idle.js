// SPDX-License-Identifier: MIT
// Connections keep their direct path through a NAT that forgets after 10 s of silence: one with nothing to say, and one
// that says something now and then.
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { eventFault, inPair, probesSent } = require('../pair.js')

const PAIRS = ['port-restricted > none', 'port-restricted > port-restricted']
const NAT_FORGETS_S = 10
const LIMIT_MS = 6000
/** One event each way. */
const TALK_EVERY_MS = 200

const title = `idle, and with 5 events a second, behind NATs that forget after ${NAT_FORGETS_S} s`

/** @returns events sent each way */
async function pass(minutes, busy, peers) {
  const ms = minutes * 60_000
  const count = busy ? Math.floor(ms / TALK_EVERY_MS) : 0
  if (busy) await Promise.all(peers.map((peer) => peer.ask('send', { count, everyMs: TALK_EVERY_MS, burst: 1 })))
  await sleep(ms)
  return count
}

function timesRelayed({ moves }) {
  return moves.filter(({ relayed }) => relayed).length
}

async function play(minutes, busy, { sites, dialler, acceptor, addr }) {
  for (const { box } of sites) box?.timeouts(NAT_FORGETS_S)
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  if ((await dialler.ask('direct', { timeoutMs: LIMIT_MS })) === null) return { fault: 'stayed relayed' }
  const before = await dialler.ask('report')
  const countProbes = () => Math.max(...sites.map(({ host }) => probesSent(host)))
  const probesBefore = countProbes()
  const peers = [acceptor, dialler]
  const passed = await pass(minutes, busy, peers)
  await Promise.all(peers.map((peer) => peer.ask('received', { count: passed, timeoutMs: LIMIT_MS })))
  const probes = countProbes() - probesBefore
  for (const [index, peer] of peers.entries()) {
    await peer.ask('send', { count: 1, everyMs: 1, burst: 1 })
    await peers[1 - index].ask('received', { count: passed + 1, timeoutMs: LIMIT_MS })
  }
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  const fellBack = timesRelayed(reports[1]) > timesRelayed(before) ? 'it fell back to the relay' : null
  const fault = reports.map((report) => eventFault(report, passed + 1)).find(Boolean) ?? fellBack
  return { fault, longestMs: Math.max(...reports.map(({ longestMs }) => longestMs)), probes }
}

/** @param {{ minutes: number }} options */
async function run({ minutes }) {
  const cases = PAIRS.flatMap((pair) => [false, true].map((busy) => ({ pair, busy })))
  const results = await Promise.all(
    cases.map(({ pair, busy }) => inPair(pair.split(' > '), {}, (parts) => play(minutes, busy, parts)))
  )
  const faults = []
  const about = cases.map(({ pair, busy }, index) => {
    const name = `${pair} ${busy ? 'busy' : 'idle'}`
    const { fault, longestMs, probes } = results[index]
    if (fault) faults.push(`${name}: ${fault}`)
    return `${name}: ${fault ?? `direct throughout, ${probes} probes meanwhile, longest wait of an event ${longestMs} ms`}`
  })
  return { faults, about: `${minutes} min; ${about.join('; ')}` }
}

module.exports = { title, run }
