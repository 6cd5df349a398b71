// SPDX-License-Identifier: MIT
// Several discoveries as one: asked at once, the first good answer wins, what is broken hurts nobody.
'use strict'

const assert = require('node:assert/strict')
const { SecretKey } = require('event-target-iroh')
const { Discovery } = require('../../lib/discovery')
const { deferred } = require('../../lib/base/deferred')
const { FakeClock } = require('../helpers/fake-clock')

const key = SecretKey.generate()
const nodeId = key.nodeId()
const at = (...directAddresses) => ({ nodeId, directAddresses })

/** Lets what is settled be seen. */
const turn = () => new Promise(setImmediate)

describe('Discovery', () => {
  let clock
  let events
  const open = (...list) =>
    new Discovery(list, { nodeId: 'mine', secretKey: key }, (event) => events.push(event), clock)

  /** A discovery whose answers the test gives. */
  function slow() {
    const one = {
      name: 'slow',
      asked: [],
      resolve(id, about) {
        const asked = { ...deferred(), id, ...about }
        one.asked.push(asked)
        return asked.promise
      }
    }
    return one
  }

  beforeEach(() => {
    clock = new FakeClock()
    events = []
  })

  it('asks all at once and takes the first good answer', async () => {
    const [a, b, c] = [slow(), slow(), slow()]
    const discovery = open(a, b, c)
    const found = discovery.resolve(nodeId)
    assert.deepEqual(
      [a, b, c].map(({ asked }) => asked.length),
      [1, 1, 1]
    )
    a.asked[0].resolve(null)
    c.asked[0].resolve(at())
    b.asked[0].resolve({ ...at('127.0.0.1:1'), relayUrl: 'http://relay.test/' })
    assert.deepEqual(await found, { directAddresses: ['127.0.0.1:1'], relayUrl: 'http://relay.test/' })
  })

  it('tells what failed of a look-up that is given up', async () => {
    const bad = {
      name: 'bad',
      resolve: () => {
        throw new Error('out of order')
      }
    }
    const discovery = open(bad, slow())
    const stop = new AbortController()
    const found = discovery.resolve(nodeId, { signal: stop.signal })
    await turn()
    stop.abort()
    await assert.rejects(found, { name: 'AbortError' })
    await turn()
    assert.deepEqual(
      events.map(({ type, name }) => [type, name]),
      [['discovery-failed', 'bad']]
    )
  })

  it('lets the others add to it for a second, and keeps it for half a minute', async () => {
    const [a, b, c] = [slow(), slow(), slow()]
    const discovery = open(a, b, c)
    const found = discovery.resolve(nodeId)
    const all = discovery.resolve(nodeId, { fresh: true })
    a.asked[0].resolve(at('127.0.0.1:1'))
    assert.deepEqual((await found).directAddresses, ['127.0.0.1:1'])
    b.asked[0].resolve(at('127.0.0.1:2', '127.0.0.1:1'))
    await turn()
    clock.advance(1000)
    assert.deepEqual((await all).directAddresses, ['127.0.0.1:1', '127.0.0.1:2'])
    assert.equal(c.asked[0].signal.aborted, true)
    assert.deepEqual((await discovery.resolve(nodeId)).directAddresses, ['127.0.0.1:1', '127.0.0.1:2'])
    assert.equal(a.asked.length, 1)
    clock.advance(30_000)
    discovery.resolve(nodeId)
    assert.equal(a.asked.length, 2)
    await discovery.close()
  })

  it('asks anew when it is to be fresh, and believes in nothing for a second only', async () => {
    const a = slow()
    const discovery = open(a)
    for (const [index, options] of [{}, { fresh: true }].entries()) {
      const found = discovery.resolve(nodeId, options)
      a.asked[index].resolve(null)
      assert.equal(await found, null)
    }
    assert.equal(await discovery.resolve(nodeId), null)
    assert.equal(a.asked.length, 2)
    clock.advance(1000)
    discovery.resolve(nodeId)
    assert.equal(a.asked.length, 3)
    await discovery.close()
  })

  it('is not hurt by what throws, rejects, hangs or answers with something else', async () => {
    const broken = [
      () => {
        throw new Error('thrown')
      },
      () => Promise.reject(new Error('rejected')),
      () => new Promise(() => {}),
      () => 'not a NodeAddr',
      () => ({ nodeId, directAddresses: ['nonsense'] }),
      () => ({ nodeId: SecretKey.generate().nodeId(), directAddresses: ['127.0.0.1:9'] })
    ].map((resolve, index) => ({ name: `broken ${index}`, resolve }))
    const discovery = open(...broken, { resolve: () => at('127.0.0.1:1') })
    assert.deepEqual((await discovery.resolve(nodeId)).directAddresses, ['127.0.0.1:1'])

    const alone = open(...broken)
    const none = alone.resolve(nodeId)
    await turn()
    clock.advance(10_000)
    assert.equal(await none, null)
    const said = alone.whyNot(nodeId)
    for (const words of ['broken 0: thrown', 'broken 1: rejected', 'broken 3: ', 'broken 4: ', 'broken 5: ']) {
      assert.ok(said.includes(words), `${words} in ${said}`)
    }
    assert.equal(events.filter(({ type }) => type === 'discovery-failed').length >= 5, true)
  })

  it('gives a look-up up when nobody waits any more, and not before', async () => {
    const a = slow()
    const discovery = open(a)
    const [one, two] = [new AbortController(), new AbortController()]
    const waits = [one, two].map(({ signal }) => discovery.resolve(nodeId, { signal }))
    one.abort(new Error('one'))
    await assert.rejects(waits[0], /one/)
    assert.equal(a.asked[0].signal.aborted, false)
    two.abort(new Error('two'))
    await assert.rejects(waits[1], /two/)
    assert.equal(a.asked[0].signal.aborted, true)
    await turn()
    discovery.resolve(nodeId)
    assert.equal(a.asked.length, 2)
    await discovery.close()
  })

  it('goes on until there is an answer that can be dialled', async () => {
    const [a, b] = [slow(), slow()]
    const discovery = open(a, b)
    const isUsable = ({ directAddresses }) => directAddresses.length > 0
    const found = discovery.resolve(nodeId, { isUsable })
    a.asked[0].resolve({ nodeId, relayUrl: 'http://relay.test/' })
    await turn()
    b.asked[0].resolve(at('127.0.0.1:1'))
    assert.deepEqual(await found, { directAddresses: ['127.0.0.1:1'], relayUrl: 'http://relay.test/' })
  })

  it('gives what cannot be dialled when there is nothing else, and soon asks again', async () => {
    const a = slow()
    const discovery = open(a)
    const options = { isUsable: () => false }
    const found = discovery.resolve(nodeId, options)
    a.asked[0].resolve({ nodeId, relayUrl: 'http://relay.test/' })
    assert.equal((await found).relayUrl, 'http://relay.test/')
    clock.advance(1000)
    discovery.resolve(nodeId, options)
    assert.equal(a.asked.length, 2)
    await discovery.close()
  })

  it('does not take an answer over which isUsable stumbles', async () => {
    const discovery = open({ resolve: () => ({ nodeId, relayUrl: 'no URL' }) }, { resolve: () => at('127.0.0.1:1') })
    const isUsable = ({ relayUrl }) => relayUrl === undefined || new URL(relayUrl).href !== ''
    assert.deepEqual(await discovery.resolve(nodeId, { isUsable }), {
      directAddresses: ['127.0.0.1:1'],
      relayUrl: undefined
    })
  })

  it('begins nothing for a signal that is aborted already', async () => {
    const a = slow()
    const discovery = open(a)
    await assert.rejects(discovery.resolve(nodeId, { signal: AbortSignal.abort(new Error('before')) }), /before/)
    assert.equal(a.asked.length, 0)
  })

  it('tells discoveries when they are to look afresh, and forgets all on another network', async () => {
    const a = slow()
    const discovery = open(a)
    for (const [index, fresh] of [false, true].entries()) {
      const found = discovery.resolve(nodeId, { fresh })
      assert.equal(a.asked[index].fresh, fresh)
      a.asked[index].resolve(at('127.0.0.1:1'))
      await found
    }
    discovery.networkChanged()
    discovery.resolve(nodeId)
    assert.equal(a.asked.length, 3)
    await discovery.close()
  })

  it('closes those that are attached when a later one refuses', () => {
    const seen = []
    const fine = { publish() {}, attach: () => seen.push('attached'), close: () => seen.push('closed') }
    const attach = () => {
      throw new Error('of another endpoint')
    }
    const close = () => seen.push('closed what belongs to another')
    assert.throws(() => open(fine, { publish() {}, attach, close }), /of another endpoint/)
    assert.deepEqual(seen, ['attached', 'closed'])
  })

  it('tells what fails between calls', () => {
    open({ name: 'busy', publish() {}, attach: ({ onError }) => onError(new Error('later')) })
    assert.deepEqual(
      events.map(({ type, name, error }) => [type, name, error.message]),
      [['discovery-failed', 'busy', 'later']]
    )
  })

  it('waits a second at most for one that does not close', async () => {
    await open({ publish() {}, close: () => new Promise(() => {}) }).close()
  })

  it('publishes to all, and tells what fails', async () => {
    const published = []
    const failing = { name: 'failing', publish: () => Promise.reject(new Error('full')) }
    const discovery = open({ publish: (addr) => published.push(addr) }, failing, { resolve: () => null })
    discovery.publish(at('127.0.0.1:1'))
    await turn()
    assert.deepEqual(published, [at('127.0.0.1:1')])
    assert.deepEqual(
      events.map(({ type, name, error }) => [type, name, error.message]),
      [['discovery-failed', 'failing', 'full']]
    )
  })

  it('tells each of them whose it is, when the network changes, and the end', async () => {
    const seen = []
    const one = {
      resolve: () => null,
      attach: (endpoint) => seen.push(endpoint.nodeId),
      networkChanged: () => seen.push('changed'),
      close: () => seen.push('closed')
    }
    const discovery = open(one)
    discovery.networkChanged()
    await discovery.close()
    assert.deepEqual(seen, ['mine', 'changed', 'closed'])
    assert.equal(await discovery.resolve(nodeId), null)
  })

  it('refuses what is none', () => {
    for (const bad of [null, 7, 'dns', {}, { resolve: 7 }, []]) {
      assert.throws(() => open(bad), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    }
    assert.throws(() => open(...Array.from({ length: 17 }, slow)), { code: 'ERR_IROH_INVALID_ARGUMENT' })
  })

  it('forgets peers beyond a thousand', async () => {
    let asked = 0
    const discovery = open({ resolve: async () => void asked++ })
    const ids = Array.from({ length: 1025 }, () => SecretKey.generate().nodeId())
    for (const id of ids) await discovery.resolve(id)
    await discovery.resolve(ids[1024])
    assert.equal(asked, 1025)
    await discovery.resolve(ids[0])
    assert.equal(asked, 1026)
  })
})
