// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

const isEnumerable = Object.prototype.propertyIsEnumerable

/** An envelope: an object with a string `type` and, if it has any, a string `id`. */
function isEnvelope(value) {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    typeof value.type === 'string' &&
    (value.id === undefined || typeof value.id === 'string')
  )
}

/** The name an envelope's event has: `type:id`, or `type` without an id. */
function eventName(envelope) {
  return envelope.id ? `${envelope.type}:${envelope.id}` : envelope.type
}

/** Whether JSON.stringify() writes the type that was looked at: an own enumerable property, and no toJSON(). */
function isWrittenAsIs(envelope) {
  return typeof envelope.toJSON !== 'function' && isEnumerable.call(envelope, 'type')
}

/**
 * An envelope as JSON, now: what its owner changes later is not sent.
 * @param {object} envelope
 * @param {(type: string) => void} [checkType] gets the type that was written
 * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, ERR_IROH_NOT_SERIALIZABLE, and what checkType throws
 */
function encodeEnvelope(envelope, checkType) {
  if (!isEnvelope(envelope)) throw new IrohError('ERR_IROH_NOT_ENVELOPE')
  let json
  try {
    json = JSON.stringify(envelope)
  } catch (cause) {
    throw new IrohError('ERR_IROH_NOT_SERIALIZABLE', { detail: cause.message, cause })
  }
  const written = isWrittenAsIs(envelope) ? envelope : readBack(json)
  checkType?.(written.type)
  return json
}

function readBack(json) {
  const written = json && JSON.parse(json)
  if (isEnvelope(written)) return written
  throw new IrohError('ERR_IROH_NOT_SERIALIZABLE', { detail: 'its JSON is not an envelope' })
}

module.exports = { encodeEnvelope, eventName, isEnvelope }
