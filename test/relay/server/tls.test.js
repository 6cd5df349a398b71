// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { X509Certificate } = require('node:crypto')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const tls = require('node:tls')
const { createCertificate } = require('../../../bench/certificate.js')
const { until } = require('../../helpers/events')
const { useRelays } = require('../../helpers/raw-relay-client')

describe('a relay with TLS', () => {
  const { listen, connect } = useRelays()
  let directory
  let files
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-relay-'))
    files = { certFile: path.join(directory, 'cert.pem'), keyFile: path.join(directory, 'key.pem') }
  })
  afterEach(() => fs.rmSync(directory, { recursive: true }))

  /** Puts a fresh certificate into the files; gives it as PEM. */
  function renew() {
    const { cert, key } = createCertificate()
    fs.writeFileSync(files.keyFile, key)
    fs.writeFileSync(files.certFile, cert)
    return cert
  }

  /** Whether the relay shows this certificate to a new connection. */
  async function shows({ ports }, cert) {
    const socket = tls.connect({ port: ports.relay, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { raw } = socket.getPeerCertificate()
    socket.destroy()
    return raw.equals(new X509Certificate(cert).raw)
  }

  it('serves clients there, and on the plain port only what finds captive portals', async () => {
    const trust = { ca: renew(), servername: 'localhost' }
    const relay = await listen({ tls: { ...files, httpPort: 0 } })
    assert.match(relay.url, /^https:\/\/127\.0\.0\.1:/)
    const [one, two] = [await connect(relay, trust), await connect(relay, trust)]
    one.sendTo(two, 'x'.repeat(60000))
    assert.equal((await two.receive()).text.length, 60000)
    assert.equal(relay.metrics().sockets, 2)

    const plain = `http://127.0.0.1:${relay.ports.http}`
    const probe = await fetch(`${plain}/generate_204`, { headers: { 'X-Iroh-Challenge': 'c' } })
    assert.deepEqual([probe.status, probe.headers.get('x-iroh-response')], [204, 'response c'])
    for (const page of ['/ping', '/healthz', '/relay', '/']) assert.equal((await fetch(plain + page)).status, 404)
    await assert.rejects(connect(plain), /refused|hang up/)
  })

  it('drops who does not authenticate in time', async () => {
    renew()
    const relay = await listen({ tls: { ...files, httpPort: false }, limits: { handshakeTimeoutMs: 40 } })
    const socket = tls.connect({ port: relay.ports.relay, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    await once(socket, 'close')
    assert.equal(relay.metrics().connectionsTimedOut, 1)
    await until(() => relay.metrics().sockets === 0)
  })

  it('reads the files anew when they change', async () => {
    const first = renew()
    const relay = await listen({ tls: { ...files, httpPort: false } })
    assert.ok(await shows(relay, first))
    const client = await connect(relay, { rejectUnauthorized: false })
    const second = renew()
    await until(() => relay.metrics().tlsReloads === 1)
    assert.ok(await shows(relay, second))
    await client.settle()
  })

  it('finds that a link in their path leads elsewhere, and tells', async () => {
    const [first, second] = [createCertificate(), createCertificate()]
    for (const [name, { cert, key }] of Object.entries({ first, second })) {
      fs.mkdirSync(path.join(directory, name))
      fs.writeFileSync(path.join(directory, name, 'cert.pem'), cert)
      fs.writeFileSync(path.join(directory, name, 'key.pem'), key)
    }
    const current = path.join(directory, 'current')
    fs.symlinkSync('first', current)
    const told = []
    const relay = await listen({
      tls: { certFile: path.join(current, 'cert.pem'), keyFile: path.join(current, 'key.pem'), httpPort: false },
      onReload: (about) => told.push(about)
    })
    assert.ok(await shows(relay, first.cert))
    fs.symlinkSync('second', path.join(directory, 'next'))
    fs.renameSync(path.join(directory, 'next'), current)
    await until(() => told.some(({ error }) => error === null))
    assert.equal(told.at(-1).what, 'tls')
    assert.ok(await shows(relay, second.cert))
  })

  it('reads them when told to', async () => {
    renew()
    const relay = await listen({ tls: { ...files, httpPort: false } })
    const second = renew()
    relay.reloadTls()
    assert.ok(await shows(relay, second))
  })

  it('keeps the old certificate when the new one is bad', async () => {
    const first = renew()
    const relay = await listen({ tls: { ...files, httpPort: false } })
    fs.writeFileSync(files.certFile, 'nothing')
    assert.throws(() => relay.reloadTls(), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    await until(() => relay.metrics().tlsReloadsFailed === 2) // told to, and by itself
    assert.ok(await shows(relay, first))
  })
})
