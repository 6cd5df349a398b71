// SPDX-License-Identifier: MIT
// A spoke that tells how it is, and closes itself when its hub is gone. The process then has nothing left to do.
'use strict'

const { createSpoke } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async (hub) => {
  const spoke = await createSpoke({ hub, endpointOptions: local })
  spoke.addEventListener('disconnected', async () => {
    await spoke.close()
    process.send(spoke.state, () => process.disconnect())
  })
  process.send(spoke.state)
})
