// SPDX-License-Identifier: MIT
// A relay client over TLS: whom it trusts, and how it proves its key.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { SecretKey } = require('event-target-iroh')
const { createCertificate } = require('../../bench/certificate.js')
const { CLIENT_AUTH_HEADER, verifyClientAuth } = require('../../lib/relay/auth')
const { RelayClient } = require('../../lib/relay/client')
const { RelayManager } = require('../../lib/relay/manager')
const { FrameType } = require('../../lib/relay/protocol')
const { until } = require('../helpers/events.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')

describe('RelayClient over TLS', () => {
  const { listen } = useFakeRelays()
  const { key, cert } = createCertificate()
  const secretKey = SecretKey.generate()
  let client

  afterEach(() => client.close())

  function connect(url, ca) {
    client = new RelayClient({ url, secretKey, ca })
    client.connect()
    return client
  }

  /** A relay that knows the shortcut. */
  function byHeader(session) {
    const { headers, socket } = session.request
    session.nodeId = verifyClientAuth(headers[CLIENT_AUTH_HEADER], socket)
    if (session.nodeId) session.confirm()
    else session.challenge()
  }

  it('proves its key in the request, without a challenge', async () => {
    const relay = await listen({ tls: { key, cert }, onSession: byHeader })
    await once(connect(relay.url, cert), 'up')
    assert.equal(relay.session.nodeId, secretKey.nodeId())
    assert.equal(client.proof, 'exporter')
    assert.equal(relay.session.framesOf(FrameType.PING).length, 0)
    await until(() => client.latencyMs !== null)
    assert.equal(relay.session.framesOf(FrameType.PING).length, 1)
  })

  it('answers the challenge of a relay that ignores the request header', async () => {
    const relay = await listen({ tls: { key, cert } })
    await once(connect(relay.url, cert), 'up')
    assert.equal(client.proof, 'challenge')
  })

  it('answers the challenge where TLS has no safe exporter', async () => {
    const relay = await listen({ tls: { key, cert, maxVersion: 'TLSv1.2' } })
    await once(connect(relay.url, cert), 'up')
    assert.equal(relay.session.request.headers[CLIENT_AUTH_HEADER], undefined)
  })

  it('takes wss URLs, and certificates as an array', async () => {
    const relay = await listen({ tls: { key, cert } })
    await once(connect(relay.url.replace('https', 'wss'), [cert]), 'up')
  })

  it('refuses a relay whose certificate it does not trust', async () => {
    const relay = await listen({ tls: { key, cert } })
    for (const ca of [undefined, createCertificate().cert]) {
      const [error] = await once(connect(relay.url, ca), 'down')
      assert.equal(error.code, 'ERR_IROH_HANDSHAKE')
      await client.close()
    }
    assert.equal(relay.sessions.length, 0)
  })

  it('refuses a relay whose certificate is for another name', async () => {
    const relay = await listen({ tls: { key, cert } })
    const [error] = await once(connect(relay.url.replace('localhost', '127.0.0.1'), cert), 'down')
    assert.equal(error.code, 'ERR_IROH_HANDSHAKE')
  })

  it('does not take a plain relay for a secure one', async () => {
    const relay = await listen()
    const [error] = await once(connect(relay.url.replace('http', 'https'), cert), 'down')
    assert.equal(error.code, 'ERR_IROH_HANDSHAKE')
  })

  it('measures over TLS too', async () => {
    const relay = await listen({ tls: { key, cert }, onSession: byHeader })
    client = new RelayManager({ relays: [relay.url], secretKey, ca: cert })
    client.start()
    await client.online()
    assert.equal(relay.session.nodeId, secretKey.nodeId())
    assert.ok(client.report()[0].latencyMs > 0)
  })
})
