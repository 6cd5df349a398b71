// SPDX-License-Identifier: MIT
'use strict'

const { UsageError, fail, readArgs } = require('./command')
const { commandHelp, programHelp } = require('./help')
const { COMMANDS } = require('./table')

const HELP = ['--help', '-h', 'help']
const VERSION = ['--version', '-V', '-v', 'version']

function printVersion(args) {
  require('./version').printVersion(args)
}

async function runCommand(name, args) {
  if (!Object.hasOwn(COMMANDS, name))
    throw new UsageError(`there is no ${name.startsWith('-') ? 'option' : 'command'} '${name}'`)
  const { values, argument } = readArgs(COMMANDS[name], args)
  if (values.help) console.log(commandHelp(name))
  else if (values.version) printVersion(values.json ? ['--json'] : [])
  else await require(`./${name}`).run(values, argument)
}

/** What is asked of the program, not of a command. @returns {boolean} false: nothing is */
function answer(args) {
  const [name, about] = args
  const version = args.find((arg) => VERSION.includes(arg))
  if (HELP.includes(name)) console.log(Object.hasOwn(COMMANDS, about ?? '') ? commandHelp(about) : programHelp())
  else if (version !== undefined && (version === name || name.startsWith('-')))
    printVersion(args.filter((arg) => arg !== version))
  else return false
  return true
}

/** Runs one command of the command line. @param {string[]} args what follows the program's name */
async function main(args) {
  const [name, ...rest] = args
  if (name === undefined) {
    console.log(programHelp())
    process.exitCode = 2
    return
  }
  try {
    if (!answer(args)) await runCommand(name, rest)
  } catch (error) {
    fail(error, name)
  }
}

module.exports = { main }
