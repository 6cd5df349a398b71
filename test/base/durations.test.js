// SPDX-License-Identifier: MIT
// Node's timers fire at once when they are to wait for 2^31 ms or more: no option takes that.
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const {
  createGossipEventTarget,
  createHub,
  createSpoke,
  dnsDiscovery,
  Gossip,
  localDiscovery,
  pkarrDiscovery,
  pubsubEventTarget,
  SecretKey,
  TopicId
} = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, local, useEndpoints } = require('../helpers/endpoints.js')
const { usePrograms } = require('../helpers/program.js')

const LONGEST = 2 ** 31 - 1
const TOO_LONG = [2 ** 31, 3_000_000_000, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]

describe('Durations of 2^31 ms and more', () => {
  const { create } = useEndpoints()
  const { start } = usePrograms()
  const peer = { nodeId: SecretKey.generate().nodeId(), directAddresses: ['127.0.0.1:9'] }

  /** An endpoint of the test's, given to `use`. */
  const using = (use) => async (value) => use(await create(), value)
  const gossiping = (use) => async (value) => use(await Gossip.spawn(await create()), value)
  const endpointOption = (name) => (value) => create({ [name]: value })
  const gossipOption = (name) => using((endpoint, value) => Gossip.spawn(endpoint, { [name]: value }))
  const relayLimit = (name) => (value) => RelayServer.listen({ host: '127.0.0.1', port: 0, limits: { [name]: value } })
  const spokeOption = (options) => (value) => createSpoke({ hub: peer, endpointOptions: local, ...options(value) })
  const hubOption = (options) => (value) => createHub({ endpointOptions: local, ...options(value) })
  const named = (names, option) => Object.fromEntries(names.map((name) => [name, option(name)]))

  const options = {
    ...named(['keepAliveMs', 'idleTimeoutMs', 'handshakeTimeoutMs'], endpointOption),
    'timeoutMs of connect()': using((endpoint, timeoutMs) => endpoint.connect(peer, alpn, { timeoutMs })),
    'timeoutMs of online()': async (timeoutMs) => {
      const relays = [{ url: 'http://127.0.0.1:9', stunPort: 0, quicPort: 0 }]
      return (await create({ relays })).online({ timeoutMs })
    },
    'timeoutMs of netReport()': using((endpoint, timeoutMs) => endpoint.netReport({ timeoutMs })),
    'timeoutMs of createSpoke()': spokeOption((timeoutMs) => ({ timeoutMs })),
    minDelayMs: spokeOption((minDelayMs) => ({ reconnect: { minDelayMs } })),
    maxDelayMs: spokeOption((maxDelayMs) => ({ reconnect: { maxDelayMs } })),
    streamTimeoutMs: hubOption((streamTimeoutMs) => ({ streamTimeoutMs })),
    answerTimeoutMs: hubOption((answerTimeoutMs) => ({ delivery: 'resume', resume: { answerTimeoutMs } })),
    expiryMs: hubOption((expiryMs) => ({ delivery: 'resume', resume: { expiryMs } })),
    ...named(['shuffleMs', 'keepPayloadsMs', 'keepIdsMs', 'idleMs', 'dialTimeoutMs'], gossipOption),
    'timeoutMs of subscribeAndJoin()': gossiping((gossip, timeoutMs) =>
      gossip.subscribeAndJoin(TopicId.random(), [peer], { timeoutMs })
    ),
    'timeoutMs of joinPeers()': gossiping(async (gossip, timeoutMs) =>
      (await gossip.subscribe(TopicId.random())).joinPeers([peer], { timeoutMs })
    ),
    'timeoutMs of pkarrDiscovery()': async (timeoutMs) => pkarrDiscovery({ relay: 'http://127.0.0.1:9', timeoutMs }),
    'timeoutMs of dnsDiscovery()': async (timeoutMs) => dnsDiscovery({ timeoutMs }),
    'timeoutMs of localDiscovery()': async (timeoutMs) => localDiscovery({ timeoutMs }),
    stallTimeoutMs: gossiping(async (gossip, stallTimeoutMs) => {
      const target = createGossipEventTarget(await gossip.subscribe(TopicId.random()))
      return pubsubEventTarget(target, { stallTimeoutMs })
    }),
    waitMs: async (waitMs) => localDiscovery().peers({ waitMs }),
    'handshakeTimeoutMs of a relay': relayLimit('handshakeTimeoutMs'),
    ...named(['writeTimeoutMs', 'pingAfterMs', 'pongTimeoutMs', 'closeTimeoutMs'], relayLimit),
    'access.timeoutMs': (timeoutMs) =>
      RelayServer.listen({ host: '127.0.0.1', port: 0, access: { url: 'http://127.0.0.1:9', timeoutMs } }),
    graceMs: async (graceMs) => {
      const relay = await RelayServer.listen({ host: '127.0.0.1', port: 0, stunPort: false })
      try {
        await relay.close({ graceMs })
      } finally {
        await relay.close()
      }
    }
  }
  /** Told to the clients of a relay that restarts, who wait for half a minute at most. */
  const ONLY_TOLD = ['reconnectInMs', 'tryForMs']

  for (const [name, use] of Object.entries(options)) {
    it(`are refused as ${name}, with the range`, async () => {
      for (const value of TOO_LONG) {
        const error = await Promise.resolve()
          .then(() => use(value))
          .then(
            () => assert.fail(`${value} was taken`),
            (error) => error
          )
        assert.equal(error.code, 'ERR_IROH_INVALID_ARGUMENT', error.message)
        const [, max] = /Ms must be an integer from \d+ to (\d+)$/.exec(error.message) ?? assert.fail(error.message)
        assert.ok(Number(max) <= LONGEST)
      }
    })
  }

  it('are refused by every option that there is', () => {
    const known = [...Object.keys(options).map((name) => name.split(' ')[0].split('.').at(-1)), ...ONLY_TOLD]
    const root = path.join(__dirname, '../..')
    const rooms = fs.readdirSync(path.join(root, 'types')).map((name) => `types/${name}`)
    for (const file of ['index.d.ts', 'relay.d.ts', ...rooms]) {
      const text = fs.readFileSync(path.join(root, file), 'utf8')
      for (const [, name] of text.matchAll(/(?<!readonly )\b(\w+Ms)\?: number/g)) assert.ok(known.includes(name), name)
    }
  })

  it('are refused by the command line', async () => {
    const commands = [
      ['spoke', peer.nodeId, '--preset', 'minimal'],
      ['doctor', '--relay', 'http://127.0.0.1:9']
    ]
    for (const command of commands) {
      const { code, stderr } = await start(...command, '--timeout', '3000000000').ended
      assert.notEqual(code, 0)
      assert.match(stderr, /from \d+ to \d+/)
    }
  })

  it('end one ms earlier: that is waited for', async () => {
    const warnings = []
    const onWarning = (warning) => warnings.push(warning.name)
    process.on('warning', onWarning)
    const silent = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const client = await create({ keepAliveMs: LONGEST, idleTimeoutMs: LONGEST, handshakeTimeoutMs: LONGEST })
    const server = await create({ alpns: [alpn] })
    const nobody = { ...peer, directAddresses: [`127.0.0.1:${silent.address().port}`] }
    const { signal } = new AbortController()
    const ending = new AbortController()
    const limits = [{ timeoutMs: LONGEST }, {}, { timeoutMs: LONGEST, signal }]
    const dials = limits.map((each) => client.connect(nobody, alpn, { signal: ending.signal, ...each }))
    await client.connect(server.addr(), alpn)
    ending.abort()
    const ends = Promise.allSettled(dials)
    await client.close()
    silent.close()
    assert.deepEqual(
      (await ends).map(({ reason }) => reason.code),
      ['ERR_IROH_ABORTED', 'ERR_IROH_ABORTED', 'ERR_IROH_CLOSED']
    )
    process.off('warning', onWarning)
    assert.deepEqual(warnings, [])
  })
})
