// SPDX-License-Identifier: MIT
// A stranger: a key of its own, but not one the hub knows. The hub turns it away in the handshake.
'use strict'

const { createSpoke } = require('event-target-iroh')
const { begin, report } = require('./report.js')
const { thisHostOnly } = require('./this-host.js')

begin(async ({ hub }) => {
  const letIn = await createSpoke({ hub, endpointOptions: thisHostOnly() }).catch((error) => {
    if (error.code !== 'ERR_IROH_REFUSED') throw error
    report(`was turned away: ${error.code}, ${error.message}`, 'turned away')
  })
  if (letIn) throw new Error('a stranger was let in')
  return () => {}
})
