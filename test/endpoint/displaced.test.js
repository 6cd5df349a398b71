// SPDX-License-Identifier: MIT
// One key in two places: at a relay, and at a hub.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { SecretKey, createHub, createSpoke } = require('event-target-iroh')
const { RelayClient } = require('../../lib/relay/client')
const { kAsk, kIsHeard } = require('../../lib/base/symbols')
const { Rivals } = require('../../lib/hub/rivals')
const protocol = require('../../lib/relay/protocol')
const { CloseCode } = require('../../lib/core/close-reason')
const { local, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent, until, work } = require('../helpers/events.js')
const { FakeClock } = require('../helpers/fake-clock.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')
const { usePrograms } = require('../helpers/program.js')
const { useRelays } = require('../helpers/raw-relay-client.js')

const { Status } = protocol

describe('One key in two places', () => {
  const { create } = useEndpoints()

  describe('at a relay', () => {
    const { listen } = useRelays()
    const fake = useFakeRelays()
    const secretKey = SecretKey.generate()

    /** An endpoint whose 'network' events are kept. */
    async function online(relay, options) {
      const endpoint = await create({ secretKey, relays: [{ url: relay.url, stunPort: 0 }], ...options })
      const events = []
      endpoint.on('network', (event) => events.push(event))
      const of = (kind) => events.filter(({ type }) => type === kind)
      await endpoint.online()
      return Object.assign(endpoint, { of })
    }

    it('tells the one that is displaced, by event and online(), and again when it is reached', async () => {
      const relay = await listen({ stunPort: false })
      const first = await online(relay)
      const second = await online(relay)
      await until(() => first.of('relay-displaced').length > 0)
      const [{ relayUrl, times, error }] = first.of('relay-displaced')
      assert.deepEqual([relayUrl, times, error.code], [relay.url, 1, 'ERR_IROH_KEY_IN_USE'])
      assert.match(
        error.message,
        /another program uses this secret key: another connection with it took over at the relay/
      )
      await assert.rejects(first.online(), { code: 'ERR_IROH_KEY_IN_USE' })
      await second.online()
      await second.close()
      await until(() => first.of('relay-regained').length > 0)
      await first.online()
    })

    it('tells two that take it from each other again and again', async () => {
      const relay = await listen({ stunPort: false })
      const first = await online(relay)
      for (let times = 1; times <= 3; times++) {
        const second = await online(relay)
        await until(() => first.of('relay-displaced').length === times)
        await second.close()
        await until(() => first.of('relay-regained').length === times)
      }
      assert.match(first.of('relay-displaced').at(-1).error.message, /3 times within ten minutes: two programs/)
    })

    it('does not take its own second way to the relay for another program', async () => {
      const relay = await listen({ host: '127.0.0.1', stunPort: false })
      const endpoint = await online(relay, { alpns: ['x/1'] })
      const other = await create({ relays: [{ url: relay.url, stunPort: 0 }], alpns: ['x/1'] })
      await other.online()
      const relayUrl = relay.url.replace('127.0.0.1', 'localhost')
      const connection = await endpoint.connect({ nodeId: other.nodeId(), relayUrl }, 'x/1')
      assert.equal(connection.remoteNodeId(), other.nodeId())
      await endpoint.online()
      assert.deepEqual(endpoint.of('relay-displaced'), [])
    })

    for (const [subprotocol, word] of Object.entries({
      'iroh-relay-v1': () => protocol.encodeHealth('Another endpoint connected with the same endpoint id.'),
      'iroh-relay-v2': () => protocol.encodeStatus(Status.REPLACED)
    })) {
      it(`waits longer and longer when such a session ends (${subprotocol})`, async () => {
        const relay = await fake.listen({ subprotocol })
        const clock = new FakeClock()
        const client = new RelayClient({ url: relay.url, secretKey, clock })
        client.connect()
        try {
          for (let times = 1; times <= 3; times++) {
            await until(() => client.state === 'up' && client.latencyMs !== null)
            relay.session.send(word())
            assert.deepEqual(await once(client, 'displaced'), [times])
            assert.equal(client.isDisplaced, true)
            relay.session.ws.close(1008, 'too many connections with this id')
            const [error] = await once(client, 'down')
            assert.match(error.message, /code 1008: too many connections with this id/)
            const least = 5000 * 2 ** (times - 1)
            assert.ok(clock.untilNext >= 0.75 * least && clock.untilNext <= 1.25 * least, `${clock.untilNext}`)
            clock.advance(clock.untilNext)
          }
        } finally {
          await client.close()
        }
      })
    }

    describe('of the command line', () => {
      const { about, start } = usePrograms()

      it('is said', async () => {
        const relay = await listen({ stunPort: false })
        const args = ['hub', '--key', `${about.directory}/key`, '--preset', 'minimal', '--relay', relay.url]
        const first = start(...args)
        await first.said(/^ticket /)
        start(...args)
        await first.said(/another program uses this secret key: another connection with it took over at the relay/)
      })
    })
  })

  describe('at a hub', () => {
    const closing = []

    afterEach(async () => {
      for (const one of closing.splice(0).reverse()) await one.close()
    })

    async function openHub(delivery) {
      const hub = await createHub({ endpointOptions: local, delivery })
      closing.push(hub)
      return hub
    }

    for (const delivery of ['at-most-once', 'resume']) {
      it(`ends the turns of two programs that are started again and again (${delivery})`, async () => {
        const hub = await openHub(delivery)
        const conflicts = []
        hub.on('conflict', (nodeId) => conflicts.push(nodeId))
        const endpointOptions = { ...local, secretKey: SecretKey.generate() }
        let turnedAway = null
        let starts = 0
        const end = new AbortController()

        /** What a supervisor does. */
        async function supervise() {
          while (!end.signal.aborted) {
            starts++
            const spoke = await createSpoke({ hub: hub.addr(), delivery, endpointOptions })
            closing.push(spoke)
            spoke.addEventListener('disconnected', (event) => {
              turnedAway ??= event
            })
            const { code, error } = await spoke.closed
            if (end.signal.aborted) return
            assert.deepEqual([code, error.code], [CloseCode.REPLACED, 'ERR_IROH_KEY_IN_USE'])
          }
        }

        const both = [supervise(), supervise()]
        await until(() => turnedAway !== null)
        end.abort()
        assert.equal(turnedAway.code, CloseCode.IN_USE)
        assert.equal(turnedAway.error.code, 'ERR_IROH_KEY_IN_USE')
        assert.ok(turnedAway.retryInMs >= 15_000)
        assert.equal(hub.spokes.size, 1)
        assert.deepEqual(conflicts, [endpointOptions.secretKey.nodeId()])
        assert.ok(starts <= 6, `${starts} starts`)
        for (const one of closing.splice(1)) await one.close()
        await Promise.all(both)
      })
    }

    it('lets a spoke back in that often loses its connection without a word', async () => {
      const hub = await openHub('at-most-once')
      const secretKey = SecretKey.generate()
      for (let round = 0; round < 6; round++) {
        const spoke = await createSpoke({ hub: hub.addr(), endpointOptions: { ...local, secretKey }, reconnect: false })
        closing.push(spoke)
        const target = hub.spokes.get(secretKey.nodeId()) ?? (await once(hub, 'spoke'))[0]
        spoke.send({ type: 'here' })
        await nextEvent(target, 'here')
        await spoke.close()
        await until(() => !hub.spokes.has(secretKey.nodeId()))
      }
    })

    /** An accepted connection whose peer, if it is alive, answers at once. */
    function connection(nodeId, isAlive) {
      let isHeard = false
      return {
        remoteNodeId: () => nodeId,
        side: () => 'server',
        closeReason: () => null,
        rtt: () => 1,
        [kAsk]: () => setImmediate(() => (isHeard = isAlive)),
        [kIsHeard]: () => isHeard
      }
    }

    it('takes no program for a ghost that answers while the hub works', async () => {
      const rivals = new Rivals()
      for (let count = 0; count < 3; count++) await rivals.keep(connection('a', true))
      const isKept = rivals.keep(connection('a', true))
      work(1600)
      assert.equal(await isKept, true)
    })

    it('counts ghosts from the beginning, and remembers a bounded number', async () => {
      const rivals = new Rivals()
      const kept = async (isAlive) => rivals.keep(connection('a', isAlive))
      assert.deepEqual([await kept(true), await kept(true), await kept(true)], [false, false, false])
      assert.equal(await kept(false), false)
      assert.deepEqual([await kept(true), await kept(true)], [false, false])
      assert.equal(await kept(true), true)
      assert.deepEqual([rivals.isNews('a'), rivals.isNews('a'), rivals.isNews('b')], [true, false, false])
      for (let n = 0; n < 1024; n++) await rivals.keep(connection(`n${n}`, true))
      assert.equal(await kept(true), false)
      assert.equal(await rivals.keep(null), false)
    })
  })
})
