// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { PublicAddresses } = require('../../lib/endpoint/public-addresses')

const SERVERS = ['192.0.2.10:3478', '192.0.2.11:3478']

/** What peers are told after each server has seen what is given. */
function candidatesOf(...seen) {
  const addresses = new PublicAddresses({}, [], () => {})
  for (const [index, address] of seen.entries()) addresses.onObserved(SERVERS[index % 2], address)
  addresses.close()
  return addresses.candidates()
}

describe('What peers are told of a public address', () => {
  it('is the address, where every server sees the same', () => {
    assert.deepEqual(candidatesOf('198.51.100.1:7000', '198.51.100.1:7000'), ['198.51.100.1:7000 observed'])
  })

  it('is that its port is random, where servers see ports far apart', () => {
    assert.deepEqual(candidatesOf('198.51.100.1:7000', '198.51.100.1:61000'), ['198.51.100.1:61000 varying'])
  })

  it('is the next ports, where servers see one after the other', () => {
    const told = candidatesOf('198.51.100.1:7001', '198.51.100.1:7000')
    assert.deepEqual(told.slice(0, 2), ['198.51.100.1:7002 predicted', '198.51.100.1:7003 predicted'])
    assert.equal(told.at(-1), '198.51.100.1:7000 varying')
    assert.ok(told.length <= 20)
  })

  it('names no port above 65535', () => {
    assert.deepEqual(candidatesOf('198.51.100.1:65530', '198.51.100.1:65531'), ['198.51.100.1:65531 varying'])
  })

  it('keeps the two families apart', () => {
    assert.deepEqual(candidatesOf('198.51.100.1:7000', '[2001:db8::1]:9000'), [
      '198.51.100.1:7000 observed',
      '[2001:db8::1]:9000 observed'
    ])
  })

  it('forgets what a server said before, when its answer is another', () => {
    const moved = ['198.51.100.1:7000', '198.51.100.1:7000', '198.51.100.1:7900', '198.51.100.1:7900']
    assert.deepEqual(candidatesOf(...moved), ['198.51.100.1:7900 observed'])
  })
})
