// SPDX-License-Identifier: MIT
// Each JavaScript decoder of foreign bytes: a fixed number of mutated inputs, the same in every run. `npm run fuzz:js` looks
// for more.
'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')
const { Finding, Fuzzer } = require('../../fuzz/js/engine')
const { targets } = require('../../fuzz/js/targets')

const RUN = path.join(__dirname, '../../fuzz/js/run.js')
const EXECUTIONS = 1500
const SEED = 11

describe('Decoders of what others send', () => {
  for (const target of targets) {
    it(`${target.name} takes whatever it is given`, () => {
      const fuzzer = new Fuzzer(target, { seed: SEED })
      fuzzer.runSeeds()
      fuzzer.run(EXECUTIONS)
      assert.equal(fuzzer.executions, target.seeds.length + EXECUTIONS)
    })
  }
})

describe('The fuzzer of decoders', () => {
  const decoder = {
    name: 'decoder',
    seeds: ['abcd'],
    run(input) {
      if (input[0] === 0xff) throw new RangeError('out of range')
    }
  }

  /** Takes so much of a processor. */
  function burn(ms) {
    const start = process.cpuUsage()
    do for (let turn = 0; turn < 1_000_000; turn++) Math.sqrt(turn)
    while (process.cpuUsage(start).user < ms * 1000)
  }

  function findingOf(seed) {
    try {
      new Fuzzer(decoder, { seed }).run(10_000)
      return null
    } catch (error) {
      return error
    }
  }

  it('finds what throws, and says with which input, the same for the same seed', () => {
    const finding = findingOf(1)
    assert.ok(finding instanceof Finding)
    assert.match(finding.message, /^decoder: RangeError: out of range/)
    assert.equal(finding.input[0], 0xff)
    assert.deepEqual(findingOf(1).input, finding.input)
  })

  it('finds what takes too long', () => {
    const slow = { ...decoder, run: () => burn(80) }
    assert.throws(() => new Fuzzer(slow, { seed: 1, maxMs: 20 }).runSeeds(), /4 bytes take \d+ ms/)
  })

  it('looks for inputs that reach more, in a thread of its own', async () => {
    const env = { ...process.env, SECONDS: '1', SEED: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, 'dns-message'], { env })
    assert.match(stdout, /^dns-message: \d+ executions, \d+ inputs kept, [1-9]\d+ blocks reached$/m)
  })
})
