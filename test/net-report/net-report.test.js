// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const http = require('node:http')
const { createCertificate } = require('../../bench/certificate.js')
const { NetReport } = require('../../lib/net-report')
const { useEndpoints } = require('../helpers/endpoints.js')
const { OUTSIDE, useFakeStun } = require('../helpers/fake-stun.js')
const { until } = require('../helpers/events.js')
const { useRelays } = require('../helpers/raw-relay-client.js')

const dead = { url: 'http://127.0.0.1:9', stunPort: 0, quicPort: 0 }

/** A relay of ours as the option has it. */
const optionOf = ({ url, ports }) => ({ url, stunPort: ports.stun ?? 0, quicPort: ports.quic ?? 0 })

describe('#netReport', () => {
  const { create } = useEndpoints()
  const { listen } = useRelays()
  const openStun = useFakeStun()

  const report = (relays, options) => new NetReport({ relays }, options).result
  const listenTwice = () => Promise.all(['127.0.0.1', '127.0.0.2'].map((host) => listen({ host, stunPort: 0 })))
  const outcomes = ({ tried }, what) => tried.filter((each) => each.what === what).map(({ outcome }) => outcome)

  it('finds no NAT where there is none', async () => {
    const relays = await listenTwice()
    const endpoint = await create({ relays: relays.map(optionOf) })
    const found = await endpoint.netReport()
    const { udpV4, udpV6, publicAddresses, behindNat, mapping, portStep, filtering, hairpin, captivePortal } = found
    assert.deepEqual([udpV4, udpV6, publicAddresses, behindNat], [true, null, ['127.0.0.1'], false])
    assert.deepEqual([mapping, filtering], ['endpoint-independent', 'endpoint-independent'])
    assert.deepEqual([portStep, hairpin, captivePortal, found.advice], [null, null, false, []])
    assert.deepEqual(
      found.relays.map(({ url, error }) => [url, error]),
      relays.map(({ url }) => [url, null])
    )
    assert.ok(found.relays.every(({ latencyMs, stunRttMs }) => latencyMs > 0 && stunRttMs > 0))
    const [nearest] = [...found.relays].sort((a, b) => a.latencyMs - b.latencyMs)
    assert.equal(found.preferredRelay, nearest.url)
    assert.deepEqual(JSON.parse(JSON.stringify(found)), found)
  })

  it('works over IPv6 and TLS, and asks QUIC where there is no STUN', async () => {
    const tls = createCertificate()
    const relay = await listen({ host: '::1', hostname: 'localhost', quicPort: 0, tls: { ...tls, httpPort: false } })
    const relays = [{ ...optionOf(relay), url: relay.url.replace('localhost', '[::1]') }]
    const found = await new NetReport({ relays, ca: tls.cert }).result
    assert.deepEqual([found.udpV4, found.udpV6, found.publicAddresses, found.mapping], [null, true, [], 'unknown'])
    assert.ok(found.relays[0].quicRttMs > 0)
    assert.deepEqual(outcomes(found, 'quic'), ['ok'])
    assert.ok(found.advice.some((words) => /answers? STUN/.test(words)))
  })

  describe('tells the mapping', () => {
    const at = (port) => ({ address: OUTSIDE, port })

    it('that is one for all', async () => {
      const servers = [await openStun('127.0.0.1'), await openStun('127.0.0.2', { knowsDiscovery: false })]
      const found = await report(servers.map(({ relay }) => relay))
      assert.deepEqual([found.mapping, found.portStep, found.behindNat], ['endpoint-independent', null, true])
      assert.deepEqual(found.publicAddresses, [OUTSIDE])
    })

    it('that is another for each address', async () => {
      const servers = [
        await openStun('127.0.0.1', { mapped: () => at(41000) }),
        await openStun('127.0.0.2', { mapped: () => at(51000) })
      ]
      const found = await report(servers.map(({ relay }) => relay))
      assert.deepEqual([found.mapping, found.portStep], ['address-dependent', 'random'])
      assert.ok(found.advice.some((words) => words.includes('symmetric')))
    })

    it('that is another for each port, in steps', async () => {
      const ports = {
        '127.0.0.1 first': 41000,
        '127.0.0.2 first': 41002,
        '127.0.0.1 second': 41004,
        '127.0.0.2 second': 41008
      }
      const open = (address) => openStun(address, { mapped: (_from, name) => at(ports[`${address} ${name}`]) })
      const servers = [await open('127.0.0.1'), await open('127.0.0.2')]
      const found = await report(servers.map(({ relay }) => relay))
      assert.deepEqual([found.mapping, found.portStep], ['address-and-port-dependent', 2])
    })

    it('of one relay alone as far as it can', async () => {
      const same = await report([(await openStun('127.0.0.1')).relay])
      assert.deepEqual([same.mapping, same.filtering], ['unknown', 'unknown'])
      assert.ok(same.advice.some((words) => words.includes('two relays')))
      const mapped = (_from, name) => at(name === 'first' ? 41000 : 51000)
      const other = await report([(await openStun('127.0.0.1', { mapped })).relay])
      assert.equal(other.mapping, 'address-and-port-dependent')
    })
  })

  describe('tells the filtering', () => {
    /** Two servers; what a NAT would not let in is not answered. `filters`: 'other port', 'other address'. */
    async function behind(...filters) {
      const isOwn = (request, from) => request.attributes.get(0x27).readUInt16BE(0) === from.port
      const answers = (kind, request, from) => {
        if (kind === 'from second port') return !filters.includes('other port')
        if (kind === 'to port') return isOwn(request, from) || !filters.includes('other address')
        return true
      }
      const servers = [await openStun('127.0.0.1', { answers }), await openStun('127.0.0.2', { answers })]
      return report(servers.map(({ relay }) => relay))
    }

    it('that lets anyone in', async () => {
      assert.equal((await behind()).filtering, 'endpoint-independent')
    })

    it('by address', async () => {
      assert.equal((await behind('other address')).filtering, 'address-dependent')
    })

    it('by address and port', async () => {
      assert.equal((await behind('other address', 'other port')).filtering, 'address-and-port-dependent')
    })

    it('not at all with servers that know no RFC 5780, and says so', async () => {
      const servers = [await openStun('127.0.0.1'), await openStun('127.0.0.2')]
      for (const server of servers) server.knowsDiscovery = false
      const found = await report(servers.map(({ relay }) => relay))
      assert.deepEqual([found.mapping, found.filtering], ['endpoint-independent', 'unknown'])
      const { outcome, detail } = found.tried.find(({ what }) => what === 'filtering: other port')
      assert.deepEqual([outcome, /RFC 5780/.test(detail)], ['skipped', true])
      assert.deepEqual(outcomes(found, 'filtering: RESPONSE-PORT'), ['error'])
    })
  })

  describe('tells hairpinning', () => {
    it('that is there', async () => {
      const found = await report([(await openStun('127.0.0.1')).relay])
      assert.deepEqual([found.behindNat, found.hairpin], [true, true])
    })

    it('that is not', async () => {
      const found = await report([
        (await openStun('127.0.0.1', { mapped: () => ({ address: OUTSIDE, port: 9 }) })).relay
      ])
      assert.deepEqual([found.behindNat, found.hairpin], [true, false])
    })
  })

  describe('says what does not work', () => {
    it('when UDP gets no answer', async () => {
      const silent = await openStun('127.0.0.1', { answers: () => false })
      const relay = await listen()
      const found = await report([{ url: relay.url, stunPort: silent.port, quicPort: silent.port }], {
        timeoutMs: 1500
      })
      assert.deepEqual(
        [found.udpV4, found.mapping, found.filtering, found.hairpin],
        [false, 'unknown', 'unknown', null]
      )
      assert.deepEqual([found.preferredRelay, found.relays[0].stunRttMs], [relay.url, null])
      assert.deepEqual([outcomes(found, 'stun'), outcomes(found, 'quic')], [['no-answer'], ['no-answer']])
      assert.equal(silent.asked.length, 2, 'a question is repeated')
      assert.ok(found.advice.some((words) => words.startsWith('No relay answered over UDP')))
    })

    it('when a relay does not answer', async () => {
      const relay = await listen()
      const found = await report([dead, { ...optionOf(relay) }])
      assert.equal(found.preferredRelay, relay.url)
      assert.match(found.relays[0].error, /ECONNREFUSED/)
      assert.ok(found.advice.some((words) => words.includes('http://127.0.0.1:9/')))
    })

    it('when nothing answers', async () => {
      const found = await report([dead])
      assert.deepEqual([found.udpV4, found.udpV6, found.preferredRelay, found.captivePortal], [null, null, null, null])
      assert.match(found.advice.join(), /No relay answered/)
    })

    it('when there is no relay', async () => {
      const found = await (await create()).netReport()
      assert.deepEqual([found.udpV4, found.relays, found.tried], [null, [], []])
      assert.match(found.advice.join(), /No relay was given/)
    })

    it('when something else answers in place of the relay', async () => {
      const portal = http.createServer((_request, response) => response.writeHead(302, { Location: '/login' }).end())
      portal.listen(0, '127.0.0.1')
      await once(portal, 'listening')
      const url = `http://127.0.0.1:${portal.address().port}`
      try {
        const found = await report([{ ...dead, url }])
        assert.deepEqual([found.captivePortal, found.preferredRelay], [true, null])
        assert.match(found.advice[0], /captive portal/)
        assert.equal((await report([{ ...dead, url }, optionOf(await listen())])).captivePortal, false)
      } finally {
        portal.close()
      }
    })
  })

  it('ends in time with what there is', async () => {
    const hanging = http.createServer(() => {}).listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const stun = await openStun('127.0.0.1')
    try {
      const relay = { ...stun.relay, url: `http://127.0.0.1:${hanging.address().port}` }
      const found = await report([relay], { timeoutMs: 1500 })
      assert.deepEqual([found.udpV4, found.captivePortal, found.preferredRelay], [true, null, null])
      assert.match(found.relays[0].error, /in time/)
      assert.ok(found.tookMs >= 1490 && found.tookMs < 2500, `${found.tookMs} ms`)
    } finally {
      hanging.closeAllConnections()
      hanging.close()
    }
  })

  it('takes no answer to another question', async () => {
    const transactionOf = (transaction) => Buffer.from(transaction).fill(0, 0, 1)
    const lying = await openStun('127.0.0.1', { transactionOf })
    assert.equal((await report([lying.relay], { timeoutMs: 400 })).udpV4, false)
  })

  describe('rejects', () => {
    it('what it does not know', async () => {
      const endpoint = await create()
      for (const options of [1, { timeout: 1 }, { timeoutMs: 99 }, { timeoutMs: 60001 }, { signal: 1 }]) {
        await assert.rejects(endpoint.netReport(options), { code: 'ERR_IROH_INVALID_ARGUMENT' })
      }
      assert.throws(() => new NetReport({ relays: [{ ...dead, quicPort: 70000 }] }), {
        code: 'ERR_IROH_INVALID_ARGUMENT'
      })
      const many = Array.from({ length: 65 }, (_, n) => `http://127.0.0.1:${n + 1}`)
      assert.throws(() => new NetReport({ relays: many }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    })

    it('when it is aborted, before and meanwhile', async () => {
      const silent = await openStun('127.0.0.1', { answers: () => false })
      const endpoint = await create({ relays: [silent.relay] })
      await assert.rejects(endpoint.netReport({ signal: AbortSignal.abort('why') }), {
        code: 'ERR_IROH_ABORTED',
        cause: 'why'
      })
      const abort = new AbortController()
      const aborted = endpoint.netReport({ signal: abort.signal, timeoutMs: 60000 })
      aborted.catch(() => {})
      await until(() => silent.asked.length > 0)
      abort.abort()
      await assert.rejects(aborted, { code: 'ERR_IROH_ABORTED' })
    })

    it('when the endpoint is closed, before and meanwhile', async () => {
      const silent = await openStun('127.0.0.1', { answers: () => false })
      const endpoint = await create({ relays: [silent.relay] })
      const cut = endpoint.netReport({ timeoutMs: 60000 })
      cut.catch(() => {})
      await endpoint.close()
      await assert.rejects(cut, { code: 'ERR_IROH_CLOSED' })
      await assert.rejects(endpoint.netReport(), { code: 'ERR_IROH_CLOSED' })
    })
  })
})
