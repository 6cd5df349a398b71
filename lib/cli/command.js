// SPDX-License-Identifier: MIT
'use strict'

const { parseArgs } = require('node:util')

/** The command line is wrong: the message says how, and the exit code is 2. */
class UsageError extends Error {}

/**
 * Reads a command's options.
 * @param {string[]} args
 * @param {{ usage: string, options: object }} command as util.parseArgs takes them; --help and --json are always there
 * @returns {object | null} the values, or null when help was asked for and printed
 */
function readArgs(args, { usage, options }) {
  const common = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } }
  let values
  try {
    values = parseArgs({ args, options: { ...options, ...common }, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(error.message)
  }
  if (!values.help) return values
  console.log(usage)
  return null
}

/** The number of an option such as --port, or undefined. */
function numberOf(values, name) {
  const text = values[name]
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name} must be a number`)
  return Number(text)
}

/** Prints an error in one line and sets the exit code: 2 for a wrong command line, 1 for anything else. */
function fail(error) {
  const isUsage = error instanceof UsageError
  console.error(`event-target-iroh: ${error.message}${isUsage ? '\nTry: event-target-iroh --help' : ''}`)
  process.exitCode = isUsage ? 2 : 1
}

module.exports = { UsageError, fail, numberOf, readArgs }
