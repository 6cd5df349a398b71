// SPDX-License-Identifier: MIT
'use strict'

const { reasonOf } = require('../base/errors')

/** What is said of each event of the network that a person has to do something about. */
const WORDS = {
  'relay-failed': ({ relayUrl, error }) => `the relay ${relayUrl} does not serve this host: ${reasonOf(error)}`,
  'relay-displaced': ({ error }) => `${error.message}; what is sent to this NodeId goes there`,
  'relay-regained': ({ relayUrl }) => `the other connection has left the relay ${relayUrl}; this one is reached again`,
  'discovery-failed': ({ name, error }) => `${name}: ${reasonOf(error)}`
}
/** A failure that repeats is said again after this long. */
const AGAIN_MS = 600_000
const MAX_SAID = 64

/**
 * Tells people what is wrong with the network: relays and discoveries that fail, and another program with the same key.
 * @param {import('../endpoint/endpoint').Endpoint} endpoint
 * @param {import('./session').Session} session
 */
function tellNetwork(endpoint, session) {
  const said = new Map()
  endpoint.on('network', (event) => {
    const words = WORDS[event.type]?.(event)
    if (words === undefined) return
    const { type, relayUrl, name, nodeId, error } = event
    const key = `${type} ${relayUrl ?? name} ${error?.code} ${error?.cause?.code ?? ''}`
    const now = performance.now()
    if (type === 'relay-regained') said.clear()
    if (now - said.get(key) < AGAIN_MS) return
    said.delete(key)
    said.set(key, now)
    if (said.size > MAX_SAID) said.delete(said.keys().next().value)
    session.say({ event: type, relayUrl, name, nodeId, code: error?.code, message: error?.message }, words)
  })
}

module.exports = { tellNetwork }
