// SPDX-License-Identifier: MIT
// What presets stand for. Only the options are read: nothing is sent.
'use strict'

const assert = require('node:assert/strict')
const iroh = require('@number0/iroh/index.js') // its package.json names a main file that is not there
const { relaysOf } = require('../../lib/cli/doctor')
const { readEndpointOptions } = require('../../lib/endpoint/options')
const { readRelayOption } = require('../../lib/relay/option')

const relays = (options) => readEndpointOptions(options).relays

describe('preset', () => {
  it("n0 is iroh's public relays, as real iroh has them", () => {
    const read = relays({ preset: 'n0' }).map(readRelayOption)
    const real = iroh.RelayMode.defaultMode().relayMap()
    assert.deepEqual(read.map(({ url }) => url).sort(), real.urls().sort())
    for (const { url, quicPort, stunPort } of read) assert.deepEqual([quicPort, stunPort], [real.get(url).quicPort, 0])
  })

  it('n0 is what there is without one', () => {
    for (const options of [undefined, {}, { discovery: [] }]) {
      assert.equal(relays(options), relays({ preset: 'n0' }))
    }
  })

  it('minimal is none', () => {
    assert.deepEqual(relays({ preset: 'minimal' }), [])
    assert.deepEqual(readEndpointOptions({ preset: 'minimal' }).discovery, [])
  })

  it('is replaced by the relays given', () => {
    const given = ['http://127.0.0.1:3340']
    assert.equal(relays({ preset: 'n0', relays: given }), given)
    assert.deepEqual(relays({ preset: 'n0', relays: [] }), [])
  })

  it('must be known', () => {
    for (const preset of ['n1', 'toString', '', null, 7]) {
      assert.throws(() => relays({ preset }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
  })

  it('n0 is what doctor asks when it is told of no relay', () => {
    assert.equal(relaysOf({}), relays({ preset: 'n0' }))
  })
})
