// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { inspect } = require('node:util')
const { SecretKey } = require('event-target-iroh')

describe('SecretKey', () => {
  let directory
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-key-'))
  })
  afterEach(() => fs.rmSync(directory, { recursive: true }))

  // RFC 8032, section 7.1, test 2
  const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'
  const base32 = 'jtgqrgzi76lnvhnwyndoyekob5nyumm7gwv2mjg2rt3o2t5yu35q'
  const nodeId = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
  const signature =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'

  describe('.from', () => {
    it('reads 32 bytes, hex of either case and base32', () => {
      for (const form of [seed, seed.toUpperCase(), Buffer.from(seed, 'hex'), base32, base32.toUpperCase()]) {
        assert.equal(SecretKey.from(form).nodeId(), nodeId)
      }
    })

    it('throws ERR_IROH_INVALID_KEY for anything else', () => {
      for (const bad of ['', 'a'.repeat(63), 'x'.repeat(64), Buffer.alloc(31), 7, null, undefined, {}]) {
        assert.throws(() => SecretKey.from(bad), { code: 'ERR_IROH_INVALID_KEY' })
      }
    })
  })

  describe('.generate', () => {
    it('makes a different key each time', () => {
      assert.notEqual(SecretKey.generate().nodeId(), SecretKey.generate().nodeId())
    })
  })

  describe('#sign', () => {
    it('makes the Ed25519 signature of RFC 8032', () => {
      assert.equal(SecretKey.from(seed).sign(Buffer.from('72', 'hex')).toString('hex'), signature)
    })

    it('is understood by node:crypto', () => {
      const key = SecretKey.generate()
      const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(key.nodeId(), 'hex')])
      const publicKey = crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' })
      const message = Buffer.from('a message')
      assert.ok(crypto.verify(null, message, publicKey, key.sign(message)))
    })
  })

  describe('.fromFile', () => {
    it('makes a file that only its owner reads, and finds the key again', () => {
      const file = path.join(directory, 'key')
      const key = SecretKey.fromFile(file, { create: true })
      assert.equal(fs.statSync(file).mode & 0o777, 0o600)
      assert.equal(SecretKey.fromFile(file).nodeId(), key.nodeId())
    })

    it('throws ERR_IROH_KEY_FILE when there is none, or when others may read it', () => {
      const file = path.join(directory, 'key')
      assert.throws(() => SecretKey.fromFile(file), { code: 'ERR_IROH_KEY_FILE' })
      SecretKey.generate().toFile(file)
      fs.chmodSync(file, 0o644)
      assert.throws(() => SecretKey.fromFile(file), { code: 'ERR_IROH_KEY_FILE' })
    })

    it('throws ERR_IROH_KEY_FILE for a file without a key', () => {
      const file = path.join(directory, 'key')
      fs.writeFileSync(file, 'nonsense', { mode: 0o600 })
      assert.throws(() => SecretKey.fromFile(file), { code: 'ERR_IROH_KEY_FILE' })
    })
  })

  describe('#toFile', () => {
    it('never overwrites a file', () => {
      const file = path.join(directory, 'key')
      SecretKey.generate().toFile(file)
      assert.throws(() => SecretKey.generate().toFile(file), { code: 'ERR_IROH_KEY_FILE' })
    })
  })

  it('does not show itself in logs', () => {
    const key = SecretKey.from(seed)
    for (const shown of [inspect(key), JSON.stringify({ key }), `${key}`]) assert.ok(!shown.includes(seed))
  })
})
