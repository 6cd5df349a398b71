// SPDX-License-Identifier: MIT
'use strict'

const { isEnvelope } = require('../event-target/envelope')
const { IrohError } = require('../base/errors')
const { printableJson } = require('../base/printable')
const { parsePeer } = require('../tickets/peer')
const { LineError } = require('./lines')

/** `from` is passed over, so that what one program prints another can take. */
const KEYS = ['from', 'type', 'id', 'payload']

function parseJson(text) {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new LineError(`not JSON: ${error.message}`)
  }
}

/** @returns {string} NodeId */
function parseReceiver(to) {
  try {
    return parsePeer(to).nodeId
  } catch (error) {
    throw error instanceof IrohError ? new LineError(`"to": ${error.message}`) : error
  }
}

/**
 * The envelope of a line of input, and whom it is for.
 * @param {string} text
 * @param {{ isAddressed: boolean }} options whether it may have `to`: a NodeId or an endpoint ticket
 * @returns {{ envelope: object, to?: string }}
 * @throws {LineError}
 */
function parseLine(text, { isAddressed }) {
  const value = parseJson(text)
  if (!isEnvelope(value))
    throw new LineError('not an envelope: an object with a string "type" and, if any, a string "id"')
  const { from: _from, to, ...envelope } = value
  const strange = Object.keys(value).find((key) => !KEYS.includes(key) && !(isAddressed && key === 'to'))
  if (strange !== undefined) throw new LineError(`an envelope has no ${JSON.stringify(strange)}`)
  return to === undefined ? { envelope } : { envelope, to: parseReceiver(to) }
}

/** An envelope that came, as a line of output. @param {string} from NodeId */
function formatLine(from, { type, id, payload }) {
  return printableJson({ from, type, id, payload })
}

module.exports = { formatLine, parseLine }
