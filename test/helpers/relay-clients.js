// SPDX-License-Identifier: MIT
// Relay clients for one test, and whatever else it opens; everything is closed after it.
'use strict'

const { once } = require('node:events')
const { SecretKey } = require('event-target-iroh')
const { RelayClient } = require('../../lib/relay/client')

/** Call it in a describe(): gives makers of clients, and closes after each test what was made, the newest first. */
function useRelayClients() {
  const open = []

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close()
  })

  /** Has a relay, or something else with a close(), closed with the clients. */
  function keep(thing) {
    open.push(thing)
    return thing
  }

  /** A client that dials a relay; `id` is what its peers know it by. */
  function connect({ url, ca }, options) {
    const secretKey = options?.secretKey ?? SecretKey.generate()
    const client = keep(new RelayClient({ url, ca, ...options, secretKey }))
    client.id = Buffer.from(secretKey.nodeId(), 'hex')
    client.connect()
    return client
  }

  async function connected(relay, options) {
    const client = connect(relay, options)
    await once(client, 'up')
    return client
  }

  return { keep, connect, connected }
}

module.exports = { useRelayClients }
