// SPDX-License-Identifier: MIT
// Tells which options each reader knows, as JSON: { where: names }. What they read them of is of no use, and refused.
'use strict'

const check = require('../../../lib/base/check')

const known = {}
const { checkOptions } = check
check.checkOptions = (options, names, where) => {
  known[where] = [...new Set([...(known[where] ?? []), ...names])]
  return checkOptions(options, names, where)
}

const iroh = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { readRelayOptions } = require('../../../lib/relay/server/options')

const key = 'a'.repeat(64)
const wrong = 'wrong'

/** Calls that end before they do anything, for what they read first. */
const calls = [
  () => iroh.Endpoint.createWithOptions({ keepAliveMs: wrong }),
  () => iroh.createHub({ maxPending: wrong }),
  () => iroh.createHub({ delivery: 'resume', resume: { expiryMs: wrong } }),
  () => iroh.createSpoke({ hub: wrong }),
  () => iroh.createSpoke({ hub: iroh.SecretKey.generate().nodeId(), reconnect: { minDelayMs: wrong } }),
  () => require('../../../lib/event-target/event-target').readTargetOptions({ maxDepth: wrong }),
  () => iroh.dnsDiscovery({ timeoutMs: wrong }),
  () => iroh.localDiscovery({ timeoutMs: wrong }),
  () => iroh.pkarrDiscovery({ timeoutMs: wrong }),
  () => require('../../../lib/gossip/options').readGossipOptions({ maxEvents: wrong }),
  () => iroh.Router.builder(null).accept('a', () => {}, { admit: wrong }),
  () => readRelayOptions({ access: { url: wrong } }),
  () => readRelayOptions({ limits: { queueBytes: wrong } }),
  () => readRelayOptions({ tls: { cert: wrong, key: wrong }, access: { allow: key } }),
  () => RelayServer.listen({ port: wrong })
]

Promise.allSettled(calls.map(async (call) => call())).then(() => console.log(JSON.stringify(known)))
