// SPDX-License-Identifier: MIT
// Sessions under every schedule of cuts, deaths and delays that a seed can think of.
'use strict'

const assert = require('node:assert/strict')
const { seededRandom } = require('../helpers/events')
const { Model } = require('../helpers/resume-model')

const SCHEDULES = Number(process.env.RESUME_SCHEDULES ?? 800)
const STEPS = 120
const NAMES = ['dialler', 'hub']
/** What is sent in one turn. */
const BURSTS = [['dialler'], ['hub'], ['dialler', 'hub', 'dialler'], Array(5).fill('hub'), Array(5).fill('dialler')]

const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1)

/** One schedule: random steps, then peace until everything that is to arrive has arrived. */
async function run(seed, options) {
  const random = seededRandom(seed)
  const model = new Model(options)
  const pick = (list) => list[Math.floor(random() * list.length)]
  for (let step = 0; step < STEPS; step++) {
    const dice = random()
    if (dice < 0.25) for (const name of pick(BURSTS)) model.send(name)
    else if (dice < 0.85) model.move(pick(NAMES))
    else if (dice < 0.91 || !model.isConnected) model.connect()
    else if (dice < 0.93) model.cut()
    else if (dice < 0.94) model.break()
    else if (dice < 0.97) model.kill(pick(NAMES), random() < 0.5)
    else model.clock.advance(30)
    if (random() < 0.5) await new Promise(setImmediate)
  }
  model.connect()
  for (let quiet = 0; quiet < 6; ) {
    await new Promise(setImmediate)
    if (!model.isConnected) model.connect()
    const moved = NAMES.map((name) => model.move(name)).some(Boolean)
    if (!moved) model.clock.advance(30)
    quiet = moved ? 0 : quiet + 1
  }
  return model
}

/** What each side got of the other. */
function* directions({ programs: { dialler, hub } }) {
  yield [dialler, hub]
  yield [hub, dialler]
}

describe('A session', function () {
  this.timeout(SCHEDULES * 100)

  it('dispatches each event exactly once and in order, whatever is cut or killed, with spools', async () => {
    let events = 0
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const model = await run(seed, { spools: true })
      for (const [from, to] of directions(model)) {
        assert.deepEqual(to.got, numbers(from.sent), `seed ${seed}`)
        events += from.sent
      }
      assert.equal(model.sessionsLost, 0, `seed ${seed}`)
      assert.equal(model.isRestless, false, `seed ${seed}`)
      assert.equal(model.delivery, 'resume')
      for (const side of Object.values(model.sides)) assert.equal(side.link.session.replaySize, 0, `seed ${seed}`)
    }
    assert.ok(events > SCHEDULES * 10, `only ${events} events`)
  })

  it('tells of every event that may be lost, and repeats none, when a side forgets everything', async () => {
    let lost = 0
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const model = await run(seed, { spools: false })
      for (const [from, to] of directions(model)) {
        const expected = [...new Set(to.got)].sort((a, b) => a - b)
        assert.deepEqual(to.got, expected, `seed ${seed}: repeated or out of order`)
        const told = new Set([...from.lost, ...from.casualties, ...to.got])
        assert.deepEqual(
          numbers(from.sent).filter((number) => !told.has(number)),
          [],
          `seed ${seed}: lost without a word`
        )
        lost += from.lost.length
      }
    }
    assert.ok(lost > 0)
  })
})
