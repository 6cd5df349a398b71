// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { NetworkChanges } = require('../../lib/endpoint/network-changes')
const { FakeClock } = require('../helpers/fake-clock.js')

const ADDRESSES = 1
const ROUTES = 2

describe('A change of network', () => {
  let clock, addresses, told, changes

  beforeEach(() => {
    clock = new FakeClock()
    addresses = ['192.0.2.1']
    told = []
    changes = new NetworkChanges((now) => told.push(now), { list: () => addresses, clock })
  })

  it('is told once for all its notes, with the addresses there are', () => {
    addresses = ['192.0.2.2']
    for (let n = 0; n < 20; n++) changes.noted(ADDRESSES)
    assert.equal(clock.pending, 1)
    clock.advance(1000)
    assert.deepEqual(told, [['192.0.2.2']])
  })

  it('is none when the addresses are the same, as after a renewed lease', () => {
    changes.noted(ADDRESSES)
    clock.advance(1000)
    assert.deepEqual(told, [])
  })

  it('is another default route, too', () => {
    changes.noted(ROUTES)
    clock.advance(1000)
    changes.noted(ADDRESSES)
    clock.advance(1000)
    assert.deepEqual(told, [['192.0.2.1']])
  })

  it('is not told after the end', () => {
    changes.noted(ROUTES)
    changes.close()
    changes.noted(ROUTES)
    clock.advance(1000)
    assert.deepEqual([told, clock.pending], [[], 0])
  })

  describe('while the addresses cannot be listed', () => {
    const refusal = new Error('no descriptors left')
    let errors

    function create() {
      changes = new NetworkChanges((now) => told.push(now), { list, clock, onError: (error) => errors.push(error) })
    }
    function list() {
      if (addresses === null) throw refusal
      return addresses
    }

    beforeEach(() => {
      errors = []
    })

    it('is every note; it is said once, and the addresses are listed as soon as they can be', () => {
      create()
      addresses = null
      for (let n = 0; n < 3; n++) {
        changes.noted(ADDRESSES)
        clock.advance(100)
      }
      assert.deepEqual([told, errors], [[['192.0.2.1'], ['192.0.2.1'], ['192.0.2.1']], [refusal]])
      addresses = ['192.0.2.2']
      clock.advance(10_000)
      assert.deepEqual([told.at(-1), errors.length, clock.pending], [['192.0.2.2'], 1, 0])
    })

    it('from the beginning is said when there is somebody to listen, and is over with a change', () => {
      addresses = null
      create()
      assert.deepEqual(errors, [])
      clock.advance(1000)
      assert.deepEqual([told, errors], [[], [refusal]])
      addresses = ['192.0.2.1']
      clock.advance(10_000)
      assert.deepEqual([told, errors.length, clock.pending], [[['192.0.2.1']], 1, 0])
    })

    it('asks again ever more rarely, and not after the end', () => {
      addresses = null
      create()
      clock.advance(24 * 3600_000)
      assert.equal(errors.length, 1)
      assert.equal(clock.pending, 1)
      changes.close()
      assert.equal(clock.pending, 0)
    })

    it('is said again when it begins again', () => {
      create()
      for (let n = 0; n < 2; n++) {
        addresses = null
        changes.noted(ADDRESSES)
        clock.advance(100)
        addresses = ['192.0.2.1']
        clock.advance(10_000)
      }
      assert.equal(errors.length, 2)
    })
  })
})
