// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { filteringOf } = require('../../lib/net-report/filtering')
const { mappingOf, portStepOf } = require('../../lib/net-report/mapping')

/** 'a:1>7000': the server a, port 1, saw the socket at port 7000. */
const seen = (text) =>
  text.split(' ').map((each) => {
    const [, address, port, mapped] = /^(\w):(\d)>(\d+)$/.exec(each)
    return { address, port: Number(port), mapped: { address: 'm', port: Number(mapped) } }
  })

describe('What one socket sees', () => {
  const mappings = {
    'a:1>7000': 'unknown',
    'a:1>7000 a:1>7000': 'unknown',
    'a:1>7000 a:2>7000': 'unknown',
    'a:1>7000 a:2>7001': 'address-and-port-dependent',
    'a:1>7000 b:1>7000': 'endpoint-independent',
    'a:1>7000 b:2>7000': 'endpoint-independent',
    'a:1>7000 b:1>7001': 'address-dependent',
    'a:1>7000 b:1>8000 a:2>7000': 'address-dependent',
    'a:1>7000 b:1>7001 a:2>7002': 'address-and-port-dependent',
    'a:1>7000 b:1>7000 b:2>7001': 'address-and-port-dependent'
  }
  for (const [text, mapping] of Object.entries(mappings)) {
    it(`${text}: ${mapping}`, () => assert.equal(mappingOf(seen(text)), mapping))
  }

  it('is another mapping if only its address differs', () => {
    const [one, other] = seen('a:1>7000 b:1>7000')
    assert.equal(mappingOf([one, { ...other, mapped: { address: 'n', port: 7000 } }]), 'address-dependent')
  })

  const steps = {
    'a:1>7000': null,
    'a:1>7000 a:2>7000': null,
    'a:1>7000 b:1>7001': 1,
    'a:1>7000 b:1>7001 a:2>7000': 1,
    'a:1>7000 b:1>6998 a:2>6996': -2,
    'a:1>7000 b:1>7002 a:2>7003 b:2>7010': 1,
    'a:1>7000 b:1>7001 a:2>6999': 'random',
    'a:1>7000 b:1>7017': 'random',
    'a:1>7000 b:1>7001 a:2>9000': 'random'
  }
  for (const [text, step] of Object.entries(steps)) {
    it(`${text}: a step of ${step}`, () => assert.equal(portStepOf(seen(text)), step))
  }
})

describe('What comes in', () => {
  // strangers, another port of an address that was sent to
  const cases = [
    [true, true, 'endpoint-independent'],
    [true, null, 'endpoint-independent'],
    [false, true, 'address-dependent'],
    [false, null, 'address-dependent'],
    [false, false, 'address-and-port-dependent'],
    [null, false, 'address-and-port-dependent'],
    [null, true, 'unknown'],
    [null, null, 'unknown']
  ]
  for (const [strangers, otherPort, filtering] of cases) {
    it(`strangers ${strangers}, another port ${otherPort}: ${filtering}`, () =>
      assert.equal(filteringOf(strangers, otherPort), filtering))
  }
})
