// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { Patience } = require('../../lib/base/patience')
const { work } = require('../helpers/events')
const { FakeClock } = require('../helpers/fake-clock')

describe('Patience', () => {
  let clock, isOver

  beforeEach(() => {
    clock = new FakeClock()
    isOver = false
  })

  const begin = (ms) =>
    new Patience(
      ms,
      () => {
        isOver = true
      },
      clock
    )

  it('is over after its time', () => {
    begin(800)
    clock.advance(799)
    assert.equal(isOver, false)
    clock.advance(1)
    assert.equal(isOver, true)
    assert.equal(clock.pending, 0)
  })

  it('counts a piece of work as an eighth of it', () => {
    begin(800)
    clock.work(5000)
    clock.advance(699)
    assert.equal(isOver, false)
    clock.advance(1)
    assert.equal(isOver, true)
  })

  it('waits an eighth longer after work at its end', () => {
    begin(800)
    clock.advance(790)
    clock.work(5000)
    clock.advance(99)
    assert.equal(isOver, false)
    clock.advance(1)
    assert.equal(isOver, true)
  })

  it('is over after nine pieces of work, however long they are', () => {
    begin(800)
    for (let count = 0; count < 9; count++) clock.work(60_000)
    clock.advance(0)
    assert.equal(isOver, true)
  })

  it('can be stopped, also in the turn in which it is over', () => {
    begin(800).stop()
    const late = begin(800)
    clock.work(100)
    for (let count = 0; count < 7; count++) clock.work(100)
    late.stop()
    clock.advance(10_000)
    assert.equal(isOver, false)
    assert.equal(clock.pending, 0)
  })

  it('lets the sockets be read before it is over', async () => {
    const [near, far] = [dgram.createSocket('udp4'), dgram.createSocket('udp4')]
    near.bind(0, '127.0.0.1')
    await once(near, 'listening')
    const order = []
    near.once('message', () => order.push('answer'))
    const over = new Promise((resolve) => new Patience(8, resolve)).then(() => order.push('over'))
    far.send('answer', near.address().port, '127.0.0.1')
    await once(far, 'listening')
    work(100)
    await over
    assert.deepEqual(order, ['answer', 'over'])
    near.close()
    far.close()
  })
})
