// SPDX-License-Identifier: MIT
'use strict'

const { qrText, showsColours } = require('./qr')

/** How long the home relay is waited for before the ticket is told without it. */
const ONLINE_MS = 3000

/**
 * Tells where an endpoint is, and again when its relay is another, until the endpoint closes.
 * @param {import('../endpoint/endpoint').Endpoint} endpoint
 * @param {import('./session').Session} session
 * @param {{ ticketOf: () => string, about?: { [name: string]: string }, isQrWanted?: boolean }} what the ticket as it is
 *   now, and what else is told with it at first
 */
async function announce(endpoint, session, { ticketOf, about = {}, isQrWanted }) {
  await endpoint.online({ timeoutMs: ONLINE_MS, signal: session.signal }).catch(() => {}) // it may come later
  if (session.signal.aborted) return
  const told = { NodeId: endpoint.nodeId(), ...about, ticket: ticketOf() }
  const { NodeId: nodeId, ...rest } = told
  const words = Object.entries(told).map(([name, value]) => `${name} ${value}`)
  session.say({ event: 'listening', nodeId, ...rest, addr: endpoint.addr() }, ...words)
  if (isQrWanted) console.error(qrText(told.ticket, showsColours(process.stderr)))
  let toldUrl = endpoint.addr().relayUrl
  for await (const { relayUrl } of endpoint.watchAddr()) {
    if (relayUrl === undefined || relayUrl === toldUrl) continue
    toldUrl = relayUrl
    const ticket = ticketOf()
    session.say({ event: 'ticket', ticket }, `ticket ${ticket}`)
  }
}

module.exports = { announce }
