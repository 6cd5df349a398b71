// SPDX-License-Identifier: MIT
// The honest side of bench/flood/run.js: one spoke that stays and sends a ping every 50 ms, and fresh identities on fresh
// sockets that connect one after the other. Sends the times of both when told to end.
'use strict'

const { Endpoint, createSpoke } = require(process.env.PRODUCT)
const { nodeId, port, from } = JSON.parse(process.env.HUB)
const PING_MS = 50
const CONNECT_MS = 100
const PATIENCE_MS = 10000

const bindAddress = `${from}:0`
const options = { preset: 'minimal', bindAddress }
const hub = { nodeId, directAddresses: [`127.0.0.1:${port}`] }
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** How long a new identity takes to connect, in ms; Infinity: it does not. */
async function connectOnce() {
  const endpoint = await Endpoint.createWithOptions(options)
  const startedAt = performance.now()
  try {
    await endpoint.connect(hub, 'alkhub/1', { timeoutMs: PATIENCE_MS })
    return performance.now() - startedAt
  } catch {
    return Infinity
  } finally {
    endpoint.close()
  }
}

async function main() {
  const result = { connects: [], pings: [], disconnected: 0 }
  const resident = await createSpoke({ hub, endpointOptions: options })
  resident.addEventListener('disconnected', () => result.disconnected++)
  resident.addEventListener('error', () => {})
  resident.addEventListener('pong', ({ detail }) => result.pings.push(performance.now() - detail.payload))
  setInterval(() => {
    try {
      resident.send({ type: 'ping', payload: performance.now() })
    } catch {
      // Counted as disconnected.
    }
  }, PING_MS)
  const pending = new Set()
  let goes = true
  process.once('message', () => {
    goes = false
  })
  process.on('disconnect', () => process.exit())
  process.send('ready')
  while (goes) {
    const one = connectOnce().then((ms) => result.connects.push(ms))
    pending.add(one)
    one.finally(() => pending.delete(one))
    await sleep(CONNECT_MS)
  }
  await Promise.all(pending)
  process.send({ ...result, connects: result.connects.map((ms) => (ms === Infinity ? -1 : ms)) }, () => process.exit())
}

main()
