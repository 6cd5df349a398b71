// SPDX-License-Identifier: MIT
'use strict'

const { EndpointTicket, isTicketText } = require('./endpoint-ticket')
const { LiveTicket, SCHEME } = require('./live-ticket')
const { checkTicketText, malformed, reasonOf } = require('./malformed')
const { RoomTicket } = require('./room-ticket')

/** The class whose parse() reads this text; a room ticket has no mark of its own. */
function kindOf(text) {
  if (isTicketText(text)) return EndpointTicket
  return text.trimStart().startsWith(SCHEME) || /[@/]/.test(text) ? LiveTicket : RoomTicket
}

/**
 * Reads a ticket of any kind.
 * @param {string} text
 * @returns {EndpointTicket | RoomTicket | LiveTicket}
 * @throws {IrohError} ERR_IROH_INVALID_TICKET, with what is wrong
 */
function parseTicket(text) {
  const kind = kindOf(checkTicketText(text))
  if (kind !== RoomTicket) return kind.parse(text)
  try {
    return RoomTicket.parse(text)
  } catch (error) {
    throw malformed(`it begins with neither 'endpoint' nor '${SCHEME}', and is no room ticket: ${reasonOf(error)}`)
  }
}

module.exports = { EndpointTicket, LiveTicket, RoomTicket, parseTicket }
