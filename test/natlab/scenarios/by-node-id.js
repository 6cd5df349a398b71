// SPDX-License-Identifier: MIT
// Two hosts that know of each other the NodeId alone: on one network by multicast DNS, with no relay and no server; behind
// two NATs by the look-up of a relay server of ours.
'use strict'

const { PUBLIC, Topology } = require('../topology.js')
const { allReceived, inPair, startPair } = require('../pair.js')

const FLOW = { count: 200, everyMs: 5, burst: 2 }
const LIMIT_MS = 20_000

const title =
  'a NodeId is all that is known: by multicast DNS on one network, by pkarr and DNS of our relay server across NATs'

/** Publishing takes a moment: what is not found yet is asked for again. */
async function dial(dialler, nodeId) {
  for (;;) {
    try {
      return await dialler.ask('dial', { addr: nodeId, timeoutMs: LIMIT_MS })
    } catch (error) {
      if (!error.message.startsWith('ERR_IROH_NO_ADDRESS')) throw error
    }
  }
}

async function exchange(dialler, acceptor, nodeId) {
  await acceptor.ask('serve', {})
  const { connectedMs } = await dial(dialler, nodeId)
  const peers = [dialler, acceptor]
  await Promise.all(peers.map((peer) => peer.ask('send', FLOW)))
  const { faults } = await allReceived(peers, FLOW.count, LIMIT_MS)
  return { faults, connectedMs }
}

async function onOneNetwork() {
  const topology = new Topology()
  try {
    const { dialler, acceptor, addr } = await startPair([], topology.oneLan(), { discovery: 'local' })
    return await exchange(dialler, acceptor, addr.nodeId)
  } finally {
    topology.close()
  }
}

async function acrossNats() {
  const server = `${PUBLIC.v4}.10`
  const discovery = { pkarr: `http://${server}:3340/pkarr`, dns: `${server}:5300` }
  return inPair(['port-restricted', 'symmetric'], { discovery }, async ({ dialler, acceptor, addr }) =>
    exchange(dialler, acceptor, addr.nodeId)
  )
}

async function run() {
  const [near, far] = [await onOneNetwork(), await acrossNats()]
  return {
    faults: [...near.faults, ...far.faults],
    about: `connected after ${near.connectedMs} ms on one network, ${far.connectedMs} ms across NATs`
  }
}

module.exports = { title, run }
