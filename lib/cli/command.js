// SPDX-License-Identifier: MIT
'use strict'

const { parseArgs } = require('node:util')
const { printable } = require('../base/printable')
const { PROGRAM } = require('./help')
const { COMMANDS, optionsOf } = require('./table')
const { readValue } = require('./values')

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
  return read(argument.name, given, argument)
}

function read(name, text, about) {
  const { value, fault } = readValue(name, text, about)
  if (fault !== undefined) throw new UsageError(fault)
  return value
}

function readOption(name, given, about) {
  if (!about.multiple) return read(`--${name}`, given, about)
  const { most = given.length } = about
  if (given.length > most) throw new UsageError(`--${name} may be given ${most} times`)
  return given.map((text) => read(`--${name}`, text, about))
}

/**
 * Reads what follows a command's name.
 * @param {import('./table').CliCommand} command
 * @param {string[]} args
 * @returns {{ values: object, argument?: string }} values.help, values.version: nothing else was looked at
 * @throws {UsageError}
 */
function readArgs(command, args) {
  const options = optionsOf(command)
  const { values, positionals } = parse(args, options)
  if (values.help || values.version) return { values }
  for (const [name, about] of Object.entries(options)) {
    if (about.value && values[name] !== undefined) values[name] = readOption(name, values[name], about)
  }
  return { values, argument: argumentOf(command, positionals) }
}

/**
 * Prints an error in one line and sets the exit code: 2 for a wrong command line, 1 for anything else.
 * @param {Error} error
 * @param {string} [name] of the command
 */
function fail(error, name) {
  const isUsage = error instanceof UsageError
  const command = Object.hasOwn(COMMANDS, name ?? '') ? ` ${name}` : ''
  console.error(printable(`${PROGRAM}: ${error.message}`))
  if (isUsage) console.error(`Try: ${PROGRAM}${command} --help`)
  process.exitCode = isUsage ? 2 : 1
}

module.exports = { UsageError, fail, readArgs }
