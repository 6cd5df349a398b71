// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { IrohError, pubsubEventTarget } = require('event-target-iroh')
const { useEventTargets } = require('../helpers/event-targets')

/** Arrays and objects in each other, so many. */
function nest(depth) {
  let value = 'x'
  for (let n = 0; n < depth; n++) value = n % 2 ? [0, value] : { a: 1, b: value, c: '"}]{[' }
  return value
}

const own = JSON.parse('{"__proto__":{"admin":true}}')
/** What every receiver refuses. The envelope is a level of its own. */
const REFUSED = {
  'a __proto__ key': ['ERR_IROH_FORBIDDEN_KEY', own],
  'a __proto__ key deep inside': ['ERR_IROH_FORBIDDEN_KEY', ['x'.repeat(5000), { a: [[{ b: own }]] }]],
  'a __proto__ key beside such texts': ['ERR_IROH_FORBIDDEN_KEY', { a: '"__proto__":', b: own }],
  'a __proto__ key that toJSON() makes': ['ERR_IROH_FORBIDDEN_KEY', { toJSON: () => own }],
  '256 levels': ['ERR_IROH_TOO_DEEP', nest(256)],
  '1000 levels': ['ERR_IROH_TOO_DEEP', [1, { a: nest(1000) }]],
  '100,000 levels': ['ERR_IROH_TOO_DEEP', nest(100_000)]
}
/** What looks like it. */
const TAKEN = {
  '255 levels': nest(255),
  'many brackets': Array.from({ length: 300 }, () => [[{}]]),
  'brackets in strings': ['[{'.repeat(300), '\\"[{', '\\', '"'.repeat(9)],
  'texts about __proto__': ['__proto__', '"__proto__":1', { 'a"__proto__': 1, __proto: 2, ' __proto__': 3 }]
}
const THROWN = [new Error('mine'), 'a word', null, undefined, 0, Symbol('mine'), Object.create(null), () => {}]

/** Payloads that throw when they are looked at. */
const throwing = (thrown) => {
  const fail = () => {
    throw thrown
  }
  const traps = { get: fail, ownKeys: fail, getOwnPropertyDescriptor: fail, has: fail }
  return {
    'toJSON()': { type: 'm', payload: { toJSON: fail } },
    'a getter': { type: 'm', payload: [Object.defineProperty({}, 'a', { get: fail, enumerable: true })] },
    'a Proxy': { type: 'm', payload: new Proxy({}, traps) },
    "an envelope's toJSON()": { type: 'm', toJSON: fail },
    "an envelope's type": Object.defineProperty({}, 'type', { get: fail, enumerable: true }),
    'a Proxy of an envelope': new Proxy({ type: 'm' }, traps)
  }
}

describe('What cannot be sent', () => {
  const { kinds, hubAndSpoke } = useEventTargets()

  /** Every way to send that a target has. */
  const waysOf = (target) => ({
    'send()': (envelope) => target.send(envelope),
    'dispatchEvent()': (envelope) => target.dispatchEvent(new CustomEvent('any', { detail: envelope }))
  })

  function assertRefuses(ways) {
    for (const [way, send] of Object.entries(ways)) {
      for (const [what, [code, payload]] of Object.entries(REFUSED)) {
        assert.throws(() => send({ type: 'm', payload }), { name: 'IrohError', code }, `${way}: ${what}`)
      }
      for (const thrown of THROWN) {
        for (const [what, envelope] of Object.entries(throwing(thrown))) {
          const error = assertThrows(() => send(envelope), `${way}: ${what}`)
          assert.equal(error.code, 'ERR_IROH_NOT_SERIALIZABLE', `${way}: ${what}`)
          assert.ok(Object.hasOwn(error, 'cause'))
          assert.equal(error.cause, thrown)
        }
      }
    }
  }

  function assertThrows(act, message) {
    let thrown
    assert.throws(
      act,
      (error) => {
        thrown = error
        return error instanceof IrohError
      },
      message
    )
    return thrown
  }

  for (const [kind, make] of Object.entries(kinds)) {
    it(`is refused at once, and what only looks like it arrives, at ${kind}`, async () => {
      const { near, far } = await make()
      const errors = []
      far.addEventListener('error', ({ error }) => errors.push(error))
      assertRefuses(waysOf(near))
      const sent = near.stats().sent
      for (const [name, payload] of Object.entries(TAKEN)) {
        const came = once(far, name)
        near.send({ type: name, payload })
        const [{ detail }] = await came
        assert.deepEqual(detail, { type: name, payload })
      }
      assert.equal(near.stats().sent, sent + Object.keys(TAKEN).length)
      assert.deepEqual(errors, [])
      const view = pubsubEventTarget(near)
      assert.throws(() => view.dispatchEvent(new CustomEvent('m', { detail: own })), { code: 'ERR_IROH_FORBIDDEN_KEY' })
    })
  }

  for (const delivery of ['at-most-once', 'resume']) {
    it(`is refused by a hub: ${delivery}`, async () => {
      const { hub, spoke } = await hubAndSpoke({ delivery })
      assertRefuses({
        'broadcast()': (envelope) => hub.broadcast(envelope),
        'send()': (envelope) => hub.send(spoke.nodeId(), envelope)
      })
      const came = once(spoke, 'm')
      hub.broadcast({ type: 'm', payload: TAKEN['255 levels'] })
      assert.deepEqual((await came)[0].detail.payload, TAKEN['255 levels'])
    })
  }

  it('counts from maxDepth, if a side takes more than usual', async () => {
    const { hub, spoke, target } = await hubAndSpoke({ maxDepth: 1000 })
    for (const send of [(envelope) => target.send(envelope), (envelope) => hub.broadcast(envelope)]) {
      const came = once(spoke, 'm')
      send({ type: 'm', payload: nest(999) })
      assert.deepEqual((await came)[0].detail.payload, nest(999))
      assert.throws(() => send({ type: 'm', payload: nest(1000) }), { code: 'ERR_IROH_TOO_DEEP' })
    }
  })

  it('is what others take, though this side takes less', async () => {
    const { hub, spoke } = await hubAndSpoke({ maxDepth: 3 })
    const refused = once(spoke, 'error')
    hub.broadcast({ type: 'm', payload: nest(200) })
    const [{ error }] = await refused
    assert.equal(error.code, 'ERR_IROH_TOO_DEEP')
  })
})
