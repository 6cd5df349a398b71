// SPDX-License-Identifier: MIT
// A program where no name server answers (scenarios/dead-name-server.js). It prints what it saw, closes its hub, and is to end
// by itself.
'use strict'

const dgram = require('node:dgram')
const dns = require('node:dns/promises')
const { once } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const { createHub } = require('event-target-iroh')

const WATCH_MS = 12_000
const EVERY_MS = 100

/** How long the slowest look-up of the program itself took. */
async function slowestLookUp() {
  let slowest = 0
  for (const end = performance.now() + WATCH_MS; performance.now() < end; await sleep(EVERY_MS)) {
    const before = performance.now()
    await dns.lookup('localhost')
    slowest = Math.max(slowest, performance.now() - before)
  }
  return Math.round(slowest)
}

async function main() {
  const silent = dgram.createSocket('udp4').bind(53, '127.0.0.53') // takes the questions, and does not answer
  await once(silent, 'listening')
  const hub = await createHub() // the default preset: relays and look-ups by name
  const failed = []
  hub.endpoint.on('network', ({ type, error }) => type.endsWith('-failed') && failed.push(error.message))
  const [slowestMs, offline, { advice }] = await Promise.all([
    slowestLookUp(),
    hub.endpoint.online({ timeoutMs: 4000 }).then(
      () => 'online',
      ({ message }) => message
    ),
    hub.endpoint.netReport({ timeoutMs: 8000 })
  ])
  await hub.close()
  silent.close()
  console.log(JSON.stringify({ slowestMs, offline, failed, advice: advice.join(' ') }))
}

main()
