// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { printable } = require('./printable')
const { systemError } = require('./system-error')

const { errors: table } = binding

const byNumber = new Map(table.map((row) => [row.number, row]))
const byCode = new Map(table.map((row) => [row.name, row]))

/** What an IrohError says beyond what its code does; null: it is none. @type {(error: unknown) => string | null} */
let ownReason

/**
 * Every error this package raises. `code` is stable and documented; `class` says what to do about it:
 * 'usage' (the caller's mistake), 'transient' (try again), 'stream', 'conn' or 'fatal'.
 */
class IrohError extends Error {
  #reason

  /**
   * @param {string} code a code of the table, such as 'ERR_IROH_TIMEOUT'
   * @param {{ detail?: string, peer?: string, quicError?: number, cause?: unknown }} [about]
   */
  constructor(code, { detail, peer, quicError, cause } = {}) {
    const row = byCode.get(code) ?? byCode.get('ERR_IROH_INTERNAL')
    // Of what a peer said, for one: messages end in logs.
    const reason = detail ? printable(detail) : ''
    super(reason ? `${row.text}: ${reason}` : row.text, cause === undefined ? undefined : { cause })
    this.#reason = reason || row.text
    this.code = row.name
    this.class = row.class
    if (peer !== undefined) this.peer = peer
    if (quicError !== undefined) this.quicError = quicError
  }

  get name() {
    return 'IrohError'
  }

  static {
    ownReason = (error) => (#reason in Object(error) ? error.#reason : null)
  }
}

/** Why something failed, as words to put behind others: without those of the error's code. @param {unknown} error */
function reasonOf(error) {
  return ownReason(error) ?? printable(error?.message || error?.code || error)
}

/** The code of a core error number. */
function errorCode(number) {
  return byNumber.get(number)?.name ?? 'ERR_IROH_INTERNAL'
}

/** An IrohError for a core error number. */
function errorFrom(number, about) {
  return new IrohError(errorCode(number), about)
}

/** What an IrohError says of what the operating system said. @param {[number, string, string?] | undefined} said */
function bySystem(said) {
  if (said === undefined) return {}
  const cause = systemError(said)
  return { detail: cause.message, cause }
}

/** Gives back what the core returned, or throws if that is an error number, with what the system said. */
function check(result, about) {
  if (typeof result === 'number' && result < 0) {
    throw errorFrom(result, { ...bySystem(binding.takeSystemError()), ...about })
  }
  return result
}

/** What a program's function threw, which may be anything, in words. @returns {string} */
function textOf(thrown) {
  try {
    const message = thrown?.message
    return typeof message === 'string' ? message : String(thrown)
  } catch {
    return 'something that cannot be read'
  }
}

/** @returns {IrohError} ERR_IROH_INVALID_ARGUMENT */
function invalid(detail) {
  return new IrohError('ERR_IROH_INVALID_ARGUMENT', { detail })
}

module.exports = {
  IrohError,
  bySystem,
  check,
  errorFrom,
  errorCode,
  invalid,
  reasonOf,
  errorTable: table,
  textOf
}
