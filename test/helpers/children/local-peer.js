// SPDX-License-Identifier: MIT
// A process that serves an ALPN and is found by multicast DNS on the loopback: sends its NodeId, ends when told to.
'use strict'

const { Endpoint, localDiscovery } = require('event-target-iroh')
const { alpn, local } = require('../endpoints')

async function main() {
  const discovery = [localDiscovery({ interfaces: ['127.0.0.1'] })]
  const endpoint = await Endpoint.createWithOptions({ ...local, alpns: [alpn], discovery })
  process.send(endpoint.nodeId())
  process.once('message', async () => {
    await endpoint.close()
    process.disconnect()
  })
}

main()
