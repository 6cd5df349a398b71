// SPDX-License-Identifier: MIT
// A hub and a spoke, each with an event loop of its own, in a time that the test makes. A loop runs its timers, then reads
// what has come, then its immediates, as Node's does; a busy one does nothing meanwhile.
'use strict'

const { IrohError } = require('../../lib/base/errors')
const { kAsk, kCore, kIsHeard, kListsAdmit, kRefuse, kServe, kStream } = require('../../lib/base/symbols')
const { splitFrames } = require('../../lib/event-target/frame-text')

/** What the receiver of a stream lets be on its way. */
const WINDOW = 6000
/** What a stream takes before it is sent. */
const SEND_BUFFER = 100_000
const LOW_WATER = 1000
/** A connection whose packets get lost is given up after so long. */
const IDLE_MS = 4000

/** One program's loop: a clock as the `clock` options take it, and what the network brings. */
class Loop {
  #world
  #timers = new Set()
  #immediates = []
  #arrivals = []
  #busyUntil = 0

  constructor(world) {
    this.#world = world
  }

  now = () => this.#world.now

  setTimeout = (callback, ms) => {
    const timer = { callback, at: this.#world.now + ms }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout = (timer) => {
    this.#timers.delete(timer)
  }

  setImmediate = (callback) => {
    const immediate = { callback }
    this.#immediates.push(immediate)
    return immediate
  }

  clearImmediate = (immediate) => {
    this.#immediates = this.#immediates.filter((one) => one !== immediate)
  }

  /** It does one piece of work for so long. */
  work(ms) {
    this.#busyUntil = Math.max(this.#busyUntil, this.#world.now + ms)
  }

  get isBusy() {
    return this.#busyUntil > this.#world.now
  }

  /** What the network brings, from when on. */
  arrive(at, callback) {
    this.#arrivals.push({ at, callback })
  }

  get isQuiet() {
    return this.#arrivals.length === 0
  }

  /** One turn. The microtasks of each step run before the next. */
  async turn() {
    if (this.isBusy) return
    const due = [...this.#timers].filter(({ at }) => at <= this.#world.now).sort((a, b) => a.at - b.at)
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback()
    await new Promise(setImmediate)
    const come = this.#arrivals.filter(({ at }) => at <= this.#world.now)
    this.#arrivals = this.#arrivals.filter(({ at }) => at > this.#world.now)
    for (const { callback } of come) callback()
    await new Promise(setImmediate)
    for (const { callback } of this.#immediates.splice(0)) callback()
  }
}

/** The time, and the two loops. */
class World {
  now = 0
  loops = { spoke: new Loop(this), hub: new Loop(this) }

  async step(ms) {
    this.now += ms
    for (const loop of Object.values(this.loops)) await loop.turn()
    await new Promise(setImmediate)
  }
}

/** One end of the one stream of a connection: what a StreamHandle is. */
class FakeStream {
  sendLowWater = LOW_WATER
  maxSendBuffer = SEND_BUFFER
  maxSendFrame = SEND_BUFFER / 2
  #sender = null
  #receiver = null
  #unsent = []
  #unsentBytes = 0
  #credit = WINDOW
  #held = []
  #isPaused = false
  #isFinishing = false
  #isEnded = false
  #wantsRoom = false
  #sends = true
  #receives = true

  constructor(connection) {
    this.connection = connection
  }

  takeSender(taker) {
    this.#sender = taker
  }

  takeReceiver(taker) {
    this.#receiver = taker
  }

  doneSending() {
    this.#sends = false
  }

  doneReceiving() {
    this.#receives = false
  }

  tryCall(name, about) {
    if (this.connection.closeReason()) return -1
    return this[name]?.(about) ?? 0
  }

  call(name, about) {
    const result = this.tryCall(name, about)
    if (result < 0) throw new IrohError(this.#wantsRoom ? 'ERR_IROH_BUFFER_FULL' : 'ERR_IROH_CLOSED')
    return result
  }

  streamSendFrames(content) {
    for (const json of splitFrames(`${content}`)) {
      this.#unsent.push(json)
      this.#unsentBytes += json.length
    }
    this.#transmit()
    return 1
  }

  streamSendFrame(json) {
    return this.streamSendFrames(json)
  }

  streamSendFramesBytes(bytes) {
    return this.streamSendFrames(bytes)
  }

  streamBuffered() {
    if (this.#unsentBytes > LOW_WATER) this.#wantsRoom = true
    return this.#unsentBytes
  }

  streamPause(isPaused) {
    this.#isPaused = isPaused
    if (!isPaused) this.connection.loop.arrive(0, () => this.#deliver())
  }

  streamFinish() {
    this.#isFinishing = true
    this.#transmit()
  }

  /** The connection is over: acknowledgements are reported first. */
  lost(error) {
    this.#isPaused = false
    this.#deliver()
    if (this.#receives) this.#receiver?.onLost(error)
    if (this.#sends) this.#sender?.onLost(error)
  }

  #transmit() {
    while (this.#unsent.length > 0 && this.#credit > 0) {
      const json = this.#unsent.shift()
      this.#unsentBytes -= json.length
      this.#credit -= json.length
      this.connection.send((peer) => peer.stream.#came(json))
    }
    if (this.#wantsRoom && this.#unsentBytes <= LOW_WATER) {
      this.#wantsRoom = false
      this.connection.loop.arrive(0, () => this.#sender?.onWritable())
    }
    if (!this.#isFinishing || this.#unsent.length > 0) return
    this.#isFinishing = false
    this.connection.send(
      (peer) => peer.stream.#cameEnd(),
      () => this.#sends && this.#sender?.onFinished()
    )
  }

  #came(json) {
    this.#held.push(json)
    this.#deliver()
  }

  #cameEnd() {
    this.#isEnded = true
    this.#deliver()
  }

  #deliver() {
    if (this.#isPaused || !this.#receives || !this.#receiver) return
    const frames = this.#held.splice(0)
    if (frames.length > 0) {
      const bytes = frames.reduce((sum, { length }) => sum + length, 0)
      this.#receiver.onFrames(`[${frames.join()}]`)
      this.connection.send((peer) => peer.stream.#gotCredit(bytes))
    }
    if (!this.#isEnded || this.#isPaused) return
    this.#isEnded = false
    this.#receiver.onEnd()
  }

  #gotCredit(bytes) {
    this.#credit += bytes
    this.#transmit()
  }
}

/** One end of a connection. What it sends arrives after a while, unless the path is cut. */
class FakeConnection {
  peer = null
  #world
  #isDialled
  #delayMs
  #reason = null
  #resolveClosed
  #closed = new Promise((resolve) => {
    this.#resolveClosed = resolve
  })
  isCut = false
  #isHeard = false

  constructor(world, loop, { isDialled, delayMs, remote }) {
    this.#world = world
    this.loop = loop
    this.#isDialled = isDialled
    this.#delayMs = delayMs
    this.remote = remote
    this.stream = new FakeStream(this)
    this.ends = { send: { [kStream]: this.stream }, recv: { [kStream]: this.stream } }
  }

  /** `callback` at the peer when it reads; `onAcknowledged` here when its acknowledgement is read. */
  send(callback, onAcknowledged = () => {}) {
    if (this.isCut || this.#reason) return
    const { peer } = this
    peer.loop.arrive(this.#world.now + this.#delayMs, () => {
      if (this.isCut || peer.#reason) return
      peer.#isHeard = true
      callback(peer)
      this.loop.arrive(this.#world.now + this.#delayMs, () => !this.#reason && this.#onAcknowledged(onAcknowledged))
    })
  }

  #onAcknowledged(tell) {
    this.#isHeard = true
    tell()
  }

  /** Nothing gets through any more; both ends notice it later. */
  cut() {
    for (const end of [this, this.peer]) {
      end.isCut = true
      end.loop.arrive(this.#world.now + IDLE_MS, () => end.#end('timed-out', 0, 'ERR_IROH_TIMEOUT'))
    }
  }

  remoteNodeId() {
    return this.remote
  }

  side() {
    return this.#isDialled ? 'client' : 'server'
  }

  rtt() {
    return this.#delayMs * 2
  }

  paths() {
    return []
  }

  [kRefuse]() {}

  [kAsk]() {
    this.#isHeard = false
    this.send(() => {})
  }

  [kIsHeard]() {
    return this.#isHeard
  }

  async openBi() {
    this.ends.send[kStream].call = this.stream.call.bind(this.stream)
    return this.ends
  }

  closed() {
    return this.#closed
  }

  closeReason() {
    return this.#reason
  }

  close(code = 0, reason = '') {
    if (this.#reason) return
    this.send((peer) => peer.#end('application-closed', code, 'ERR_IROH_PEER_CLOSED', reason))
    this.loop.arrive(this.#world.now, () => this.#end('locally-closed', code, 'ERR_IROH_CLOSED', reason))
  }

  #end(kind, code, errorCode, reason = '') {
    if (this.#reason) return
    const { stream } = this
    this.#reason = { kind, code, reason, errorCode }
    stream.lost(new IrohError(errorCode))
    this.#resolveClosed(this.#reason)
  }
}

/** What a hub and a spoke need of an endpoint. */
class FakeEndpoint {
  #nodeId
  #onConnection = null

  constructor(nodeId) {
    this.#nodeId = nodeId
  }

  /** Dials the other one. @type {() => Promise<FakeConnection>} */
  connect = null

  nodeId() {
    return this.#nodeId
  }

  on() {}

  off() {}

  isClosed() {
    return false
  }

  async close() {}

  [kCore]() {
    return { maxSendFrame: SEND_BUFFER / 2 }
  }

  [kListsAdmit]() {
    return true
  }

  [kServe](_alpn, onConnection) {
    this.#onConnection = onConnection
    return () => {}
  }

  /** A peer has opened its stream on a connection. */
  accept(connection) {
    connection.acceptBi = async () => connection.ends
    this.#onConnection(connection)
  }
}

module.exports = { FakeConnection, FakeEndpoint, World }
