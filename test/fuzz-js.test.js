// SPDX-License-Identifier: MIT
// Each JavaScript decoder of foreign bytes: a fixed number of mutated inputs, the same in every run. `npm run fuzz:js` looks
// for more.
'use strict'

const assert = require('node:assert/strict')
const { Finding, Fuzzer } = require('../fuzz/js/engine')
const { targets } = require('../fuzz/js/targets')

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

  it('keeps inputs that reach something new', () => {
    const target = targets.find(({ name }) => name === 'dns-message')
    const fuzzer = new Fuzzer(target, { seed: SEED })
    fuzzer.explore(() => fuzzer.corpusSize === target.seeds.length)
    assert.ok(fuzzer.reached > 20)
  })
})
