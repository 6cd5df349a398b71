// SPDX-License-Identifier: MIT
// Spools on disks that are full, that fail, and that somebody else tidies up.
'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { unshare } = require('../helpers/unshare')

const child = (name) => path.join(__dirname, '../helpers/children', name)

describe('A spool whose disk fails', function () {
  this.timeout(60_000)
  let directory
  let made = 0

  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'disk-'))
    const source = path.join(__dirname, '../helpers/failing-writes.c')
    execFileSync('gcc', ['-shared', '-fPIC', '-o', path.join(directory, 'failing-writes.so'), source, '-ldl'])
  })

  after(() => fs.rmSync(directory, { recursive: true, force: true }))

  /** Runs a module in a mount namespace of its own. @returns {Promise<{ output: string, end: number | string }>} */
  function run(name, ...args) {
    const root = path.join(directory, `${++made}`)
    fs.mkdirSync(root)
    const control = path.join(directory, `control-${made}`)
    fs.writeFileSync(control, '0 0 0')
    const preload = [process.env.LD_PRELOAD, path.join(directory, 'failing-writes.so')].filter(Boolean).join(' ')
    const env = { ...process.env, FAILING_WRITES: control, LD_PRELOAD: preload }
    return unshare('m', [child(name), root, ...args], env)
  }

  it('works or says ERR_IROH_SPOOL, whatever happens to its files, and writes nothing to stderr', async () => {
    const { output, end } = await run('spool-faults.js', '1', '10')
    const lines = output.trim().split('\n')
    assert.deepEqual([lines.at(-1), end], ['done', 0], lines.slice(-20).join('\n'))
    assert.deepEqual(
      lines.filter((line) => !/^(a disk with|open:|at rest:|done)/.test(line)),
      []
    )
  })

  const spoiled = 'ERR_IROH_SPOOL' // the file stays as it is: what is in it may be the only copy
  const sides = {
    hub: { full: 'resume', EIO: 'resume', truncated: spoiled },
    spoke: { full: 'resume', removed: 'resume', overwritten: spoiled }
  }
  for (const [side, faults] of Object.entries(sides)) {
    it(`ends the target of a ${side} with ERR_IROH_SPOOL, and nothing else`, async () => {
      const said = Object.keys(faults).map(async (fault) => [fault, await run('disk-peers.js', side, fault)])
      for (const [fault, { output, end }] of await Promise.all(said)) {
        assert.equal(end, 0, `${fault}: ${output}`)
        const expected = { error: 'ERR_IROH_SPOOL', unacknowledged: true, goesOn: faults[fault], closed: 'closed' }
        assert.deepEqual(JSON.parse(output), expected, fault)
      }
    })
  }
})
