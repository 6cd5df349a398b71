// SPDX-License-Identifier: MIT
'use strict'

const { invalid } = require('./errors')
const { expectMany } = require('./signals')

/** The longest duration that an option takes, in milliseconds: Node's timers fire at once for what is longer. */
const MAX_DURATION_MS = 0x7fffffff

/** The options object itself: undefined counts as empty, a key not in `known` is refused. */
function checkOptions(options, known, where) {
  if (options === undefined) return {}
  if (options === null || typeof options !== 'object') throw invalid(`${where}: options must be an object`)
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw invalid(`${where}: unknown option '${key}'`)
  }
  return options
}

/** A whole number from `min` to `max`; undefined takes `fallback`. */
function checkInteger(value, name, { min = 0, max = Number.MAX_SAFE_INTEGER, fallback } = {}) {
  if (value === undefined && fallback !== undefined) return fallback
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(`${name} must be an integer from ${min} to ${max}`)
  }
  return value
}

/** true or false; undefined takes `fallback`. */
function checkBoolean(value, name, fallback) {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`)
  return value
}

/** A string of 1 to `max` bytes without NUL; undefined gives undefined. */
function checkText(value, name, max = 4096) {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.includes('\0') || Buffer.byteLength(value) > max) {
    throw invalid(`${name} must be a string of 1 to ${max} bytes`)
  }
  return value
}

/** An array of such strings. */
function checkTexts(value, name, max) {
  if (!Array.isArray(value)) throw invalid(`${name} must be an array of strings`)
  return value.map((item, index) => checkText(item ?? null, `${name}[${index}]`, max))
}

/** One of a few words; undefined takes `fallback`. */
function checkOneOf(value, name, words, fallback) {
  if (value === undefined) return fallback
  if (!words.includes(value)) throw invalid(`${name} must be one of ${words.join(', ')}`)
  return value
}

/** A function, or undefined. */
function checkFunction(value, name) {
  if (value !== undefined && typeof value !== 'function') throw invalid(`${name} must be a function`)
  return value
}

/** An AbortSignal, or undefined. */
function checkSignal(value) {
  if (value === undefined) return undefined
  if (!(value instanceof AbortSignal)) throw invalid('signal must be an AbortSignal')
  expectMany(value)
  return value
}

/** Bytes to send: a Uint8Array as it is, a string as UTF-8. */
function toBytes(value, name = 'bytes') {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return Buffer.from(value)
  throw invalid(`${name} must be a Uint8Array or a string`)
}

module.exports = {
  MAX_DURATION_MS,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkSignal,
  checkText,
  checkTexts,
  toBytes
}
