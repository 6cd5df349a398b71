// SPDX-License-Identifier: MIT
// A hub that answers what it is sent, and dials another on request.
'use strict'

const { createHub } = require('event-target-iroh')
const { local } = require('../endpoints.js')

process.once('message', async ({ secretKey, dials }) => {
  const hub = await createHub({ endpointOptions: { ...local, secretKey } })
  hub.on('spoke', (target) =>
    target.addEventListener('ask', ({ detail }) => target.send({ ...detail, type: 'answer' }))
  )
  if (dials) await hub.dial(dials)
  process.send(hub.addr())
})
