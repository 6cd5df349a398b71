// SPDX-License-Identifier: MIT
// DNS queries as bytes.
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const dnsPacket = require('dns-packet')

/**
 * Asks a server over UDP.
 * @param {string} server 'ip:port', IPv4
 * @param {object} query as dns-packet encodes it
 * @returns {Promise<Buffer>}
 */
async function queryUdp(server, query) {
  const [host, port] = server.split(':')
  const socket = dgram.createSocket('udp4')
  try {
    socket.send(dnsPacket.encode({ type: 'query', id: 1, ...query }), Number(port), host)
    const [answer] = await once(socket, 'message')
    return answer
  } finally {
    socket.close()
  }
}

module.exports = { queryUdp }
