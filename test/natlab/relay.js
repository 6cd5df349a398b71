// SPDX-License-Identifier: MIT
// The program on the public host: relays with STUN, one on each of its addresses.
'use strict'

const { RelayServer } = require('event-target-iroh/relay')
const { serve } = require('./program.js')

let relays = []
let listening = []

serve({
  /** @returns the relays' URLs */
  async start(hosts) {
    listening = hosts
    relays = await Promise.all(
      hosts.map((host) => RelayServer.listen({ host, port: 3340, stunPort: 3478, quicPort: 7842 }))
    )
    return relays.map(({ url }) => url)
  },

  async restart() {
    await Promise.all(relays.map((relay) => relay.close()))
    return this.start(listening)
  }
})
