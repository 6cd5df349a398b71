// SPDX-License-Identifier: MIT
// A connection that is closed when frames have come and were not told yet, the last of them cut off.
'use strict'

const assert = require('node:assert/strict')
const { setImmediate: nextTurn } = require('node:timers/promises')
const { createHubIrohEventTarget, createSpokeIrohEventTarget } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../helpers/endpoints')

const TIMES = 10
const EVENTS = 3000
const ENOUGH_BYTES = 20_000

/** Wherever a frame is cut, its beginning is that of no other. */
const textOf = (number) => `${number} `.repeat(30)

describe('a relayed connection that is closed while frames come', () => {
  const { create } = useEndpoints()
  let relay

  before(async () => {
    relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: false, quicPort: false })
  })
  after(() => relay.close())

  /** Returns after what the relay brought was taken, and before it is told. */
  async function someCame(endpoint) {
    const before = endpoint.metrics().udpBytesReceived
    while (endpoint.metrics().udpBytesReceived < before + ENOUGH_BYTES) await nextTurn()
  }

  it('changes none of the events that came', async () => {
    const relays = [relay.url]
    const server = await create({ alpns: [alpn], relays })
    const client = await create({ bindAddress: '[::1]:0', relays }) // nothing but the relay leads from one to the other
    await server.online()
    const { nodeId, relayUrl } = server.addr()
    for (let time = 0; time < TIMES; time++) {
      const [accepted, dialled] = await Promise.all([server.accept(), client.connect({ nodeId, relayUrl }, alpn)])
      const [hub, spoke] = await Promise.all([createHubIrohEventTarget(accepted), createSpokeIrohEventTarget(dialled)])
      const received = []
      hub.addEventListener('number', ({ detail }) => received.push(detail.payload))
      for (let number = 0; number < EVENTS; number++) spoke.send({ type: 'number', payload: textOf(number) })
      await someCame(server)
      accepted.close()
      await hub.closed
      received.forEach((text, number) => {
        assert.equal(text, textOf(number))
      })
      await spoke.closed
    }
  })
})
