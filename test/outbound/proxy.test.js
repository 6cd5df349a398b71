// SPDX-License-Identifier: MIT
// Relays, pkarr and the net report by way of an HTTP proxy.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { SecretKey, pkarrDiscovery } = require('event-target-iroh')
const { createCertificate } = require('../../bench/certificate.js')
const { readProxyOption } = require('../../lib/outbound/proxies')
const { RelayClient } = require('../../lib/relay/client')
const { useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')
const { useProxies } = require('../helpers/http-proxy.js')
const { useRelays } = require('../helpers/raw-relay-client.js')

const secretKey = SecretKey.generate()
const PASSWORD = 's3cret:%/word'
const USER_INFO = `user:${encodeURIComponent(PASSWORD)}`

describe('The proxy option', () => {
  const proxyOf = (environment, url) => readProxyOption(undefined, environment).for(new URL(url))?.name ?? null

  it('is read from the environment, by scheme, in lower case first', () => {
    const both = { HTTPS_PROXY: 'http://a:1', https_proxy: 'b:2', HTTP_PROXY: ' https://u:p@c:3/ ', http_proxy: '' }
    assert.equal(proxyOf(both, 'https://x.example'), 'http://b:2')
    assert.equal(proxyOf(both, 'wss://x.example'), 'http://b:2')
    assert.equal(proxyOf(both, 'ws://x.example'), 'https://c:3')
    assert.equal(proxyOf({ HTTPS_PROXY: 'http://[::1]:8' }, 'https://x.example'), 'http://[::1]:8')
    assert.equal(proxyOf({ HTTPS_PROXY: 'http://a:1' }, 'http://x.example'), null)
    assert.equal(proxyOf({}, 'https://x.example'), null)
  })

  const NO_PROXY = [
    ['*', 'https://x.example', true],
    ['', 'https://x.example', false],
    ['x.example', 'https://x.example', true],
    ['X.Example.', 'https://x.example./', true],
    ['x.example', 'https://a.x.example', true],
    ['.x.example', 'https://x.example', true],
    ['*.x.example', 'https://a.x.example', true],
    ['x.example', 'https://ax.example', false],
    ['*x.example', 'https://ax.example', true],
    ['a.example, x.example', 'https://x.example', true],
    ['a.example x.example', 'https://x.example', true],
    ['x.example:443', 'https://x.example', true],
    ['x.example:80', 'https://x.example', false],
    ['x.example:8443', 'wss://x.example:8443', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/33', 'https://10.1.2.3', false],
    ['10.0.0.0/', 'https://10.1.2.3', false],
    ['192.0.2.7', 'https://192.0.2.7:8', true],
    ['192.0.2.7:8', 'https://192.0.2.7:8', true],
    ['192.0.2.7:9', 'https://192.0.2.7:8', false],
    ['2001:db8::/32', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]', true],
    ['::1', 'https://[::1]:5', true],
    ['localhost', 'https://localhost:5', true],
    ['.', 'https://x.example', false]
  ]

  for (const [text, url, isExcepted] of NO_PROXY) {
    it(`${isExcepted ? 'leaves' : 'does not leave'} ${url} out by NO_PROXY='${text}'`, () => {
      for (const name of ['NO_PROXY', 'no_proxy']) {
        assert.equal(proxyOf({ HTTPS_PROXY: 'http://a:1', [name]: text }, url), isExcepted ? null : 'http://a:1')
      }
    })
  }

  it('counts alone when it is given', () => {
    const environment = { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*' }
    assert.equal(readProxyOption(false, environment).for(new URL('https://x.example')), null)
    assert.equal(readProxyOption('http://u:p@b', environment).for(new URL('ws://x.example')).name, 'http://b')
  })

  it('refuses what is no URL of an HTTP proxy, without its password', () => {
    for (const proxy of ['socks5://u:geheim@a', 'a:1', '', 'http://', 7, null, true]) {
      assert.throws(
        () => readProxyOption(proxy),
        (error) => error.code === 'ERR_IROH_INVALID_ARGUMENT' && !error.message.includes('geheim')
      )
    }
    const proxies = readProxyOption(undefined, { HTTPS_PROXY: 'socks5://u:geheim@a' })
    assert.throws(
      () => proxies.for(new URL('https://x.example')),
      (error) =>
        error.code === 'ERR_IROH_PROXY' && /HTTPS_PROXY/.test(error.message) && !error.message.includes('geheim')
    )
  })
})

describe('Through a proxy', () => {
  const { create } = useEndpoints()
  const { listen } = useFakeRelays()
  const relays = useRelays()
  const openProxy = useProxies()
  const clients = []

  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())))

  function connect(options) {
    const client = new RelayClient({ secretKey, ...options })
    clients.push(client)
    client.connect()
    return client
  }

  const tls = createCertificate({ host: 'relay.invalid' })

  it('a relay is met whose name the proxy alone can look up', async () => {
    const relay = await listen({ tls })
    const proxy = await openProxy()
    Object.assign(proxy, { target: relay.port, credentials: `user:${PASSWORD}` })
    const proxies = readProxyOption(proxy.urlWith(USER_INFO))
    const client = connect({ url: 'https://relay.invalid/', ca: tls.cert, proxies })
    await once(client, 'up')
    const [{ method, url }] = proxy.asked
    assert.deepEqual([method, url], ['CONNECT', 'relay.invalid:443'])
    assert.equal(client.remote, null)
  })

  it('and without TLS, and through a proxy with TLS', async () => {
    const own = createCertificate()
    for (const [ofProxy, ofRelay] of [
      [undefined, undefined],
      [own, undefined],
      [own, tls]
    ]) {
      const relay = await listen({ tls: ofRelay })
      const proxy = await openProxy(ofProxy)
      proxy.target = relay.port
      const url = `${ofRelay ? 'https' : 'http'}://relay.invalid:81/`
      const ca = [own.cert, tls.cert]
      await once(connect({ url, ca, proxies: readProxyOption(proxy.name) }), 'up')
      assert.equal(proxy.asked[0].url, 'relay.invalid:81')
    }
  })

  it('the certificate is still that of the relay', async () => {
    const relay = await listen({ tls: createCertificate({ host: 'other.example' }) })
    const proxy = await openProxy()
    proxy.target = relay.port
    const [error] = await once(connect({ url: 'https://relay.invalid', proxies: readProxyOption(proxy.name) }), 'down')
    assert.equal(error.code, 'ERR_IROH_HANDSHAKE')
    assert.equal(relay.sessions.length, 0)
  })

  describe('that does not let it through, the error names the proxy and not its password', () => {
    const REFUSALS = {
      '407 Proxy Authentication Required \\(it does not take this user and password\\)': { credentials: 'user:other' },
      '403 Forbidden': { onConnect: (socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n') },
      'closed the connection': { onConnect: (socket) => socket.destroy() },
      'did not answer': { onConnect: () => {} },
      'Parse Error': { onConnect: (socket) => socket.end('nonsense\r\n\r\n') }
    }

    for (const [words, behaviour] of Object.entries(REFUSALS)) {
      it(words.replace(/\\/g, ''), async () => {
        const proxy = Object.assign(await openProxy(), behaviour)
        const endpoint = await create({
          relays: [{ url: 'https://relay.invalid', stunPort: 0 }],
          proxy: proxy.urlWith(USER_INFO)
        })
        const failed = new Promise((resolve) =>
          endpoint.on('network', (event) => event.type === 'relay-failed' && resolve(event))
        )
        endpoint.online().catch(() => {}) // begins
        const { error, relayUrl } = await failed
        assert.equal(relayUrl, 'https://relay.invalid/')
        assert.match(error.code, words === 'did not answer' ? /TIMEOUT/ : /PROXY/)
        assert.match(error.message, new RegExp(words))
        assert.ok(!error.message.includes('s3cret'))
        await assert.rejects(endpoint.online({ timeoutMs: 20 }), ({ code, message }) => {
          assert.equal(code, 'ERR_IROH_TIMEOUT')
          assert.match(message, new RegExp(`the proxy ${proxy.name} .*${words}`))
          assert.ok(!message.includes('s3cret'))
          return true
        })
      })
    }

    it('nothing listens there', async () => {
      const proxy = await openProxy()
      await proxy.close().catch(() => {})
      const [error] = await once(
        connect({ url: 'https://relay.invalid', proxies: readProxyOption(proxy.name) }),
        'down'
      )
      assert.equal(error.code, 'ERR_IROH_PROXY')
      assert.match(error.message, new RegExp(`the proxy ${proxy.name} cannot be reached: .*ECONNREFUSED`))
      proxy.close = () => {}
    })

    it('its name is not known', async () => {
      const [error] = await once(
        connect({ url: 'https://relay.example', proxies: readProxyOption('http://p.invalid:1') }),
        'down'
      )
      assert.equal(error.code, 'ERR_IROH_PROXY')
      assert.match(error.message, /the proxy http:\/\/p\.invalid:1 cannot be reached: the name p\.invalid is not known/)
    })
  })

  it('an endpoint is online, publishes and finds, and its net report names the proxy', async () => {
    const relay = await relays.listen({ stunPort: false, quicPort: false })
    const proxy = await openProxy()
    proxy.target = relay.ports.http ?? Number(new URL(relay.url).port)
    const url = 'http://relay.invalid:3340/'
    const options = { relays: [{ url, stunPort: 0, quicPort: 0 }], proxy: proxy.urlWith(USER_INFO) }
    const publishing = pkarrDiscovery({ relay: `${url}pkarr` })
    const hub = await create({ ...options, alpns: ['x/1'], discovery: [publishing] })
    await hub.online()
    await until(() => relay.metrics().packets === 1)
    const client = await create({ ...options, discovery: [pkarrDiscovery({ relay: `${url}pkarr` })] })
    const connection = await client.connect(hub.nodeId(), 'x/1')
    assert.equal(connection.remoteNodeId(), hub.nodeId())
    const report = await client.netReport()
    assert.deepEqual(report.proxies, [proxy.name])
    assert.equal(report.preferredRelay, url)
    assert.equal(report.captivePortal, false)
    assert.ok(!JSON.stringify(report).includes('s3cret'))
    const kinds = new Set(proxy.asked.map(({ method }) => method))
    assert.deepEqual([...kinds].sort(), ['CONNECT', 'GET', 'PUT'])
    assert.ok(proxy.asked.every(({ authorization }) => authorization?.startsWith('Basic ')))
  })

  it('nothing goes when the endpoint says so', async () => {
    const proxy = await openProxy()
    process.env.HTTP_PROXY = proxy.name
    try {
      const relay = await relays.listen({ stunPort: false, quicPort: false })
      const direct = await create({ relays: [{ url: relay.url, stunPort: 0 }], proxy: false })
      await direct.online()
      assert.equal(proxy.asked.length, 0)
      proxy.target = Number(new URL(relay.url).port)
      const proxied = await create({ relays: [{ url: relay.url, stunPort: 0 }] })
      await proxied.online()
      assert.ok(proxy.asked.length > 0)
    } finally {
      delete process.env.HTTP_PROXY
    }
  })

  it('a net report says what to do when the proxy refuses, and takes it for no captive portal', async () => {
    const proxy = await openProxy()
    proxy.credentials = 'user:other'
    const endpoint = await create({
      relays: [{ url: 'http://relay.invalid', stunPort: 0, quicPort: 0 }],
      proxy: proxy.name
    })
    const { advice, captivePortal, relays: told } = await endpoint.netReport()
    assert.match(told[0].error, /^the proxy .* refused: 407 .*asks for a user and a password/)
    assert.equal(captivePortal, null)
    assert.match(advice[0], /No relay answered.*refused: 407.*Check the proxy/)
  })
})
