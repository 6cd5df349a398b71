// SPDX-License-Identifier: MIT
// Both sides of a session as a program of steps: a dialler and a hub joined by wires that are cut wherever the steps say,
// with stores that outlive them, and programs that note what they were given.
'use strict'

const assert = require('node:assert/strict')
const { IrohError } = require('../../lib/base/errors')
const { splitFrames } = require('../../lib/event-target/frame-text')
const { Acceptor, answerTo } = require('../../lib/resume/acceptor')
const { readBatch, textOf } = require('../../lib/resume/batch')
const { readAsked, registerJson } = require('../../lib/resume/control')
const { Dialler } = require('../../lib/resume/dialler')
const { Session } = require('../../lib/resume/session')
const { FakeClock } = require('./fake-clock')

const BOUNDS = { maxReplayBytes: 1 << 20, maxReplayEvents: 10000, maxFrameLength: 1 << 16, answerTimeoutMs: 3000 }
/** With so many frames each way a wire is full. */
const WIRE_ROOM = 8

const ENDLESS = 100

/** Payloads of all lengths that are treated apart, and of more bytes than characters. */
const FILLS = [
  '',
  'x'.repeat(700),
  'é'.repeat(1800),
  '漢'.repeat(1500),
  'y'.repeat(8140),
  '😀'.repeat(2000),
  'z'.repeat(9000)
]

function payloadOf(number) {
  return { number, fill: FILLS[(number * 5 + (number >> 3)) % FILLS.length] }
}

class Killed extends Error {}

const copyOf = (batch) => readBatch(batch.first, textOf(batch))

/** What a Slot keeps, in memory; dies in the middle of a call when told to. */
class MemoryStore {
  #session = null
  /** The process dies before it writes the next count. */
  killsAtReceive = false

  restore() {
    return this.#session && { ...this.#session, batches: this.#session.batches.map(copyOf) }
  }

  begin({ id, established, batches }) {
    this.#session = { id, established, acknowledged: 0, batches: batches.map(copyOf), received: 0 }
  }

  establish() {
    this.#session.established = true
  }

  append(batches) {
    const { batches: kept, acknowledged } = this.#session
    if (batches[0].first !== (kept.at(-1)?.last ?? acknowledged) + 1) throw new Error('a hole in the store')
    kept.push(...batches.map(copyOf))
  }

  acknowledge(received, forgotten) {
    const session = this.#session
    if (received <= session.acknowledged || forgotten > received) throw new Error('acknowledged twice')
    session.batches = session.batches.filter(({ first }) => first > forgotten)
    session.acknowledged = received
  }

  receive(received) {
    if (this.killsAtReceive) {
      this.killsAtReceive = false
      throw new Killed()
    }
    if (received !== this.#session.received + 1) throw new Error('a hole in what was received')
    this.#session.received = received
  }

  remove() {
    this.#session = null
  }
}

/** One end of a connection: what is pushed waits until the model moves it. */
class WireEnd {
  queue = []
  #drainers = []
  isBroken = false
  /** How often it was asked for room when it was broken. */
  asked = 0

  push(json) {
    this.#put([json])
  }

  pushFrames(content) {
    this.#put(splitFrames(content.toString()))
  }

  get bufferedAmount() {
    return this.queue.length
  }

  get lowWater() {
    return 0
  }

  ask() {}

  /** The other side reads, and says nothing. */
  get isHeard() {
    return true
  }

  drained() {
    if (this.isBroken && ++this.asked < ENDLESS) return Promise.resolve()
    return new Promise((resolve, reject) => this.#drainers.push({ resolve, reject }))
  }

  shift() {
    const json = this.queue.shift()
    if (this.queue.length < WIRE_ROOM / 2) for (const { resolve } of this.#drainers.splice(0)) resolve()
    return JSON.parse(json)
  }

  #put(frames) {
    if (this.isBroken) throw new IrohError('ERR_IROH_CLOSED')
    if (this.queue.length >= WIRE_ROOM) throw new IrohError('ERR_IROH_BUFFER_FULL')
    this.queue.push(...frames)
  }

  break() {
    this.isBroken = true
    this.queue = []
  }

  cut() {
    this.break()
    for (const { reject } of this.#drainers.splice(0)) reject(new IrohError('ERR_IROH_CLOSED'))
  }
}

/** A program of either side: sends numbered events and notes what it gets. It outlives its process. */
class Program {
  sent = 0
  /** The numbers dispatched here, in order. */
  got = []
  /** What it noted together with the last of them. */
  place = { session: null, sequence: 0 }
  /** The numbers it was told may not have arrived, and those that were unacknowledged when its process was killed. */
  lost = []
  casualties = []
}

/** A dialler, a hub, and the connection between them if there is one. */
class Model {
  clock = new FakeClock()
  programs = { dialler: new Program(), hub: new Program() }
  stores
  sides = { dialler: null, hub: null }
  sessionsLost = 0
  /** Whether a side went on asking a broken wire for room. */
  isRestless = false
  #wire = null
  #dead = new Set()

  /** @param {{ spools: boolean }} options with spools a killed side goes on; without it has forgotten everything */
  constructor({ spools }) {
    this.stores = spools ? { dialler: new MemoryStore(), hub: new MemoryStore() } : { dialler: null, hub: null }
    this.#startDialler()
  }

  /** What is in force; null: nothing is. */
  get delivery() {
    const { dialler } = this.sides
    return dialler.link.isLive || dialler.delivery === 'at-most-once' ? dialler.delivery : null
  }

  get isConnected() {
    return this.#wire !== null
  }

  connect() {
    this.cut()
    this.#wire = { up: new WireEnd(), down: new WireEnd(), isGreeted: false }
    this.sides.dialler.attach(this.#wire.up)
  }

  /** Nothing moves any more, and the sides have not heard of it yet. */
  break() {
    this.#wire?.up.break()
    this.#wire?.down.break()
  }

  cut() {
    if (!this.#wire) return
    const { up, down } = this.#wire
    this.#wire = null
    if (Math.max(up.asked, down.asked) >= ENDLESS) this.isRestless = true
    up.cut()
    down.cut()
    this.sides.dialler.detach()
    this.sides.hub?.detach()
  }

  /** @returns {boolean} whether it was taken */
  send(name) {
    const program = this.programs[name]
    if (!this.sides[name]) return false // a hub before its first session
    try {
      this.sides[name].link.send(JSON.stringify({ type: 'event', payload: payloadOf(program.sent + 1) }))
    } catch (error) {
      if (error.code !== 'ERR_IROH_BUFFER_FULL') throw error
      return false
    }
    program.sent++
    return true
  }

  /** Moves one frame from a side to the other, if one is on its way. */
  move(from) {
    const wire = this.#wire
    const end = from === 'dialler' ? wire?.up : wire?.down
    if (!end || end.queue.length === 0) return false
    const envelope = end.shift()
    if (from === 'hub') this.sides.dialler.receive(envelope)
    else if (wire.isGreeted) this.sides.hub.receive(envelope)
    else this.#greet(wire, envelope)
    this.#buryDead()
    return true
  }

  /** The side's process dies, at once or between the next event's effect and the note of it. */
  kill(name, atReceive = false) {
    if (!this.sides[name]) return
    if (atReceive && this.stores[name]) this.stores[name].killsAtReceive = true
    else {
      this.#dead.add(name)
      this.#buryDead()
    }
  }

  #buryDead() {
    for (const name of this.#dead) {
      this.#dead.delete(name)
      const { session } = this.sides[name].link
      const program = this.programs[name]
      if (!this.stores[name]) {
        program.casualties.push(...session.unkept().map(({ payload }) => payload.number))
      }
      this.cut()
      // Its microtasks die with it.
      this.sides[name].link.end(new IrohError('ERR_IROH_CLOSED'))
      this.sides[name] = null
      if (name === 'dialler') this.#startDialler()
      else if (this.stores.hub?.restore()) this.#accept(this.#restored('hub'))
    }
  }

  #startDialler() {
    const store = this.stores.dialler
    const session = this.#restored('dialler') ?? Session.begin(BOUNDS, { store })
    const program = this.programs.dialler
    const owner = {
      ...this.#ownerOf('dialler'),
      onLost: ({ unacknowledged }) => this.#lose(program, unacknowledged),
      onUseless: () => this.cut()
    }
    this.sides.dialler = new Dialler({ bounds: BOUNDS, owner, session, store, clock: this.clock })
  }

  #accept(session) {
    const owner = { ...this.#ownerOf('hub'), onMismatch: () => this.#loseHub() }
    this.sides.hub = new Acceptor({ bounds: BOUNDS, owner, session, clock: this.clock })
  }

  /** The first frame of a connection, as a hub takes it. */
  #greet(wire, envelope) {
    const asked = readAsked(envelope.payload)
    wire.isGreeted = true
    wire.down.push(registerJson())
    const answer = answerTo(this.sides.hub, asked)
    if (answer.id) {
      if (this.sides.hub) this.#loseHub()
      this.#accept(Session.begin(BOUNDS, { id: answer.id, store: this.stores.hub }))
    }
    this.sides.hub.attach(wire.down, answer.received)
  }

  #loseHub() {
    const { session } = this.sides.hub.link
    const unacknowledged = [...session.uncertain(), ...session.untransmitted().map((json) => JSON.parse(json))]
    this.#lose(this.programs.hub, unacknowledged)
    this.sides.hub.end(new IrohError('ERR_IROH_SESSION_LOST'))
    session.forget()
    this.sides.hub = null
  }

  #lose(program, unacknowledged) {
    this.sessionsLost++
    program.lost.push(...unacknowledged.map(({ payload }) => payload.number))
  }

  #ownerOf(name) {
    const program = this.programs[name]
    return {
      deliver: ({ type, payload }, sequence, session) => {
        if (type !== 'event') return
        assert.deepEqual(payload, payloadOf(payload.number))
        program.got.push(payload.number)
        program.place = { session, sequence }
      },
      onFailed: (error) => {
        if (!(error instanceof Killed)) throw error
        this.#dead.add(name)
      }
    }
  }

  #restored(name) {
    const store = this.stores[name]
    const kept = store?.restore()
    if (!kept) return null
    const session = Session.restore(BOUNDS, store, kept)
    const program = this.programs[name]
    if (program.place.session === session.id) session.correctReceived(program.place.sequence)
    program.sent = session.sent
    return session
  }
}

module.exports = { BOUNDS, Model }
