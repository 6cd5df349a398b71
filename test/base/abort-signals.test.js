// SPDX-License-Identifier: MIT
// One AbortSignal for many calls at once.
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { getEventListeners, once } = require('node:events')
const net = require('node:net')
const { createSpoke, Endpoint, Gossip, Router, SecretKey, TopicId } = require('event-target-iroh')
const { onAbort } = require('../../lib/base/on-abort')
const { alpn, local, useEndpoints } = require('../helpers/endpoints.js')

/** Node warns of a leak from the eleventh listener on. */
const MANY = 40
const MOST_DISCOVERIES = 16

describe('An AbortSignal', () => {
  const { create } = useEndpoints()
  let silent, mute, peer, relays, ending, warnings

  const onWarning = (warning) => warnings.push(warning.message)

  beforeEach(async () => {
    silent = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    peer = { nodeId: SecretKey.generate().nodeId(), directAddresses: [`127.0.0.1:${silent.address().port}`] }
    mute = net.createServer().listen(0, '127.0.0.1')
    await once(mute, 'listening')
    relays = [{ url: `http://127.0.0.1:${mute.address().port}`, stunPort: 0, quicPort: 0 }]
    ending = new AbortController()
    warnings = []
    process.on('warning', onWarning)
  })
  afterEach(() => {
    process.off('warning', onWarning)
    silent.close()
    mute.close()
  })

  /** What takes a signal and has not ended when it is aborted. */
  const calls = {
    'connect()': async ({ signal }) => (await create()).connect(peer, alpn, { signal }),
    'online()': async ({ signal }) => (await create({ relays })).online({ signal }),
    'netReport()': async ({ signal }) => (await create({ relays })).netReport({ signal }),
    'createSpoke()': ({ signal }) => createSpoke({ hub: peer, endpointOptions: local, signal }),
    'subscribeAndJoin()': async ({ signal }) => {
      const gossip = await Gossip.spawn(await create())
      return gossip.subscribeAndJoin(TopicId.random(), [peer], { signal })
    },
    'joinPeers()': async ({ signal }) => {
      const topic = await (await Gossip.spawn(await create())).subscribe(TopicId.random())
      const [{ error }] = await topic.joinPeers([peer], { signal })
      throw error
    }
  }

  it('may end any number of calls, with one listener, and none is left', async () => {
    const { signal } = ending
    const made = Object.values(calls).flatMap((call) => Array.from({ length: 4 }, () => call({ signal })))
    const ends = Promise.allSettled(made)
    const endpoint = await create()
    const dials = Promise.allSettled(Array.from({ length: MANY }, () => endpoint.connect(peer, alpn, { signal })))
    await new Promise(setImmediate)
    assert.equal(getEventListeners(signal, 'abort').length, 1)
    ending.abort()
    for (const { reason } of [...(await ends), ...(await dials)]) assert.equal(reason?.code, 'ERR_IROH_ABORTED')
    assert.equal(getEventListeners(signal, 'abort').length, 0)
    assert.deepEqual(warnings, [])
  })

  it('keeps no listener of calls that have succeeded', async () => {
    const { signal } = ending
    const server = await create({ alpns: [alpn] })
    const client = await create()
    await Promise.all(Array.from({ length: MANY }, () => client.connect(server.addr(), alpn, { signal })))
    assert.equal(getEventListeners(signal, 'abort').length, 0)
    assert.deepEqual(warnings, [])
  })

  it('of a router may be listened to by the handler of every connection', async () => {
    const endpoint = await Endpoint.createWithOptions(local)
    let heard = 0
    const running = new Set()
    const handler = (_connection, { signal }) => {
      running.add(new Promise((resolve) => signal.addEventListener('abort', resolve)))
      if (running.size === MANY) heard++
    }
    const router = Router.builder(endpoint).accept(alpn, handler).spawn()
    const client = await create()
    await Promise.all(Array.from({ length: MANY }, () => client.connect(endpoint.addr(), alpn)))
    await router.shutdown()
    await Promise.all(running)
    assert.equal(heard, 1)
    assert.deepEqual(warnings, [])
  })

  it('of a look-up may be listened to by every discovery', async () => {
    const discovery = Array.from({ length: MOST_DISCOVERIES }, () => ({
      resolve: (_nodeId, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)))
    }))
    const client = await create({ discovery })
    const dial = client.connect(peer.nodeId, alpn, { signal: ending.signal })
    await new Promise(setImmediate)
    ending.abort()
    await assert.rejects(dial, { code: 'ERR_IROH_ABORTED' })
    assert.deepEqual(warnings, [])
  })

  describe('onAbort()', () => {
    it('calls all who wait, whatever one throws, and those who wait no more not', async () => {
      const called = []
      const { signal } = ending
      const forget = onAbort(signal, () => called.push('forgotten'))
      onAbort(signal, () => called.push('first'))
      onAbort(signal, () => {
        throw new Error('thrown by a callback')
      })
      onAbort(signal, () => called.push('last'))
      forget()
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      const uncaught = once(process, 'uncaughtException')
      ending.abort()
      const [error] = await uncaught
      for (const listener of listeners) process.on('uncaughtException', listener)
      assert.equal(error.message, 'thrown by a callback')
      assert.deepEqual(called, ['first', 'last'])
    })

    it('waits for a signal again that nobody waited for meanwhile', () => {
      const called = []
      onAbort(ending.signal, () => called.push('first'))()
      onAbort(ending.signal, () => called.push('second'))
      ending.abort()
      assert.deepEqual(called, ['second'])
    })

    it('calls nobody for a signal that is aborted already, nor for none', () => {
      ending.abort()
      onAbort(ending.signal, assert.fail)()
      onAbort(undefined, assert.fail)()
    })
  })
})
