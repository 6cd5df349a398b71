// SPDX-License-Identifier: MIT
'use strict'

const { UsageError, fail } = require('./command')

const COMMANDS = {
  doctor: {
    summary: 'look at the network: what works, what the NAT does, what to change',
    load: () => require('./doctor')
  },
  id: { summary: 'show or make an identity', load: () => require('./id') },
  relay: { summary: 'run a relay', load: () => require('./relay') }
}

function usage() {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  return `Usage: event-target-iroh <command> [options]\n\nCommands:\n${lines.join('\n')}\n\nEach has --help.`
}

/** Runs one command of the command line. @param {string[]} args what follows the program's name */
async function main([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(usage())
    if (name === undefined) process.exitCode = 2
    return
  }
  try {
    if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`there is no command '${name}'`)
    await COMMANDS[name].load().run(args)
  } catch (error) {
    fail(error)
  }
}

module.exports = { main }
