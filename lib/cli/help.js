// SPDX-License-Identifier: MIT
'use strict'

const { COMMANDS, optionsOf } = require('./table')

const PROGRAM = 'event-target-iroh'
const WIDTH = 120

/** Breaks words into lines of WIDTH; all but the first begin with `indent`. */
function wrap(words, indent = '', first = indent.length) {
  const lines = ['']
  for (const word of words.split(' ')) {
    const line = lines.at(-1)
    const room = WIDTH - (lines.length === 1 ? first : indent.length)
    if (line !== '' && line.length + 1 + word.length > room) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${indent}`)
}

/** Two columns. @param {[string, string][]} rows */
function table(rows) {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, words]) => `  ${name.padEnd(width)}  ${wrap(words, ' '.repeat(width + 4))}`).join('\n')
}

/** The help of a command. @param {string} name */
function commandHelp(name) {
  const command = COMMANDS[name]
  const options = Object.entries(optionsOf(command))
  const rows = options.map(([option, { value, help }]) => [`--${option}${value ? ` ${value}` : ''}`, help])
  return [
    `Usage: ${PROGRAM} ${name} [options]${command.argument ? ` ${command.argument.name}` : ''}`,
    wrap(command.about),
    table(rows),
    ...(command.notes ?? []).map((note) => wrap(note)),
    ...(command.examples ? [['Examples:', ...command.examples.map((line) => `  ${line}`)].join('\n')] : [])
  ].join('\n\n')
}

/** The help of the program. */
function programHelp() {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary])
  return `Usage: ${PROGRAM} <command> [options]\n\nCommands:\n${table(rows)}\n\nEach has --help. --version [--json] prints this release and those of the libraries it has loaded.`
}

module.exports = { PROGRAM, commandHelp, programHelp, wrap }
