// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const binding = require('../../lib/binding.js')

describe('BLAKE3 of the addon', () => {
  it('hashes any Uint8Array', () => {
    const empty = 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'
    assert.equal(binding.blake3(new Uint8Array(0)).toString('hex'), empty)
    const zero = '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'
    assert.equal(binding.blake3(Buffer.from([0])).toString('hex'), zero)
    assert.throws(() => binding.blake3('text'), TypeError)
  })

  it('derives what a relay client signs', () => {
    const challenge = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
    const derived = binding.blake3DeriveKey('iroh-relay handshake v1 challenge signature', challenge)
    assert.equal(derived.toString('hex'), 'b7b16e505d2cb5dbaf494800092c3b05a6c45d8d3fd4f1b888c6a77240b876c0')
  })

  it('takes a context of up to 255 bytes of UTF-8', () => {
    const material = Buffer.from('material')
    assert.equal(binding.blake3DeriveKey('c'.repeat(255), material).length, 32)
    for (const context of ['c'.repeat(256), 'é'.repeat(128), '😀'.repeat(64), 'c'.repeat(5000)]) {
      assert.throws(() => binding.blake3DeriveKey(context, material), TypeError)
    }
  })
})
