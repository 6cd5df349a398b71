// SPDX-License-Identifier: MIT
'use strict'

// One side of one measurement, started by pair.js: worker.js <role> <peer> <scenario> <settings as JSON>.
// It says { address } when the hub listens and { result } or { error } at the end; a spoke is told where to { dial }.

const { openPeer } = require('./peers')
const { SCENARIOS } = require('./scenarios')

const [role, peerName, scenarioName, settingsJson] = process.argv.slice(2)
const scenario = SCENARIOS[scenarioName]
const settings = JSON.parse(settingsJson)

function fail(error) {
  process.send({ error: error?.message ?? String(error) })
}

async function runHub() {
  const peer = await openPeer(peerName)
  const { address, finished } = await scenario.hub(peer, settings)
  process.send({ address })
  process.send({ result: await finished() })
}

async function runSpoke() {
  const peer = await openPeer(peerName)
  const { dial } = await told('dial')
  process.send({ result: await scenario.spoke(peer, dial, settings) })
}

async function runAlone() {
  const peer = await openPeer(peerName)
  const { address, finished } = await scenario.hub(peer, settings)
  await scenario.spoke(peer, address, settings)
  process.send({ result: await finished() })
}

function told(word) {
  return new Promise((resolve) => {
    process.on('message', (message) => {
      if (word in message) resolve(message)
    })
  })
}

const roles = { hub: runHub, spoke: runSpoke, alone: runAlone }

process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
process.on('disconnect', () => process.exit())
roles[role]().catch(fail)
