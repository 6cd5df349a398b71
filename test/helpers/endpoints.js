// SPDX-License-Identifier: MIT
// Endpoints, connections and event targets on loopback for one test; everything is closed after it.
'use strict'

const { createHubIrohEventTarget, createSpokeIrohEventTarget, Endpoint } = require('event-target-iroh')

const alpn = 'test/1'
const local = { bindAddress: '127.0.0.1:0', preset: 'minimal' }

/** Call it in a describe(): gives makers of endpoints, and closes after each test what they made. */
function useEndpoints() {
  const open = new Set()

  afterEach(async () => {
    await Promise.all([...open].map((endpoint) => endpoint.close()))
    open.clear()
  })

  async function create(options) {
    const endpoint = await Endpoint.createWithOptions({ ...local, ...options })
    open.add(endpoint)
    return endpoint
  }

  /** Two endpoints and both ends of a connection between them. */
  async function connect(serverOptions, clientOptions, addrOf = (server) => server.addr()) {
    const server = await create({ alpns: [alpn], ...serverOptions })
    const client = await create(clientOptions)
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(addrOf(server), alpn)])
    return { server, client, accepted, dialled }
  }

  /** Both ends of a bidirectional stream; the opener has written `first` so that the acceptor learns of it. */
  async function streams(first = Buffer.from('!'), ...options) {
    const pair = await connect(...options)
    const near = await pair.dialled.openBi()
    await near.send.writeAll(first)
    const far = await pair.accepted.acceptBi()
    await far.recv.readExact(first.length)
    return { ...pair, near, far }
  }

  /** Both ends as event targets. */
  async function targets(options, ...endpointOptions) {
    const pair = await connect(...endpointOptions)
    const [hub, spoke] = await Promise.all([
      createHubIrohEventTarget(pair.accepted, options),
      createSpokeIrohEventTarget(pair.dialled, options)
    ])
    return { ...pair, hub, spoke }
  }

  return { create, connect, streams, targets }
}

module.exports = { alpn, local, useEndpoints }
