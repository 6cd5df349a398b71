// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { SecretKey } = require('event-target-iroh')
const auth = require('../../lib/relay/auth')

const key = SecretKey.fromBytes(Buffer.alloc(32, 0x2a))
const nodeId = '197f6b23e16c8532c6abc838facd5ea789be0c76b2920334039bfa8b3d368d61'
const challenge = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const signature =
  'a28b5ebc6a930b5d80ad5aca2a8e48ad4a064e699c0866674c8b8e61a5f4ea94' +
  '0ee8b9f06732930250ac0735555abe77e8df740165edc3163be432f0e4f3cf0f'

/** Both ends of what looks like one TLS connection, with what its exporter gives. */
function tlsSocket(secret = 1, version = 'TLSv1.3') {
  const exportKeyingMaterial = (length, label, context) => {
    assert.equal(label, 'iroh-relay handshake v1')
    return Buffer.alloc(length, context[0] ^ secret)
  }
  return { encrypted: true, getProtocol: () => version, exportKeyingMaterial }
}

const request = (url, ...rawHeaders) => ({ url, rawHeaders })

describe('relay authentication', () => {
  describe('by challenge', () => {
    it("makes and takes iroh's own signature", () => {
      assert.equal(auth.signChallenge(key, challenge).toString('hex'), signature)
      assert.ok(auth.verifyChallenge(nodeId, challenge, Buffer.from(signature, 'hex')))
    })

    it('rejects another challenge, another key, and an invalid key', () => {
      const bytes = Buffer.from(signature, 'hex')
      assert.ok(!auth.verifyChallenge(nodeId, auth.newChallenge(), bytes))
      assert.ok(!auth.verifyChallenge(SecretKey.generate().nodeId(), challenge, bytes))
      assert.ok(!auth.verifyChallenge('00'.repeat(32), challenge, bytes))
    })

    it('never gives a challenge twice', () => {
      assert.notDeepEqual(auth.newChallenge(), auth.newChallenge())
    })
  })

  describe('by TLS exporter', () => {
    it('proves the key to the other end of the connection', () => {
      const header = auth.clientAuthHeader(tlsSocket(), key)
      assert.equal(Buffer.from(header, 'base64url').length, 113)
      assert.equal(auth.verifyClientAuth(header, tlsSocket()), nodeId)
    })

    it('proves nothing on another connection or without TLS 1.3', () => {
      const header = auth.clientAuthHeader(tlsSocket(), key)
      assert.equal(auth.verifyClientAuth(header, tlsSocket(2)), null)
      assert.equal(auth.verifyClientAuth(header, tlsSocket(1, 'TLSv1.2')), null)
      assert.equal(auth.verifyClientAuth(header, {}), null)
    })

    it('proves nothing with a forged signature', () => {
      const bytes = Buffer.from(auth.clientAuthHeader(tlsSocket(), key), 'base64url')
      bytes[40] ^= 1
      assert.equal(auth.verifyClientAuth(bytes.toString('base64url'), tlsSocket()), null)
    })

    it('throws for a header that cannot be read', () => {
      const header = auth.clientAuthHeader(tlsSocket(), key)
      for (const bad of ['', 'x', `${header}=`, `${header}AAAA`, header.slice(4), `+${header.slice(1)}`]) {
        assert.throws(() => auth.verifyClientAuth(bad, tlsSocket()), { code: 'ERR_IROH_RELAY' })
      }
    })
  })

  describe('.accessToken', () => {
    it('takes the first bearer header, whatever its case', () => {
      const headers = [
        'Host',
        'a',
        'authorization',
        'Basic eA==',
        'AUTHORIZATION',
        'bEARER  one ',
        'Authorization',
        'Bearer two'
      ]
      assert.equal(auth.accessToken(request('/relay?token=three', ...headers)), 'one')
    })

    it('takes the query parameter where there is no such header', () => {
      assert.equal(auth.accessToken(request('/relay?a=b&token=a%20b', 'Authorization', 'Basic eA==')), 'a b')
      assert.equal(auth.accessToken(request('/relay', 'Authorization', 'Bearer \xff')), undefined)
      assert.equal(auth.accessToken(request('/relay?other=1')), undefined)
    })
  })
})
