// SPDX-License-Identifier: MIT
// When events come out: pauses, listeners that are added late, and connections that are lost meanwhile.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { setImmediate: nextTurn } = require('node:timers/promises')
const { createHub, createSpoke, SecretKey } = require('event-target-iroh')
const { Arrivals, FIRST_LISTENER_MS } = require('../../lib/event-target/arrivals')
const { local, useEndpoints } = require('../helpers/endpoints')
const { nextEvent, until } = require('../helpers/events')
const { FakeClock } = require('../helpers/fake-clock')
const { useHubs } = require('../helpers/hubs')

const soon = { minDelayMs: 1, maxDelayMs: 10 }
const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('Events', () => {
  const { targets } = useEndpoints()
  const { keep, startHub } = useHubs()
  const startSpoke = async (hub, options) =>
    keep(await createSpoke({ hub: hub.addr(), endpointOptions: local, reconnect: soon, ...options }))

  async function pair(options) {
    const hub = await startHub(options)
    const [[target], spoke] = await Promise.all([once(hub, 'spoke'), startSpoke(hub, options)])
    return { hub, spoke, target }
  }

  const send = (target, first, last) => {
    for (const payload of numbers(first, last)) target.send({ type: 'n', payload })
  }

  function record(target) {
    const got = []
    target.addEventListener('n', ({ detail }) => got.push(detail.payload))
    return got
  }

  /** What the core has read of what was sent is known by then. */
  const arrived = async (target) => {
    await until(() => target.bufferedAmount === 0 && target.connection.stats().bytesInFlight === 0)
    await nextTurn()
  }

  describe('of a paused target', () => {
    it('are held back, and acknowledgements of the session are not', async () => {
      const { spoke, target } = await pair({ delivery: 'resume' })
      const [atSpoke, atHub] = [record(spoke), record(target)]
      spoke.pause()
      send(target, 1, 5)
      await arrived(target)
      send(spoke, 1, 5)
      await until(() => spoke.session.acknowledged === 5)
      assert.deepEqual([atHub, atSpoke], [numbers(1, 5), []])
      spoke.resume()
      await until(() => target.session.acknowledged === 5)
      assert.deepEqual(atSpoke, numbers(1, 5))
    })

    it('keep their session, when it is paused from its beginning on and for longer than the hub may take to answer', async () => {
      const delivery = 'resume'
      const hub = await startHub({ delivery })
      const arriving = once(hub, 'spoke')
      const spoke = await startSpoke(hub, { delivery, resume: { answerTimeoutMs: 20 } })
      spoke.pause()
      const got = record(spoke)
      const [target] = await arriving
      send(target, 1, 3)
      send(spoke, 1, 3)
      const heard = record(target)
      await until(() => spoke.session.acknowledged === 3)
      const since = performance.now()
      await until(() => performance.now() - since > 60)
      assert.deepEqual([spoke.delivery, spoke.state, got], ['resume', 'connected', []])
      spoke.resume()
      await until(() => target.session.acknowledged === 3)
      assert.deepEqual([got, heard], [numbers(1, 3), numbers(1, 3)])
    })

    for (const delivery of ['at-most-once', 'resume']) {
      it(`do not keep it from being connected again, and come out in order (${delivery})`, async () => {
        const { hub, spoke, target } = await pair({ delivery })
        const got = record(spoke)
        spoke.pause()
        send(target, 1, 3)
        await arrived(target)
        const states = []
        for (const state of ['disconnected', 'connected']) spoke.addEventListener(state, () => states.push(state))
        const again = once(hub, delivery === 'resume' ? 'spokeresume' : 'spoke')
        target.connection.close(99)
        const [next] = await again
        await until(() => states.length === 2)
        send(next, 4, 6)
        await arrived(next)
        assert.deepEqual([states, got], [['disconnected', 'connected'], []])
        spoke.resume()
        await until(() => got.length === 6)
        assert.deepEqual(got, numbers(1, 6))
      })
    }

    it('come out after the end, which is reported at once', async () => {
      const { hub, spoke, accepted } = await targets()
      const got = record(spoke)
      spoke.pause()
      send(hub, 1, 3)
      await arrived(hub)
      const ended = nextEvent(spoke, 'close')
      accepted.close(7)
      assert.deepEqual([(await ended).code, (await spoke.closed).kind, got], [7, 'application-closed', []])
      spoke.resume()
      await until(() => got.length === 3)
      assert.deepEqual(got, numbers(1, 3))
    })

    it('do not come out after close()', async () => {
      const { hub, spoke } = await targets()
      const got = record(spoke)
      spoke.pause()
      send(hub, 1, 3)
      await arrived(hub)
      const closing = spoke.close()
      hub.connection.close()
      await closing
      spoke.resume()
      await nextTurn()
      await nextTurn()
      assert.deepEqual(got, [])
    })

    it('are dropped beyond maxBufferedAmount, and the target reports that', async () => {
      const { hub, spoke, accepted } = await targets({ maxBufferedAmount: 1000 })
      const got = record(spoke)
      const failed = nextEvent(spoke, 'error')
      spoke.pause()
      for (let n = 0; n < 2; n++) {
        hub.send({ type: 'n', payload: 'x'.repeat(900) })
        await arrived(hub)
      }
      accepted.close()
      assert.equal((await failed).error.code, 'ERR_IROH_BUFFER_FULL')
      spoke.resume()
      await nextTurn()
      assert.deepEqual(got, [])
    })
  })

  describe('of a target without listeners', () => {
    const delays = { 'waits for something': () => nextTurn(), 'waits for long': (got) => until(() => got.isSent) }

    for (const delivery of ['at-most-once', 'resume']) {
      for (const [what, delay] of Object.entries(delays)) {
        it(`wait for a 'spoke' handler that ${what} (${delivery})`, async () => {
          const hub = await startHub({ delivery })
          const got = []
          hub.on('spoke', async (target) => {
            await delay(got)
            target.addEventListener('n', ({ detail }) => got.push(detail.payload))
          })
          const spoke = await startSpoke(hub, { delivery })
          send(spoke, 1, 5)
          await arrived(spoke)
          got.isSent = true
          await until(() => got.length === 5)
          assert.deepEqual([...got], numbers(1, 5))
        })
      }
    }

    it('wait for one who awaits the spoke and then something else', async () => {
      const { spoke, target } = await pair()
      send(spoke, 1, 5)
      send(target, 1, 5)
      await Promise.all([arrived(spoke), arrived(target)])
      const [atHub, atSpoke] = [record(target), record(spoke)]
      await until(() => atHub.length === 5 && atSpoke.length === 5)
      assert.deepEqual([atHub, atSpoke], [numbers(1, 5), numbers(1, 5)])
    })

    it('do not wait once something listens, whatever it listens to, and all that is added in one turn hears them', async () => {
      const { spoke, target } = await pair()
      spoke.send({ type: 'first' })
      send(spoke, 1, 2)
      await arrived(spoke)
      target.addEventListener('error', () => {})
      await nextTurn()
      target.addEventListener('other', () => {})
      const got = record(target)
      await until(() => got.length === 2)
    })

    it('do not hold up what a peer exposes', async () => {
      const { spoke, target } = await pair({ operations: ['work'] })
      assert.deepEqual(await target.registered, { operations: ['work'] })
      assert.deepEqual(await spoke.registered, { operations: ['work'] })
    })

    it('do not hold up the end of a peer that sent none', async () => {
      const { spoke, target } = await pair()
      await spoke.close()
      assert.equal((await target.closed).kind, 'finished')
    })

    it('come out when the connection was lost before', async () => {
      const { hub, spoke } = await targets()
      send(spoke, 1, 3)
      await arrived(spoke)
      spoke.connection.close()
      await hub.closed
      const got = record(hub)
      await until(() => got.length === 3)
    })

    it('come out after ten seconds, and a warning tells of it', () => {
      const clock = new FakeClock()
      const calls = []
      const arrivals = new Arrivals(1000, () => calls.push('unheard'), clock)
      const channel = { pause: () => {}, resume: () => calls.push('resume'), isHolding: true }
      arrivals.take(channel)
      clock.advance(FIRST_LISTENER_MS - 1)
      assert.deepEqual(calls, [])
      clock.advance(1)
      assert.deepEqual(calls, ['resume', 'unheard'])
    })
  })

  describe('of a batch in which a listener closes', () => {
    for (const [what, close] of Object.entries({
      'the target': (target) => target.close(),
      'the connection': (target) => target.connection.close()
    })) {
      it(`come out all the same when it closes ${what}`, async () => {
        const { hub, spoke } = await targets()
        const got = []
        spoke.pause()
        spoke.addEventListener('n', ({ detail }) => {
          got.push(detail.payload)
          if (detail.payload === 1) close(spoke)
        })
        send(hub, 1, 50)
        await arrived(hub)
        spoke.resume()
        await until(() => got.length === 50)
        assert.deepEqual(got, numbers(1, 50))
      })
    }
  })

  describe('that a spoke sends when its hub is gone', () => {
    it('are refused with ERR_IROH_NOT_CONNECTED, paused or not', async () => {
      for (const isPaused of [false, true]) {
        const hub = await createHub({ endpointOptions: { ...local, secretKey: SecretKey.generate() } })
        const spoke = await startSpoke(hub)
        if (isPaused) spoke.pause()
        const codes = new Set()
        const down = once(spoke, 'disconnected')
        await hub.endpoint.close()
        for (let isDown = false; !isDown; ) {
          try {
            spoke.send({ type: 'n' })
          } catch ({ code }) {
            codes.add(code)
          }
          isDown = await Promise.race([down.then(() => true), nextTurn(false)])
        }
        assert.throws(() => spoke.send({ type: 'n' }), { code: 'ERR_IROH_NOT_CONNECTED' })
        await assert.rejects(spoke.drained(), { code: 'ERR_IROH_NOT_CONNECTED' })
        codes.delete('ERR_IROH_NOT_CONNECTED')
        assert.deepEqual([...codes], [])
      }
    })
  })
})
