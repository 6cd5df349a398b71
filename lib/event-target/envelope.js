// SPDX-License-Identifier: MIT
'use strict'

const { IrohError, textOf } = require('../base/errors')
const { MAX_DEPTH, checkAccepted, tooDeep } = require('./json-bounds')

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
 * @param {number} [maxDepth] how deep it may nest
 * @param {(type: string) => void} [checkType] gets the type that was written
 * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, _NOT_SERIALIZABLE, _TOO_DEEP, _FORBIDDEN_KEY, and what checkType throws
 */
function encodeEnvelope(envelope, maxDepth = MAX_DEPTH, checkType = undefined) {
  let isGiven
  let json
  let type
  try {
    isGiven = isEnvelope(envelope)
    if (isGiven) json = JSON.stringify(envelope)
    if (isGiven && isWrittenAsIs(envelope)) type = envelope.type
  } catch (cause) {
    // A getter, a toJSON() and a Proxy may throw anything.
    throw isOverflow(cause) ? tooDeep(maxDepth, cause) : unwritable(cause)
  }
  if (!isGiven) throw new IrohError('ERR_IROH_NOT_ENVELOPE')
  type ??= readBack(json).type
  checkAccepted(json, maxDepth)
  checkType?.(type)
  return json
}

/** JSON.stringify() calls itself for what is nested. */
function isOverflow(cause) {
  return cause instanceof RangeError && cause.message === 'Maximum call stack size exceeded'
}

function unwritable(cause) {
  const error = new IrohError('ERR_IROH_NOT_SERIALIZABLE', { detail: textOf(cause), cause })
  if (cause === undefined) Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
  return error
}

function readBack(json) {
  const written = json && JSON.parse(json)
  if (isEnvelope(written)) return written
  throw new IrohError('ERR_IROH_NOT_SERIALIZABLE', { detail: 'its JSON is not an envelope' })
}

module.exports = { encodeEnvelope, eventName, isEnvelope }
