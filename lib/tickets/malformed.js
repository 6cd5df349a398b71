// SPDX-License-Identifier: MIT
'use strict'

const { IrohError, invalid } = require('../base/errors')

/** Characters of a ticket; longer ones are neither read nor written. */
const MAX_TICKET_LENGTH = 65536

/** @param {string} detail what is wrong with the ticket @returns {IrohError} ERR_IROH_INVALID_TICKET */
function malformed(detail) {
  return new IrohError('ERR_IROH_INVALID_TICKET', { detail })
}

/** What parse() was given: text, and not too much of it. */
function checkTicketText(text) {
  if (typeof text !== 'string') throw malformed('it is not a string')
  if (text === '') throw malformed('it is empty')
  if (text.length > MAX_TICKET_LENGTH) {
    throw malformed(`it has ${text.length} characters; at most ${MAX_TICKET_LENGTH} are read`)
  }
  return text
}

/** What an error of this package adds to its code's own sentence. @param {IrohError} error */
function reasonOf({ message }) {
  return message.slice(message.indexOf(': ') + 2)
}

/** What a ticket writes. @throws {IrohError} ERR_IROH_INVALID_ARGUMENT when it would not be read again */
function checkWritten(text) {
  if (text.length <= MAX_TICKET_LENGTH) return text
  throw invalid(`a ticket has at most ${MAX_TICKET_LENGTH} characters, and this would have ${text.length}`)
}

/** Makes a ticket of what was read; what breaks its bounds is the text's fault. @template T @param {() => T} make */
function madeOfText(make) {
  try {
    return make()
  } catch (error) {
    throw malformed(reasonOf(error))
  }
}

module.exports = { checkTicketText, checkWritten, madeOfText, malformed, reasonOf }
