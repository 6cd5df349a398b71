// SPDX-License-Identifier: MIT
// The main job, seen whole: a hub and two spokes as separate processes, and a stranger who is turned away.
//   npm start              runs it and ends
//   npm start -- --keep    leaves hub and spokes running until Ctrl-C
'use strict'

const { SecretKey } = require('event-target-iroh')
const { Part } = require('./part.js')

const keep = process.argv.includes('--keep')

async function main() {
  const keys = { hub: SecretKey.generate(), red: SecretKey.generate(), blue: SecretKey.generate() }
  const secret = (name) => keys[name].toBytes()
  const allow = [keys.red.nodeId(), keys.blue.nodeId()]

  const hub = new Part('hub', { secretKey: secret('hub'), allow })
  const { nodeId } = await hub.step('listening') // all that the others are told of the hub

  const red = new Part('red', { secretKey: secret('red'), hub: nodeId }, 'spoke.js')
  await red.step('measured')
  const blue = new Part('blue', { secretKey: secret('blue'), hub: nodeId }, 'spoke.js')
  await blue.step('measured')

  const stranger = new Part('stranger', { hub: nodeId })
  await stranger.step('turned away')
  await hub.step('refused a stranger')

  if (keep) {
    console.log('[main] still running; Ctrl-C stops it')
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
  }
  for (const part of [stranger, red, blue, hub]) await part.stop()
  console.log('[main] all processes ended by themselves; done')
}

main().catch((error) => {
  console.error(`[main] ${error.message}`)
  process.exitCode = 1
  Part.killAll()
})
