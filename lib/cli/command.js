// SPDX-License-Identifier: MIT
'use strict'

const { parseArgs } = require('node:util')
const { printable } = require('../base/printable')
const { PROGRAM } = require('./help')
const { optionsOf } = require('./table')

/** The command line is wrong: the message says how, and the exit code is 2. */
class UsageError extends Error {}

/** The table's options as util.parseArgs takes them. */
function parserOptions(options) {
  const entries = Object.entries(options).map(([name, { value, multiple = false, short }]) => [
    name,
    { type: value ? 'string' : 'boolean', multiple, ...(short && { short }) }
  ])
  return Object.fromEntries(entries)
}

function parse(args, options) {
  try {
    return parseArgs({ args, options: parserOptions(options), strict: true, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error.message.split('. To specify', 1)[0])
  }
}

/** What stands beside the options: one argument if the command has one, else none. */
function argumentOf({ argument }, positionals) {
  const [given, ...more] = positionals
  const surplus = argument ? more : positionals
  if (surplus.length > 0) throw new UsageError(`'${surplus[0]}' is one argument too many`)
  if (!argument) return undefined
  if (given === undefined) throw new UsageError(`${argument.name} is missing`)
  return checkChoice(argument.name, given, argument.choices)
}

function checkChoice(name, value, choices) {
  if (choices && !choices.includes(value)) throw new UsageError(`${name} must be one of ${choices.join(', ')}`)
  return value
}

/** A number given as text, or undefined. */
function toNumber(name, value) {
  if (value !== undefined && !/^\d+$/.test(value)) throw new UsageError(`--${name} must be a number`)
  return value === undefined ? undefined : Number(value)
}

/**
 * Reads what follows a command's name.
 * @param {import('./table').CliCommand} command
 * @param {string[]} args
 * @returns {{ values: object, argument?: string }} values.help: nothing else was looked at
 * @throws {UsageError}
 */
function readArgs(command, args) {
  const options = optionsOf(command)
  const { values, positionals } = parse(args, options)
  if (values.help) return { values }
  for (const [name, { choices, number }] of Object.entries(options)) {
    if (values[name] === undefined) continue
    checkChoice(`--${name}`, values[name], choices)
    if (number) values[name] = toNumber(name, values[name])
  }
  return { values, argument: argumentOf(command, positionals) }
}

/** Prints an error in one line and sets the exit code: 2 for a wrong command line, 1 for anything else. */
function fail(error) {
  const isUsage = error instanceof UsageError
  console.error(printable(`${PROGRAM}: ${error.message}`))
  if (isUsage) console.error(`Try: ${PROGRAM} --help`)
  process.exitCode = isUsage ? 2 : 1
}

module.exports = { UsageError, fail, readArgs, toNumber }
