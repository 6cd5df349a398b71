// SPDX-License-Identifier: MIT
'use strict'

const { localDiscovery } = require('event-target-iroh')

/** Options of an endpoint that finds others on this host by their NodeIds, and asks nobody outside. */
function thisHostOnly() {
  return {
    bindAddress: '127.0.0.1:0',
    preset: 'minimal',
    discovery: [localDiscovery({ interfaces: ['127.0.0.1'] })]
  }
}

module.exports = { thisHostOnly }
