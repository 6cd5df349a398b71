// SPDX-License-Identifier: MIT
// A hub and a spoke that pause, work without a break, send, and lose their connection as a seed says.
'use strict'

const assert = require('node:assert/strict')
const { SecretKey } = require('event-target-iroh')
const { Hub } = require('../../lib/hub/hub')
const { Spoke } = require('../../lib/hub/spoke')
const { readDelivery } = require('../../lib/resume/options')
const { openKept, resumingSpoke } = require('../../lib/resume/spoke-session')
const { seededRandom } = require('./events')
const { FakeConnection, FakeEndpoint, World } = require('./loop-model')

const STEP_MS = 20
const OPERATIONS = 60
const BETWEEN_MS = [0, 20, 100, 400, 1500]
const WORK_MS = [30, 400, 1500, 4000, 9000]
const ALPN = 'model/1'
const TARGET_OPTIONS = { maxFrameLength: 1 << 15, maxDepth: 256, maxBufferedAmount: 1 << 20, operations: undefined }
const NODE_IDS = [1, 2].map((byte) => SecretKey.fromBytes(Buffer.alloc(32, byte)).nodeId())
const RECONNECT = { minDelayMs: 0, maxDelayMs: 0, maxAttempts: Number.POSITIVE_INFINITY, fromStart: true }
const FILLS = ['', 'x'.repeat(200), 'y'.repeat(3000)]

const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1)

/** The two programs, and what goes on between them. */
class Model {
  world = new World()
  got = { spoke: [], hub: [] }
  sent = { spoke: 0, hub: 0 }
  told = []
  cuts = 0
  target = null
  #connections = []

  /** @param {{ delivery: string, delayMs: number, operations?: string[], replay?: number }} about */
  constructor({ delivery, delayMs, operations }) {
    const { world } = this
    const [hubEndpoint, spokeEndpoint] = NODE_IDS.map((nodeId) => new FakeEndpoint(nodeId))
    const targetOptions = { ...TARGET_OPTIONS, operations }
    const optionsOf = (clock) => {
      const read = readDelivery({ delivery }, targetOptions)
      return read && { ...read, clock }
    }
    const welcome = { max: 100, timeoutMs: 10_000 }
    const resume = optionsOf(world.loops.hub)
    this.hub = new Hub({ endpoint: hubEndpoint, alpn: ALPN, targetOptions, welcome, slowSpoke: 'wait', resume })
    this.hub.on('spoke', (target) => this.#onSpoke(target))
    this.hub.on('spokeclose', (_nodeId, reason) => this.told.push(`spokeclose ${reason.kind} ${reason.reason}`))
    spokeEndpoint.connect = () => this.#connect(hubEndpoint, delayMs)
    this.spoke = this.#makeSpoke(spokeEndpoint, targetOptions, optionsOf(world.loops.spoke))
    this.#listen('spoke', this.spoke)
    this.spoke.startLater()
  }

  pauseOrResume(name, isPause) {
    const target = name === 'spoke' ? this.spoke : this.target
    if (isPause) target?.pause()
    else target?.resume()
  }

  send(name, fill) {
    const target = name === 'spoke' ? this.spoke : this.target
    if (!target) return
    try {
      target.send({ type: 'n', payload: { n: this.sent[name] + 1, fill } })
      this.sent[name]++
    } catch (error) {
      const isExpected = error.code === 'ERR_IROH_BUFFER_FULL' || this.#mayNotBeConnected(name, error.code)
      if (!isExpected) throw error
    }
  }

  /** The connection is closed by one of the programs, or its packets get lost. */
  cut(name) {
    const connection = this.#connections.at(-1)
    if (!connection || connection.closeReason()) return
    this.cuts++
    if (name === 'path') connection.cut()
    else (name === 'spoke' ? connection : connection.peer).close(99)
  }

  get isConnected() {
    return this.spoke.state === 'connected'
  }

  #mayNotBeConnected(name, code) {
    if (this.spoke.session) return false
    return name === 'spoke' ? code === 'ERR_IROH_NOT_CONNECTED' : true
  }

  #makeSpoke(endpoint, targetOptions, resume) {
    const [hub] = NODE_IDS
    const about = { endpoint, hub, alpn: ALPN, reconnect: RECONNECT, targetOptions }
    if (!resume) return new Spoke(about)
    return new (resumingSpoke(Spoke))({ ...about, resume, kept: openKept(resume, hub) })
  }

  async #connect(hubEndpoint, delayMs) {
    const { world } = this
    const { spoke, hub } = world.loops
    const far = new FakeConnection(world, hub, { delayMs, remote: NODE_IDS[1] })
    const near = new FakeConnection(world, spoke, { isDialled: true, delayMs, remote: NODE_IDS[0] })
    far.peer = near
    near.peer = far
    this.#connections.push(near)
    const roundTrip = (resolve) =>
      hub.arrive(world.now + delayMs, () => spoke.arrive(world.now + delayMs, () => resolve(near)))
    await new Promise(roundTrip)
    near.send(() => hubEndpoint.accept(far))
    return near
  }

  #onSpoke(target) {
    this.told.push('spoke')
    this.target = target
    this.#listen('hub', target)
  }

  #listen(name, target) {
    target.addEventListener('n', ({ detail }) => this.got[name].push(detail.payload.n))
    target.addEventListener('error', ({ error }) => this.told.push(`${name}: ${error.code} ${error.message}`))
  }
}

/** One run: random steps, then peace until all has arrived that is to arrive. */
async function runSilence(seed) {
  const random = seededRandom(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  const delivery = random() < 0.75 ? 'resume' : 'at-most-once'
  const about = { delivery, delayMs: pick([1, 30, 100]), operations: random() < 0.3 ? ['x'] : undefined }
  const model = new Model(about)
  try {
    for (let operation = 0; operation < OPERATIONS; operation++) {
      const dice = random()
      const name = pick(['spoke', 'hub'])
      if (dice < 0.4) for (let count = 1 + Math.floor(random() * 8); count > 0; count--) model.send(name, pick(FILLS))
      else if (dice < 0.6) model.pauseOrResume(name, random() < 0.6)
      else if (dice < 0.7) model.world.loops[name].work(pick(WORK_MS))
      else if (dice < 0.76) model.cut(pick(['spoke', 'hub', 'path']))
      else for (let ms = pick(BETWEEN_MS); ms >= 0; ms -= STEP_MS) await model.world.step(STEP_MS)
    }
    await settle(model)
    check(model, delivery)
  } catch (error) {
    error.message = `seed ${seed} (${JSON.stringify(about)}, ${model.cuts} cuts): ${error.message}; ${model.told.join(', ')}`
    throw error
  }
}

async function settle(model) {
  for (const name of ['spoke', 'hub']) model.pauseOrResume(name, false)
  const isAcknowledged = () => model.spoke.session === null || model.spoke.session.replaySize === 0
  const hasAll = (name) => model.got[other(name)].length >= model.sent[name]
  const isDone = () => model.target !== null && hasAll('spoke') && hasAll('hub') && isAcknowledged()
  for (let quiet = 0, ms = 0; quiet < 3000 && ms < 120_000; ms += STEP_MS) {
    model.pauseOrResume('hub', false) // there may be another target
    await model.world.step(STEP_MS)
    quiet = isDone() && model.isConnected ? quiet + 200 : quiet + (model.spoke.session ? 0 : STEP_MS / 10)
  }
}

function other(name) {
  return name === 'spoke' ? 'hub' : 'spoke'
}

function check({ got, sent, told, spoke, cuts }, delivery) {
  assert.equal(spoke.state, 'connected')
  for (const name of ['spoke', 'hub']) {
    const had = got[other(name)]
    if (delivery === 'resume' || cuts === 0)
      assert.deepEqual(had, numbers(sent[name]), `${name}'s events did not arrive once, in order`)
    else
      assert.deepEqual(
        had,
        [...new Set(had)].sort((a, b) => a - b),
        `${name}'s events came twice or out of order`
      )
  }
  if (delivery !== 'resume') return
  // A spoke dials a hub that works for too long again, and reports that.
  const others = told.filter((what) => !what.startsWith('spoke: ERR_IROH_TIMEOUT'))
  assert.deepEqual(others, ['spoke'])
  assert.equal(spoke.delivery, 'resume')
  assert.equal(spoke.session.replaySize, 0)
}

module.exports = { runSilence }
