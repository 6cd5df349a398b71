// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { COMMANDS, optionsOf } = require('../../lib/cli/table')
const { program, usePrograms } = require('../helpers/program.js')

const COMPLETE = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_event_target_iroh
printf '%s\\n' "\${COMPREPLY[@]}"`

describe('completion', () => {
  const { about, start } = usePrograms()

  function script(shell) {
    return execFileSync(process.execPath, [program, 'completion', shell], { encoding: 'utf8' })
  }

  describe('in bash', () => {
    /** What bash offers for the last of these words. */
    function offers(...words) {
      const file = path.join(about.directory, 'completion')
      fs.writeFileSync(file, script('bash'))
      const args = ['-c', COMPLETE, 'bash', file, 'event-target-iroh', ...words]
      return execFileSync('bash', args, { cwd: about.directory, encoding: 'utf8' }).split('\n').filter(Boolean)
    }

    it('offers the commands', () => {
      assert.deepEqual(offers(''), Object.keys(COMMANDS))
      assert.deepEqual(offers('h'), ['hub'])
    })

    it('offers the options of a command', () => {
      for (const [name, command] of Object.entries(COMMANDS)) {
        const expected = Object.keys(optionsOf(command)).map((option) => `--${option}`)
        assert.deepEqual(offers(name, '--'), expected)
      }
      assert.deepEqual(offers('hub', '--qr', '--pre'), ['--preset'])
    })

    it('offers what may follow an option: its choices, files, or nothing', () => {
      fs.writeFileSync(path.join(about.directory, 'my key'), '')
      assert.deepEqual(offers('hub', '--preset', ''), ['n0', 'minimal'])
      assert.deepEqual(offers('hub', '--key', 'my'), ['my key'])
      assert.deepEqual(offers('hub', '--bind', ''), [])
      assert.deepEqual(offers('completion', 'z'), ['zsh'])
    })
  })

  it('knows every command and option in each shell', () => {
    const dashes = { bash: '--', zsh: '--', fish: '-l ' }
    for (const [shell, dash] of Object.entries(dashes)) {
      const text = script(shell)
      for (const [name, command] of Object.entries(COMMANDS)) {
        assert.ok(text.includes(name), `${shell}: ${name}`)
        for (const option of Object.keys(optionsOf(command)))
          assert.ok(text.includes(dash + option), `${shell}: ${option}`)
      }
    }
  })

  it('is JSON with --json, and is for the shells there are', async () => {
    const { script: text, shell } = JSON.parse((await start('completion', '--json', 'bash').ended).stdout)
    assert.deepEqual([shell, `${text}\n`], ['bash', script('bash')])
    assert.equal((await start('completion', 'tcsh').ended).code, 2)
    assert.equal((await start('completion').ended).code, 2)
  })
})
