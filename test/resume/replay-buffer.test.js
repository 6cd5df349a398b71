// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { eventsOf, packBatch, readBatch, textOf } = require('../../lib/resume/batch')
const { ReplayBuffer } = require('../../lib/resume/replay-buffer')
const { seededRandom } = require('../helpers/events')

const BOUNDS = { maxReplayBytes: 1 << 20, maxReplayEvents: 1000 }
const LONG = 10_000
const full = { code: 'ERR_IROH_BUFFER_FULL' }

const endsOf = ({ first, last, size }) => ({ first, last, size })
const event = (number, length = 0) => JSON.stringify({ type: 'event', payload: number, fill: 'x'.repeat(length) })

describe('ReplayBuffer', () => {
  it('gives back every event by its number, however they are gathered, acknowledged and trimmed', () => {
    const random = seededRandom(7)
    const below = (limit) => Math.floor(random() * limit)
    for (let round = 0; round < 200; round++) {
      const buffer = new ReplayBuffer(BOUNDS)
      const events = []
      let transmitted = 0
      for (let step = 0; step < 300; step++) {
        const dice = random()
        if (dice < 0.8) {
          const json = event(events.length + 1, below(10) === 0 ? LONG : below(500))
          if (buffer.count < BOUNDS.maxReplayEvents && buffer.size + json.length <= BOUNDS.maxReplayBytes) {
            buffer.push(json)
            events.push(json)
          }
        } else if (dice < 0.9) {
          const batch = buffer.batchAfter(transmitted)
          if (batch) {
            assert.equal(batch.first, transmitted + 1)
            assert.equal(textOf({ content: packBatch(batch) }), textOf(batch))
            transmitted = batch.last
          }
        } else if (dice < 0.97) {
          const { acknowledged } = buffer
          buffer.acknowledge(acknowledged + below(transmitted - acknowledged + 1))
        } else {
          buffer.trim()
          transmitted = buffer.acknowledged
        }
        assert.equal(buffer.last, events.length)
        assert.equal(buffer.count, events.length - buffer.acknowledged)
      }
      const first = buffer.acknowledged + 1 + below(buffer.count)
      const last = first - 1 + below(buffer.last - first + 2)
      assert.deepEqual(buffer.slice(first, last), events.slice(first - 1, last))
      buffer.trim()
      const rest = events.slice(buffer.acknowledged)
      assert.equal(buffer.size, rest.join('').length)
      const batches = [...buffer.batchesAfter(buffer.acknowledged)]
      assert.deepEqual(
        batches.flatMap((batch) => eventsOf(batch)),
        rest
      )
      const read = batches.map((batch) => readBatch(batch.first, textOf(batch)))
      assert.deepEqual(read.map(endsOf), batches.map(endsOf))
      const again = new ReplayBuffer(BOUNDS, buffer.acknowledged, read)
      assert.deepEqual([again.last, again.size], [buffer.last, buffer.size])
      assert.deepEqual(again.slice(again.acknowledged + 1, again.last), rest)
      buffer.acknowledge(buffer.last)
      assert.deepEqual([buffer.size, buffer.count, buffer.batchAfter(buffer.last)], [0, 0, undefined])
    }
  })

  it('makes batches that are not large, and one of each long event', () => {
    const buffer = new ReplayBuffer(BOUNDS)
    let pushed = 1
    while (!buffer.push(event(pushed, 100))) pushed++
    assert.ok(buffer.size > 16 * 1024 && buffer.size < 32 * 1024)
    buffer.push(event(0))
    assert.equal(buffer.push(event(1, LONG)), true)
    buffer.push(event(2))
    const batches = [...buffer.batchesAfter(0)]
    assert.deepEqual(
      batches.map(({ first, last }) => last - first + 1),
      [pushed, 1, 1, 1]
    )
    assert.equal(Buffer.isBuffer(packBatch(batches[0])), true)
    assert.deepEqual(batches.slice(1).map(packBatch), [event(0), event(1, LONG), event(2)])
  })

  it('is bounded in events and in characters, and roomy again before it is empty', () => {
    const few = new ReplayBuffer({ ...BOUNDS, maxReplayEvents: 4 })
    for (let number = 1; number <= 4; number++) few.push(event(number))
    assert.throws(() => few.push(event(5)), full)
    assert.equal(few.last, 4)
    few.batchAfter(0)
    few.acknowledge(1)
    assert.equal(few.isRoomy, true)
    few.push(event(5))

    const small = new ReplayBuffer({ ...BOUNDS, maxReplayBytes: 1000 })
    small.push('x'.repeat(600))
    assert.throws(() => small.push('x'.repeat(401)), full)
    small.push('x'.repeat(400))
    assert.equal(small.isRoomy, false)
  })

  it('tells of the last event that was forgotten, which is the last of a batch', () => {
    const buffer = new ReplayBuffer(BOUNDS)
    for (let number = 1; number <= 6; number++) {
      buffer.push(event(number))
      if (number % 3 === 0) buffer.batchAfter(number - 3)
    }
    assert.deepEqual(
      [1, 2, 3, 5, 6].map((number) => buffer.acknowledge(number)),
      [0, 0, 3, 0, 6]
    )
  })
})
