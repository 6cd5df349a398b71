// SPDX-License-Identifier: MIT
'use strict'

const { UsageError, fail, readArgs } = require('./command')
const { commandHelp, programHelp } = require('./help')
const { COMMANDS } = require('./table')

const HELP = ['--help', '-h', 'help']
const VERSION = ['--version', '-V']

async function runCommand(name, args) {
  if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`there is no command '${name}'`)
  const command = COMMANDS[name]
  const { values, argument } = readArgs(command, args)
  if (values.help) console.log(commandHelp(name))
  else await require(`./${name}`).run(values, argument)
}

/** Runs one command of the command line. @param {string[]} args what follows the program's name */
async function main([name, ...args]) {
  if (name === undefined || HELP.includes(name)) {
    console.log(programHelp())
    if (name === undefined) process.exitCode = 2
    return
  }
  try {
    if (VERSION.includes(name)) require('./version').printVersion(args)
    else await runCommand(name, args)
  } catch (error) {
    fail(error)
  }
}

module.exports = { main }
