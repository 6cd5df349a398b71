// SPDX-License-Identifier: MIT
// A server that accepts connections and does nothing with them.
'use strict'

const { Endpoint } = require('event-target-iroh')
const { alpn, local } = require('../endpoints.js')

process.once('message', async ({ secretKey }) => {
  const endpoint = await Endpoint.createWithOptions({ ...local, alpns: [alpn], secretKey })
  process.once('disconnect', () => endpoint.close())
  process.send(endpoint.addr())
})
