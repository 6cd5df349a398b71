// SPDX-License-Identifier: MIT
'use strict'

const { readNodeAddr } = require('../addresses/node-addr')
const { EndpointTicket, isTicketText } = require('./endpoint-ticket')

/**
 * Reads whatever names a peer: a NodeId, a NodeAddr `{ nodeId, relayUrl?, directAddresses? }`, or an EndpointTicket, also
 * as the string it is passed on as.
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }}
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT,
 *   ERR_IROH_INVALID_TICKET
 */
function parsePeer(peer) {
  return isTicketText(peer) ? EndpointTicket.parse(peer).nodeAddr : readNodeAddr(peer)
}

module.exports = { parsePeer }
