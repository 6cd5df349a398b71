// SPDX-License-Identifier: MIT
// A server that sends one datagram on each connection: a peer that has received it knows that both sides are connected.
'use strict'

const { Endpoint } = require('event-target-iroh')
const { alpn, local } = require('../endpoints.js')

process.once('message', async ({ secretKey }) => {
  const endpoint = await Endpoint.createWithOptions({ ...local, alpns: [alpn], secretKey })
  process.once('disconnect', () => endpoint.close())
  process.send(endpoint.addr())
  for await (const connection of endpoint) {
    if (connection.closeReason() === null) connection.sendDatagram('connected')
  }
})
