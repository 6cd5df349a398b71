// SPDX-License-Identifier: MIT
// Two hubs that dial each other over a path with delay and loss, at whatever moments a seed says, and send meanwhile.
'use strict'

const assert = require('node:assert/strict')
const { setTimeout: sleep } = require('node:timers/promises')
const { createHub } = require('event-target-iroh')
const { local } = require('./endpoints')
const { seededRandom } = require('./events')
const { UdpProxy } = require('./udp-proxy')

/** Long enough for a handshake whose packets are lost again and again. */
const DIAL_MS = 30_000
const MAX_GAP_MS = 300
const MAX_DELAY_MS = 200
const MAX_LOSS = 0.1
const MAX_EVENTS = 20
const MAX_SEND_GAP_MS = 60
const BIG = 'x'.repeat(3000)

/** How one run goes, by its seed. */
function plan(seed) {
  const about = draw(seed)
  // resume() lets events out that nobody listens to.
  const lateMs = about.lateMs.map((ms, index) => (about.pauses[index] > 0 ? 0 : ms))
  return { ...about, lateMs }
}

function draw(seed) {
  const random = seededRandom(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  return {
    delivery: pick(['at-most-once', 'at-most-once', 'resume']),
    slowSpoke: pick(['wait', 'drop-oldest']),
    gapMs: random() < 0.3 ? 0 : Math.floor(random() * MAX_GAP_MS),
    delays: [0, 0].map(() => (random() < 0.2 ? 0 : Math.floor(random() * MAX_DELAY_MS))),
    loss: random() < 0.5 ? 0 : random() * MAX_LOSS,
    isSecondFirst: random() < 0.5,
    dialsTwice: random() < 0.2,
    operations: random() < 0.3 ? ['something'] : undefined,
    events: [0, 0].map(() => 1 + Math.floor(random() * MAX_EVENTS)),
    sendGapMs: random() < 0.4 ? 0 : random() * MAX_SEND_GAP_MS,
    pauses: [0, 0].map(() => (random() < 0.2 ? Math.floor(random() * 800) : 0)),
    lateMs: [0, 0].map(() => (random() < 0.2 ? Math.floor(random() * 800) : 0)),
    payload: random() < 0.2 ? BIG : ''
  }
}

/** A hub and the program around it. */
class Side {
  got = []
  told = []

  async open({ delivery, slowSpoke, operations }, index, { pauses, lateMs }) {
    const slow = delivery === 'resume' ? {} : { slowSpoke }
    this.hub = await createHub({ delivery, operations, ...slow, endpointOptions: local })
    this.hub.on('spoke', async (target) => {
      this.told.push('spoke')
      if (pauses[index] > 0) this.#pause(target, pauses[index])
      if (lateMs[index] > 0) await sleep(lateMs[index])
      target.addEventListener('n', ({ detail }) => this.got.push(detail.payload.n))
    })
    this.hub.on('spokeclose', (_nodeId, { code, reason }) => this.told.push(`spokeclose(${code} ${reason})`))
  }

  async #pause(target, ms) {
    target.pause()
    await sleep(ms)
    target.resume()
  }

  /** Dials, and sends from when that has succeeded. */
  async run(peer, { dialsTwice, events, sendGapMs, payload }, index) {
    const dials = [this.hub.dial(peer, { timeoutMs: DIAL_MS })]
    if (dialsTwice) dials.push(this.hub.dial(peer, { timeoutMs: DIAL_MS }))
    const targets = await Promise.all(dials)
    this.target = targets[0]
    assert.equal(new Set(targets).size, 1, 'two dials gave two targets')
    for (let n = 1; n <= events[index]; n++) {
      this.target.send({ type: 'n', payload: { n, payload } })
      if (sendGapMs > 0) await sleep(sendGapMs)
    }
  }
}

/** Each run has a network of its own: what is sent to addresses of one is bounded (docs/design/hearsay.md). */
function hostOf(seed) {
  return `127.${1 + ((seed >> 8) % 250)}.${seed & 255}.1`
}

const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1)

/** @param {object} [fixed] what is not as the seed says @throws what was not as it should be */
async function runCrossing(seed, fixed) {
  const about = { ...plan(seed), ...fixed }
  const sides = [new Side(), new Side()]
  const proxies = []
  try {
    await Promise.all(sides.map((side, index) => side.open(about, index, about)))
    for (const [index, { hub }] of sides.entries()) {
      const [address] = hub.addr().directAddresses
      const proxy = await UdpProxy.open(address, { loss: about.loss, seed: seed * 2 + index, host: hostOf(seed) })
      proxy.delayMs = about.delays[index]
      proxies.push(proxy)
    }
    const peers = sides.map(({ hub }, index) => ({ nodeId: hub.nodeId(), directAddresses: [proxies[index].address] }))
    const order = about.isSecondFirst ? [1, 0] : [0, 1]
    const first = sides[order[0]].run(peers[order[1]], about, order[0])
    first.catch(() => {}) // it is awaited below
    await sleep(about.gapMs)
    await Promise.all([first, sides[order[1]].run(peers[order[0]], about, order[1])])
    await settled(sides, about)
  } catch (error) {
    error.message = `seed ${seed}: ${error.message}; ${JSON.stringify({ ...about, payload: about.payload.length })}; ${sides.map(tell).join(' | ')}`
    throw error
  } finally {
    for (const proxy of proxies) proxy.close()
    await Promise.all(sides.map(({ hub }) => hub?.endpoint.close()))
  }
}

function tell({ told, got }) {
  return `${told.join(' ')}; got ${got.join(' ')}`
}

/** Both are spokes of each other by one connection, and have all events in order. */
async function settled(sides, { events }) {
  const isSettled = () =>
    sides.every(
      ({ hub, got }, index) => connectionsOf(hub, sides[1 - index].hub) === 1 && got.length >= events[1 - index]
    )
  for (const end = performance.now() + 30_000; !isSettled() && performance.now() < end; ) await sleep(20)
  for (const [index, { hub, got, told, target }] of sides.entries()) {
    const other = sides[1 - index].hub
    assert.deepEqual(got, numbers(events[1 - index]), `side ${index} did not get each event once, in order`)
    assert.deepEqual(told, ['spoke'], `side ${index} was told more than of one spoke`)
    assert.equal(connectionsOf(hub, other), 1, `side ${index} has not one connection`)
    assert.equal(hub.spokes.get(other.nodeId()), target, `side ${index} has another spoke than dial() gave`)
  }
  const [near, far] = sides.map(({ target }) => target.connection.side())
  assert.notEqual(near, far, 'the two sides keep different connections')
}

function connectionsOf(hub, other) {
  return hub.endpoint.remoteInfo(other.nodeId())?.connections ?? 0
}

module.exports = { runCrossing }
