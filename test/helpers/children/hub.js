// SPDX-License-Identifier: MIT
// A hub that tells of each spoke that registers, by NodeId and operations.
'use strict'

const { createHub } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async ({ secretKey, bindAddress = local.bindAddress }) => {
  const hub = await createHub({ endpointOptions: { ...local, secretKey, bindAddress }, operations: ['hub.list'] })
  hub.on('spoke', async (target) => {
    const { operations } = await target.registered
    process.send({ nodeId: target.remoteNodeId, operations })
  })
  process.once('disconnect', () => hub.close())
  process.send(hub.addr())
})
