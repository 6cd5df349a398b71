// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { NetworkChanges } = require('../lib/network-changes')
const { FakeClock } = require('./helpers/fake-clock.js')

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
})
