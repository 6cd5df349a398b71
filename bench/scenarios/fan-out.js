// SPDX-License-Identifier: MIT
'use strict'

const { envelopesOf, EVENT_NAME } = require('../envelope')
const { Meter, nextTurn } = require('../meter')

const BYTES = 100
const SPOKES = 100
const PER_TURN = 8
const HIGH_WATER_BYTES = 64 * 1024
const SPARE_MS = 100

/** The hub sends every event to each of 100 connections; the other process has all of their far ends and counts. */
async function hub(peer, settings) {
  const connections = []
  let resolveAll
  const all = new Promise((resolve) => {
    resolveAll = resolve
  })
  const address = await peer.listen((connection) => {
    connection.target.addEventListener(EVENT_NAME, () => {
      connections.push(connection)
      if (connections.length === SPOKES) resolveAll()
    })
  })
  const sent = all.then(() => send(connections, settings))
  return { address, finished: () => sent }
}

async function send(connections, { warmUpMs, measureMs }) {
  const envelope = envelopesOf(BYTES)
  const end = performance.now() + warmUpMs + measureMs + SPARE_MS
  for (let n = 0; performance.now() < end; ) {
    for (const stop = n + PER_TURN; n < stop; n++) {
      for (const connection of connections) connection.send(envelope(n))
    }
    await nextTurn()
    for (const connection of connections) {
      if (connection.bufferedAmount > HIGH_WATER_BYTES) await connection.drained()
    }
  }
  return null
}

async function spoke(peer, address, settings) {
  const meter = new Meter(settings)
  const envelope = envelopesOf(BYTES)
  let resolveFirst
  const first = new Promise((resolve) => {
    resolveFirst = resolve
  })
  for (let i = 0; i < SPOKES; i++) {
    const connection = await peer.connect(address)
    connection.target.addEventListener(EVENT_NAME, () => {
      meter.count()
      resolveFirst()
    })
    connection.send(envelope(i))
  }
  await first
  return meter.result()
}

module.exports = {
  metrics: [{ name: 'fan-out', title: `Fan-out to ${SPOKES} connections, total`, unit: 'events/s' }],
  hub,
  spoke,
  summarize: (_hub, { perSecond }) => ({ 'fan-out': perSecond })
}
