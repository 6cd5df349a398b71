// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const net = require('node:net')
const { useRelays } = require('../../helpers/raw-relay-client')

const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Protocol': 'iroh-relay-v2, iroh-relay-v1'
}

/** One upgrade request; resolves with the response. */
async function tryUpgrade(url, path, headers) {
  const request = http.request(new URL(path, url), { headers: { ...upgrade, ...headers } })
  request.end()
  const [response] = await Promise.race([once(request, 'response'), once(request, 'upgrade')])
  response.resume()
  response.socket.destroy()
  return response
}

describe("a relay's HTTP", () => {
  const { listen, dial } = useRelays()

  it('answers the pages of a relay', async () => {
    const { url } = await listen()
    const ping = await fetch(new URL('/ping?x=1', url))
    assert.equal(ping.status, 200)
    assert.equal(ping.headers.get('access-control-allow-origin'), '*')
    assert.equal(await ping.text(), '')
    assert.equal((await (await fetch(new URL('/healthz', url))).json()).status, 'ok')
    assert.equal((await fetch(url)).status, 200)
    assert.equal((await fetch(new URL('/derp', url))).status, 404)
    assert.equal((await fetch(new URL('/ping', url), { method: 'POST' })).status, 405)
    assert.equal((await fetch(new URL('/relay', url))).status, 426)
  })

  it('answers the challenge of a captive portal probe', async () => {
    const { url } = await listen()
    const probe = (challenge) => fetch(new URL('/generate_204', url), { headers: { 'X-Iroh-Challenge': challenge } })
    const answered = await probe('relay.example_-1')
    assert.equal(answered.status, 204)
    assert.equal(answered.headers.get('x-iroh-response'), 'response relay.example_-1')
    for (const bad of ['', 'a b', 'a/b', 'x'.repeat(64)]) {
      const response = await probe(bad)
      assert.equal(response.status, 204)
      assert.equal(response.headers.get('x-iroh-response'), null)
    }
  })

  it('chooses the newest sub-protocol, and takes version 1', async () => {
    const relay = await listen()
    assert.equal((await dial(relay)).ws.protocol, 'iroh-relay-v2')
    assert.equal((await dial(relay, { subprotocols: ['iroh-relay-v1'] })).ws.protocol, 'iroh-relay-v1')
    assert.equal(
      (await dial(relay, { subprotocols: ['x', 'iroh-relay-v1', 'iroh-relay-v2'] })).ws.protocol,
      'iroh-relay-v2'
    )
  })

  it('never agrees to extensions', async () => {
    const client = await dial(await listen(), { perMessageDeflate: true })
    assert.equal(client.ws.extensions, '')
  })

  it('rejects invalid upgrades', async () => {
    const relay = await listen()
    const refused = [
      ['/relay', { 'Sec-WebSocket-Protocol': 'iroh-relay-v3' }, 400],
      ['/relay', { 'Sec-WebSocket-Protocol': '' }, 400],
      ['/relay', { 'Sec-WebSocket-Key': 'short' }, 400],
      ['/relay', { Upgrade: 'h2c' }, 400],
      ['/relay', { 'x-iroh-relay-client-auth-v1': 'AAAA' }, 400],
      ['/relay/', {}, 404],
      ['/ping', {}, 404]
    ]
    for (const [path, headers, status] of refused) {
      assert.equal((await tryUpgrade(relay.url, path, headers)).statusCode, status, JSON.stringify([path, headers]))
    }
    const oldVersion = await tryUpgrade(relay.url, '/relay', { 'Sec-WebSocket-Version': '8' })
    assert.equal(oldVersion.statusCode, 400)
    assert.equal(oldVersion.headers['sec-websocket-version'], '13')
    assert.equal((await tryUpgrade(relay.url, '/relay?token=x', {})).statusCode, 101)
  })

  it('refuses a client that talks before it is answered', async () => {
    const relay = await listen()
    const socket = net.connect(relay.ports.relay, '127.0.0.1')
    const lines = Object.entries({ Host: 'relay', ...upgrade }).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET /relay HTTP/1.1\r\n${lines.join('')}\r\nearly`)
    const [answer] = await once(socket, 'data')
    assert.match(answer.toString(), /^HTTP\/1\.1 400 /)
    await once(socket, 'close')
  })

  it('tells its metrics to Prometheus', async () => {
    const relay = await listen({ metricsPort: 0 })
    await dial(relay)
    const response = await fetch(`http://127.0.0.1:${relay.ports.metrics}/metrics`)
    assert.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    assert.match(text, /^# TYPE event_target_iroh_relay_sockets gauge$/m)
    assert.match(text, /^event_target_iroh_relay_clients_accepted_total 0$/m)
    assert.equal(text.match(/^event_target/gm).length, Object.keys(relay.metrics()).length)
  })
})
