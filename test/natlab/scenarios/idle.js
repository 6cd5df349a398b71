// SPDX-License-Identifier: MIT
// An idle connection keeps its direct path through a NAT that forgets after 10 s of silence.
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { eventFault, inPair, probesSent } = require('../pair.js')

const PAIRS = ['port-restricted > none', 'port-restricted > port-restricted']
const NAT_FORGETS_S = 10
const IDLE_MS = 60_000
const LIMIT_MS = 6000

const title = `idle for ${IDLE_MS / 1000} s behind NATs that forget after ${NAT_FORGETS_S} s`

async function play({ sites, dialler, acceptor, addr }) {
  for (const { box } of sites) box?.timeouts(NAT_FORGETS_S)
  await acceptor.ask('serve', {})
  await dialler.ask('dial', { addr, timeoutMs: LIMIT_MS })
  if ((await dialler.ask('direct', { timeoutMs: LIMIT_MS })) === null) return { fault: 'stayed relayed' }
  const before = await dialler.ask('report')
  const countProbes = () => Math.max(...sites.map(({ host }) => probesSent(host)))
  const probesBefore = countProbes()
  await sleep(IDLE_MS)
  const probes = countProbes() - probesBefore
  const peers = [acceptor, dialler]
  for (const [index, peer] of peers.entries()) {
    await peer.ask('send', { count: 1, everyMs: 1, burst: 1 })
    await peers[1 - index].ask('received', { count: 1, timeoutMs: LIMIT_MS })
  }
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  const fellBack = reports[1].moves.length > before.moves.length ? 'it fell back to the relay' : null
  const fault = reports.map((report) => eventFault(report, 1)).find(Boolean) ?? fellBack
  return { fault, longestMs: Math.max(...reports.map(({ longestMs }) => longestMs)), probes }
}

async function run() {
  const results = await Promise.all(PAIRS.map((pair) => inPair(pair.split(' > '), {}, play)))
  const faults = []
  const about = PAIRS.map((pair, index) => {
    const { fault, longestMs, probes } = results[index]
    if (fault) faults.push(`${pair}: ${fault}`)
    return fault
      ? `${pair}: ${fault}`
      : `${pair}: direct throughout, ${probes} probes meanwhile, the next event took ${longestMs} ms`
  })
  return { faults, about: about.join('; ') }
}

module.exports = { title, run }
