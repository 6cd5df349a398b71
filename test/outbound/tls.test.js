// SPDX-License-Identifier: MIT
// Certificates and clocks that are wrong, as relays, look-ups and the net report tell of them.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const https = require('node:https')
const { SecretKey, pkarrDiscovery } = require('event-target-iroh')
const { createCertificate } = require('../../bench/certificate.js')
const { NetReport } = require('../../lib/net-report')
const { useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')

const DAY_MS = 24 * 3600_000
const CLOCK = /this host's clock says \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/
const authority = createCertificate({ host: 'Test Authority', isAuthority: true })

/** What a certificate is like, whether its authority is trusted, and what is said of it. */
const FAULTS = {
  'has expired': {
    about: { from: Date.parse('2020-01-01T00:00:00Z'), to: Date.parse('2020-01-31T12:00:00Z'), issuer: authority },
    said: (who) => new RegExp(`${who}'s certificate expired on 2020-01-31T12:00:00Z; ${CLOCK.source}$`),
    advice: /Set this host's clock if it is wrong/
  },
  'is not valid yet': {
    about: { from: Date.parse('2049-01-01T00:00:00Z'), to: Date.parse('2049-02-01T00:00:00Z'), issuer: authority },
    said: (who) => new RegExp(`${who}'s certificate is not valid before 2049-01-01T00:00:00Z; ${CLOCK.source}$`),
    advice: /Set this host's clock if it is wrong/
  },
  'is for another name': {
    about: { host: 'other.example', issuer: authority },
    said: (who) => new RegExp(`${who}'s certificate is for other\\.example, not localhost$`),
    advice: /Check the URL/
  },
  'is of an unknown authority': {
    about: { issuer: createCertificate({ host: 'Inspecting Proxy', isAuthority: true }) },
    said: (who, option) =>
      new RegExp(
        `${who}'s certificate is signed by an authority \\('Inspecting Proxy .*'\\) that is not in ${option} ` +
          `\\(a proxy that inspects traffic\\?\\): set NODE_EXTRA_CA_CERTS or ${option}$`
      ),
    advice: /NODE_EXTRA_CA_CERTS/
  },
  'is signed by itself': {
    about: {},
    said: (who, option) =>
      new RegExp(`${who}'s certificate is signed by itself .*: set NODE_EXTRA_CA_CERTS or ${option}$`),
    advice: /NODE_EXTRA_CA_CERTS/
  }
}

describe('A server whose certificate', () => {
  const { create } = useEndpoints()
  let server

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  async function listen(tls) {
    server = https.createServer(tls, (_request, response) => response.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `https://localhost:${server.address().port}/`
  }

  for (const [name, { about, said, advice }] of Object.entries(FAULTS)) {
    describe(name, () => {
      const ca = authority.cert

      it('is told of by online(), one event and the net report', async () => {
        const url = await listen(createCertificate(about))
        const relays = [{ url, stunPort: 0, quicPort: 0 }]
        const endpoint = await create({ relays, relayCa: ca })
        const events = []
        endpoint.on('network', (event) => events.push(event))
        endpoint.online().catch(() => {}) // begins
        const failures = () => events.filter(({ type }) => type === 'relay-failed')
        await until(() => failures().length > 0)
        const [{ relayUrl, error }] = failures()
        assert.deepEqual([relayUrl, error.code], [url, 'ERR_IROH_HANDSHAKE'])
        assert.match(error.message, said('the relay', 'relayCa'))
        endpoint.rebind() // measures again
        const report = await endpoint.netReport()
        assert.match(report.relays[0].error, said('the relay', 'relayCa'))
        assert.match(report.advice[0], advice)
        assert.ok(report.advice[0].includes(report.relays[0].error))
        await assert.rejects(endpoint.online({ timeoutMs: 20 }), ({ code, message }) => {
          assert.equal(code, 'ERR_IROH_TIMEOUT')
          assert.match(message, said(`${url}: the relay`, 'relayCa'))
          return true
        })
        assert.equal(failures().length, 1)
      })

      it('is told of by a look-up', async () => {
        const url = await listen(createCertificate(about))
        const discovery = pkarrDiscovery({ relay: `${url}pkarr`, ca })
        const stop = new AbortController()
        const asked = discovery.resolve(SecretKey.generate().nodeId(), { signal: stop.signal })
        await assert.rejects(asked, ({ code, message }) => {
          assert.equal(code, 'ERR_IROH_DISCOVERY')
          assert.match(message, said(`${url}pkarr: the server`, 'ca'))
          return true
        })
      })
    })
  }

  it('has an authority that has expired says whose it is', async () => {
    const old = createCertificate({
      host: 'Old Authority',
      isAuthority: true,
      from: Date.now() - 10 * DAY_MS,
      to: Date.now() - 5 * DAY_MS
    })
    const leaf = createCertificate({ issuer: old })
    const url = await listen({ key: leaf.key, cert: leaf.cert + old.cert })
    const { relays } = await new NetReport({
      relays: [{ url, stunPort: 0, quicPort: 0 }],
      ca: old.cert,
      caOption: '--ca'
    }).result
    assert.match(relays[0].error, /the certificate of the authority 'Old Authority .*' above the relay's expired on/)
  })

  it('does not come, for no TLS is spoken there', async () => {
    server = require('node:http').createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `https://localhost:${server.address().port}/`
    const { relays } = await new NetReport({ relays: [{ url, stunPort: 0, quicPort: 0 }] }).result
    assert.match(relays[0].error, /what answers in the relay's place does not speak TLS/)
  })

  it('cannot be checked, as the given ones are none, is an error and no crash', async () => {
    const url = await listen(createCertificate())
    const { relays } = await new NetReport({ relays: [{ url, stunPort: 0, quicPort: 0 }], ca: 7 }).result
    assert.match(relays[0].error, /ca cannot be used|relayCa cannot be used/)
  })
})
