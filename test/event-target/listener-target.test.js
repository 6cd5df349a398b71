// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const events = require('node:events')
const { pubsubEventTarget } = require('event-target-iroh')
const { kFire } = require('../../lib/base/symbols')
const { ListenerTarget } = require('../../lib/event-target/listener-target')
const { useEventTargets } = require('../helpers/event-targets')
const { seededRandom } = require('../helpers/events')

const plain = new EventTarget()
plain.addEventListener('a', () => {})
const kEvents = Object.getOwnPropertySymbols(plain).find(({ description }) => description === 'kEvents')

/** The names that Node's EventTarget holds; it may have no map yet. */
const namesOf = (target) => [...(target[kEvents]?.keys() ?? [])]

/** The ways in which a listener for one event comes and goes: (target, name, heard, let the event come). */
const WAYS = {
  async once(target, name, heard, come) {
    target.addEventListener(name, heard, { once: true })
    await come()
  },
  async 'an object, once'(target, name, heard, come) {
    target.addEventListener(name, { handleEvent: heard }, { once: true, capture: true, passive: true })
    await come()
  },
  async 'events.once()'(target, name, heard, come) {
    const came = events.once(target, name)
    await come()
    heard(...(await came))
  },
  async 'events.once() with a signal'(target, name, heard, come) {
    const came = events.once(target, name, { signal: new AbortController().signal })
    await come()
    heard(...(await came))
  },
  async 'events.on()'(target, name, heard, come) {
    const coming = come()
    for await (const [event] of events.on(target, name)) {
      heard(event)
      break
    }
    await coming
  },
  async 'a signal of its own'(target, name, heard, come) {
    const controller = new AbortController()
    target.addEventListener(name, heard, { signal: controller.signal })
    await come()
    controller.abort()
  },
  async 'a signal that lives on, and once'(target, name, heard, come) {
    target.addEventListener(name, heard, { signal: longLived, once: true })
    await come()
  },
  async 'its own hand'(target, name, heard, come) {
    target.addEventListener(name, function hear(event) {
      heard(event)
      target.removeEventListener(name, hear)
    })
    await come()
  },
  async "somebody's hand, before the event"(target, name, heard, come) {
    const never = () => assert.fail('it was removed')
    target.addEventListener(name, never, { once: true, capture: true })
    target.addEventListener(name, never, { signal: longLived })
    target.removeEventListener(name, never, true)
    target.removeEventListener(name, never)
    await WAYS.once(target, name, heard, come)
  }
}

const longLived = new AbortController().signal

describe('Listeners of an event target', () => {
  const { kinds } = useEventTargets()

  it("find the names that Node's EventTarget holds", () => {
    assert.deepEqual(namesOf(plain), ['a'])
  })

  for (const [kind, make] of Object.entries(kinds)) {
    it(`leave nothing behind, however they go, at ${kind}`, async () => {
      const { near, far } = await make()
      for (const target of [far, pubsubEventTarget(far)]) {
        const before = namesOf(far)
        for (const [way, listen] of Object.entries(WAYS)) {
          for (let n = 0; n < 3; n++) {
            let count = 0
            const name = `answer:${way} ${n}`
            const heard = ({ type }) => {
              assert.equal(type, name)
              count++
            }
            const come = async () => {
              const [type, id] = name.split(':')
              const last = events.once(far, 'last')
              near.send({ type, id })
              near.send({ type: 'last' })
              await last
            }
            await listen(target, name, heard, come)
            assert.equal(count, 1, way)
          }
        }
        assert.deepEqual(namesOf(far), before)
        assert.deepEqual(events.getEventListeners(longLived, 'abort'), [])
      }
    })
  }

  it('are as many as a program wants, without a warning', async () => {
    const { near, far } = await kinds['a spoke']()
    const warned = []
    const onWarning = (warning) => warned.push(warning)
    process.on('warning', onWarning)
    const { signal } = new AbortController()
    for (let n = 0; n < 30; n++) {
      far.addEventListener('a', () => {}, { signal })
      near.addEventListener('a', () => {})
      pubsubEventTarget(far).addEventListener('b', () => {}, { signal })
    }
    await new Promise(setImmediate)
    process.off('warning', onWarning)
    assert.deepEqual(warned, [])
  })
})

describe('ListenerTarget', () => {
  it('removes every listener of a signal, whatever the garbage collector does meanwhile', () => {
    const target = new ListenerTarget()
    const controller = new AbortController()
    for (let n = 0; n < 1000; n++) target.addEventListener(`${n % 100}`, () => {}, { signal: controller.signal })
    assert.equal(events.getEventListeners(controller.signal, 'abort').length, 1)
    controller.abort()
    assert.deepEqual(namesOf(target), [])
    target.addEventListener('late', () => {}, { signal: controller.signal, once: true })
    assert.deepEqual(namesOf(target), [])
  })

  it('reads removeEventListener(name, listener, true)', () => {
    const target = new ListenerTarget()
    const heard = []
    const hear = ({ type }) => heard.push(type)
    target.addEventListener('a', hear, true)
    target.addEventListener('a', hear)
    target.removeEventListener('a', hear, true)
    target[kFire](new Event('a'))
    target.removeEventListener('a', hear, false)
    target[kFire](new Event('a'))
    assert.deepEqual(heard, ['a'])
    assert.deepEqual(namesOf(target), [])
  })

  it("refuses what Node's EventTarget refuses", () => {
    for (const target of [new EventTarget(), new ListenerTarget()]) {
      for (const options of [{ signal: 5 }, { signal: null }, 5]) {
        assert.throws(() => target.addEventListener('a', () => {}, options), { code: 'ERR_INVALID_ARG_TYPE' })
      }
      assert.throws(() => target.addEventListener('a', 5), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.deepEqual(namesOf(target), [])
    }
  })

  it("does what Node's EventTarget does, in any order of calls", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const nodes = new EventTarget()
      events.setMaxListeners(0, nodes)
      const logs = [nodes, new ListenerTarget()].map((target) => playRandomly(target, seededRandom(seed)))
      assert.deepEqual(logs[1], logs[0], `seed ${seed}`)
    }
  })
})

/** Adds, removes and dispatches, also while an event is dispatched. @returns {string[]} what was heard, and what is left */
function playRandomly(target, random) {
  const log = []
  const pick = (list) => list[Math.floor(random() * list.length)]
  const names = ['a', 'b', 'c']
  const options = [undefined, {}, { once: true }, { capture: true }, { once: true, capture: true }, { passive: true }]
  const listeners = Array.from({ length: 6 }, (_, index) => {
    const hear = (event) => {
      log.push(`${event.type} heard by ${index}, phase ${event.eventPhase}, ${event.target === target}`)
      if (random() < 0.4) act(event)
    }
    return index % 2 ? hear : { handleEvent: hear }
  })
  const fire = (event) => (target[kFire] ? target[kFire](event) : target.dispatchEvent(event))

  function act(event) {
    const kind = random()
    if (kind < 0.5) target.addEventListener(pick(names), pick(listeners), pick(options))
    else if (kind < 0.8) target.removeEventListener(pick(names), pick(listeners), pick([undefined, { capture: true }]))
    else if (event && kind < 0.85) event.stopImmediatePropagation()
    else if (event && kind < 0.95) fire(new Event(pick(names)))
  }

  for (let step = 0; step < 60; step++) {
    act()
    if (random() < 0.5) fire(new Event(pick(names)))
    for (const name of names) log.push(`${name}: ${events.getEventListeners(target, name).length}`)
  }
  return log
}
