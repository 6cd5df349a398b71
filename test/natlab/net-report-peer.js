// SPDX-License-Identifier: MIT
// The program on a site's host that looks at the network from there.
'use strict'

const { Endpoint } = require('event-target-iroh')
const { serve } = require('./program.js')

serve({
  async report({ relays }) {
    const endpoint = await Endpoint.createWithOptions({ preset: 'minimal', relays })
    try {
      return await endpoint.netReport()
    } finally {
      await endpoint.close()
    }
  }
})
