// SPDX-License-Identifier: MIT
// The hub of bench/flood/run.js, of the package that PRODUCT names. Answers each message of its parent with what it has
// spent and counted.
'use strict'

const { createHub } = require(process.env.PRODUCT)

async function main() {
  const hub = await createHub({
    endpointOptions: { preset: 'minimal', bindAddress: '127.0.0.1:0', ...JSON.parse(process.env.OPTIONS ?? '{}') }
  })
  hub.on('error', () => {})
  hub.on('spoke', (spoke) => {
    spoke.addEventListener('error', () => {})
    spoke.addEventListener('ping', ({ detail }) => spoke.send({ type: 'pong', payload: detail.payload }))
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send({
      cpuMs: (user + system) / 1000,
      rssMB: process.memoryUsage().rss / 1e6,
      metrics: hub.endpoint.metrics()
    })
  })
  process.on('disconnect', () => process.exit())
  process.send({ nodeId: hub.nodeId(), port: Number(hub.endpoint.boundAddresses()[0].split(':').pop()) })
}

main()
