// SPDX-License-Identifier: MIT
'use strict'

const { PROGRAM } = require('./help')
const { COMMANDS, optionsOf } = require('./table')

const FUNCTION = `_${PROGRAM.replaceAll('-', '_')}`

/** The command's options as [name, option] pairs. */
function optionEntries(command) {
  return Object.entries(optionsOf(command))
}

/** Words for a shell, in single quotes. */
function quoted(words) {
  return `'${words.replaceAll("'", String.raw`'\''`)}'`
}

/** What bash offers after an option that something follows. */
function bashValues(name, [option, { is, choices = [] }]) {
  const offer = is === 'file' ? `${FUNCTION}_files` : `${FUNCTION}_words ${quoted(choices.join(' '))}`
  return `    ${quoted(`${name} --${option}`)}) ${offer}; return ;;`
}

function bashWords([name, command]) {
  const options = optionEntries(command).map(([option]) => `--${option}`)
  const words = [...(command.argument?.choices ?? []), ...options]
  return `    ${name}) ${FUNCTION}_words ${quoted(words.join(' '))} ;;`
}

function bash() {
  const commands = Object.entries(COMMANDS)
  const values = commands.flatMap(([name, command]) =>
    optionEntries(command)
      .filter(([, { value }]) => value)
      .map((entry) => bashValues(name, entry))
  )
  return `# Completion of ${PROGRAM} for bash.
${FUNCTION}_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "\${COMP_WORDS[COMP_CWORD]}")
}
${FUNCTION}_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
}
${FUNCTION}() {
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    ${FUNCTION}_words ${quoted(Object.keys(COMMANDS).join(' '))}
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD - 1]}" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(bashWords).join('\n')}
  esac
}
complete -F ${FUNCTION} ${PROGRAM}`
}

/** What zsh takes for other than themselves in a description. */
function zshText(words) {
  return words.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
}

function zshOption([option, { value, multiple, choices, is, help }]) {
  const after = choices ? `(${choices.join(' ')})` : is === 'file' ? '_files' : ' '
  const follows = value ? `:${zshText(value.slice(1, -1))}:${after}` : ''
  return quoted(`${multiple ? '*' : ''}--${option}[${zshText(help)}]${follows}`)
}

function zshCommand([name, command]) {
  const { argument } = command
  const position = argument
    ? [quoted(`1:${zshText(argument.name.slice(1, -1))}:(${(argument.choices ?? []).join(' ')})`)]
    : []
  const all = [...position, ...optionEntries(command).map(zshOption)]
  return `    ${name}) _arguments ${all.join(' ')} ;;`
}

function zsh() {
  const commands = Object.entries(COMMANDS)
  const names = commands.map(([name, { summary }]) => quoted(`${name}:${zshText(summary)}`))
  return `#compdef ${PROGRAM}
# Completion of ${PROGRAM} for zsh.
${FUNCTION}() {
  if ((CURRENT == 2)); then
    local -a commands=(${names.join(' ')})
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${commands.map(zshCommand).join('\n')}
  esac
}
if [[ $funcstack[1] == _${PROGRAM} ]]; then ${FUNCTION} "$@"; else compdef ${FUNCTION} ${PROGRAM}; fi`
}

function fishOption(name, [option, { value, choices, is, help }]) {
  const after = choices ? `-x -a ${quoted(choices.join(' '))}` : is === 'file' ? '-r -F' : '-x'
  const condition = `-n '__fish_seen_subcommand_from ${name}'`
  return `complete -c ${PROGRAM} ${condition} -l ${option} ${value ? `${after} ` : ''}-d ${quoted(help)}`
}

function fishCommand([name, command]) {
  const { summary, argument } = command
  const choices = argument?.choices
    ? [`complete -c ${PROGRAM} -n '__fish_seen_subcommand_from ${name}' -a ${quoted(argument.choices.join(' '))}`]
    : []
  return [
    `complete -c ${PROGRAM} -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...choices,
    ...optionEntries(command).map((entry) => fishOption(name, entry))
  ].join('\n')
}

function fish() {
  const commands = Object.entries(COMMANDS).map(fishCommand)
  return [`# Completion of ${PROGRAM} for fish.`, `complete -c ${PROGRAM} -f`, ...commands].join('\n')
}

const SCRIPTS = { bash, zsh, fish }

/** `completion`: prints the script for a shell. */
function run({ json }, shell) {
  const script = SCRIPTS[shell]()
  console.log(json ? JSON.stringify({ shell, script }) : script)
}

module.exports = { run }
