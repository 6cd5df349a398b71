// SPDX-License-Identifier: MIT
// Connects each pair through its relay, and sees whether events flow and whether the path becomes direct.
'use strict'

const { PAIRS, mayStayRelayed } = require('./expectations.js')
const { eventFault, probesSent, startPair, startRelays } = require('./pair.js')
const { Topology } = require('./topology.js')

const DIRECT_MS = 6000
const CONNECT_MS = 5000
const FLOW = { count: 600, everyMs: 10, burst: 1 }

function place(topology, pair) {
  if (pair === 'one LAN') return topology.oneLan()
  if (pair === 'hairpin') return topology.hairpin()
  return pair.split(' > ').map((kind, index) => topology.site(index, kind))
}

/** One connection of a pair: `{ fault, connectedMs, firstEventMs, directMs, probes }`. */
async function connectOnce(relays, sites) {
  const { dialler, acceptor, addr } = await startPair(relays, sites)
  await acceptor.ask('serve', { flow: FLOW })
  const { connectedMs } = await dialler.ask('dial', { addr, flow: FLOW, timeoutMs: CONNECT_MS })
  const directMs = await dialler.ask('direct', { timeoutMs: DIRECT_MS })
  const peers = [dialler, acceptor]
  await Promise.all(peers.map((peer) => peer.ask('received', { count: FLOW.count, timeoutMs: 2 * DIRECT_MS })))
  const reports = await Promise.all(peers.map((peer) => peer.ask('report')))
  await Promise.all(peers.map((peer) => peer.ask('stop')))
  const firstEventMs = Math.max(...reports.map(({ firstMs }) => firstMs ?? Number.POSITIVE_INFINITY))
  const fault = reports.map((report) => eventFault(report, FLOW.count)).find(Boolean)
  return { fault, connectedMs, firstEventMs, directMs, probes: sites.map(({ host }) => probesSent(host)) }
}

/** A fresh NAT for each run: what one connection left in its tables must not help the next. */
async function runOnce(pair) {
  const topology = new Topology()
  try {
    const { relays } = await startRelays(topology, pair.startsWith('ipv6') ? 6 : 4)
    return await connectOnce(relays, place(topology, pair))
  } catch (error) {
    return { fault: error.message }
  } finally {
    topology.close()
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted.length > 0 ? sorted[sorted.length >> 1] : null
}

/** What the runs of a pair come to. */
function sum(pair, runs) {
  const good = runs.filter(({ fault }) => !fault)
  const direct = good.filter(({ directMs }) => directMs !== null)
  const faults = runs.map(({ fault }) => fault).filter(Boolean)
  const relayed = runs.length - direct.length
  if (faults.length === 0 && relayed > mayStayRelayed(pair, runs.length)) faults.push(`stayed relayed ${relayed} times`)
  return {
    pair,
    runs: runs.length,
    direct: direct.length,
    directMs: median(direct.map(({ directMs }) => directMs)),
    firstEventMs: median(good.map(({ firstEventMs }) => firstEventMs)),
    probes: Math.max(0, ...good.flatMap(({ probes }) => probes)),
    faults
  }
}

/**
 * Runs the matrix, several pairs at a time.
 * @param {{ repeat: number, jobs: number, only?: RegExp }} options
 * @param {(row: object) => void} onRow is told each pair when it is done
 * @returns {Promise<object[]>} rows in the order of PAIRS
 */
async function runMatrix({ repeat, jobs, only }, onRow) {
  const pairs = PAIRS.filter((pair) => !only || only.test(pair))
  const rows = new Array(pairs.length)
  let next = 0
  async function work() {
    while (next < pairs.length) {
      const index = next++
      const runs = []
      for (let n = 0; n < repeat; n++) runs.push(await runOnce(pairs[index]))
      rows[index] = sum(pairs[index], runs)
      onRow(rows[index])
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return rows
}

module.exports = { runMatrix }
