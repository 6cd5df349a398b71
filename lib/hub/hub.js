// SPDX-License-Identifier: MIT
'use strict'

const { AllowFile, readAllow } = require('./allow-file')
const { Crossings } = require('./crossings')
const { Dials } = require('./dials')
const { Channel } = require('../event-target/channel')
const { MAX_DURATION_MS, checkInteger, checkOneOf } = require('../base/check')
const { CloseCode } = require('../core/close-reason')
const { Emitter } = require('../base/emitter')
const { Endpoint } = require('../endpoint/endpoint')
const { encodeEnvelope } = require('../event-target/envelope')
const { IrohError, invalid } = require('../base/errors')
const { IrohEventTarget, TARGET_OPTIONS, readTargetOptions } = require('../event-target/event-target')
const { DroppingSpoke } = require('./hub-spoke')
const { IrohErrorEvent } = require('../event-target/events')
const { parsePeer } = require('../tickets/peer')
const { checkAlpn } = require('../base/alpn')
const { readAsked } = require('../resume/control')
const { answerTo } = require('../resume/acceptor')
const { HubSession } = require('../resume/hub-session')
const { HubSessions } = require('../resume/hub-sessions')
const { readDelivery } = require('../resume/options')
const { checkNotReserved } = require('../resume/resuming')
const {
  asyncDispose,
  kAllow,
  kEnd,
  kExpel,
  kFire,
  kPark,
  kBroadcastJson,
  kListen,
  kListsAdmit,
  kServe,
  kTake
} = require('../base/symbols')
const { readExcept, throwUnsent } = require('./recipients')
const { Rivals } = require('./rivals')
const { Shares } = require('../base/shares')
const { Welcome } = require('./welcome')
const { within } = require('../base/within')

const DEFAULT_ALPN = 'alkhub/1'
const CLOSE_TIMEOUT_MS = 2000
/** With slowSpoke 'drop-oldest'. */
const DROP_TOTAL = 256 * 1024 * 1024
const HUB_OPTIONS = [
  ...TARGET_OPTIONS,
  'endpoint',
  'endpointOptions',
  'alpn',
  'allow',
  'streamTimeoutMs',
  'maxPending',
  'slowSpoke',
  'delivery',
  'resume',
  'spool'
]
/** What is done about a spoke whose buffer is full when all are sent to. */
const SLOW_SPOKE = ['wait', 'disconnect', 'drop-oldest']
/** Errors worth reporting to the caller of broadcast(); any other means that the spoke is leaving. */
const CALLERS_CARE = new Set(['ERR_IROH_BUFFER_FULL', 'ERR_IROH_FRAME_TOO_LONG'])

const UNLISTED = 'no longer on the allowlist'

/** The endpoint of a hub: the one given, or one of its own. */
async function hubEndpoint({ endpoint, endpointOptions }) {
  if (endpoint === undefined) return Endpoint.createWithOptions(endpointOptions)
  if (!(endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
  return endpoint
}

/**
 * Many spokes under one roof. Emits 'spoke' (target) when one has opened its event stream, 'spokeclose'
 * (nodeId, reason) when it is gone, 'conflict' (nodeId) when two programs with one key took turns and the newer one was
 * turned away, and 'allowlist' (error, or null) when the file of the allowlist has changed. With
 * `delivery: 'resume'` a spoke is gone when its session is over; before, 'spokedisconnect' (nodeId, reason) tells that it
 * has no connection, and 'spokeresume' (target) that it has one again.
 */
class Hub extends Emitter {
  #endpoint
  #owned
  #alpn
  #options
  #channelOptions
  #slowSpoke
  /** What waits for all spokes, beside what their streams hold. */
  #dropTotal = new Shares(DROP_TOTAL)
  #spokes = new Map()
  #welcome
  #rivals = new Rivals()
  #dials
  #crossings
  #sessions = null
  #maxPending
  #greeting = 0
  #stopServing
  #allowFile = null
  #closing = null
  #onConnection = (connection) => this.accept(connection)

  /** @private use createHub() */
  constructor({ endpoint, owned, alpn, targetOptions, welcome, slowSpoke, resume }) {
    super()
    if (resume)
      this.#sessions = new HubSessions(endpoint, resume, targetOptions, (...about) => this.#onDisconnect(...about))
    this.#endpoint = endpoint
    this.#owned = owned
    this.#alpn = alpn
    this.#options = targetOptions
    this.#channelOptions = slowSpoke === 'drop-oldest' ? DroppingSpoke.channelOptions(targetOptions) : targetOptions
    this.#welcome = new Welcome(welcome)
    this.#dials = new Dials({
      connect: (peer, about) => endpoint.connect(peer, alpn, about),
      spokeOf: (nodeId) => this.#spokes.get(nodeId),
      add: (connection, stream) => this.#onDialled(connection, stream)
    })
    this.#crossings = new Crossings(endpoint.nodeId(), (channel, isGreeted) => {
      if (this.#closing) channel.connection.close(CloseCode.NORMAL, 'the hub is closed')
      else this.#begin(channel, isGreeted)
    })
    this.#maxPending = welcome.max
    this.#slowSpoke = slowSpoke
    try {
      this.#restore()
      this.#stopServing = endpoint[kServe](alpn, (connection) => this.#onConnection(connection))
    } catch (error) {
      this.#sessions?.close() // the error that is thrown says more
      throw error
    }
  }

  nodeId() {
    return this.#endpoint.nodeId()
  }

  /** Where spokes can dial this hub. */
  addr() {
    return this.#endpoint.addr()
  }

  /** addr() as an endpoint ticket: a string that spokes can be given. */
  ticket() {
    return this.#endpoint.ticket()
  }

  get endpoint() {
    return this.#endpoint
  }

  /** The protocol it serves. */
  get alpn() {
    return this.#alpn
  }

  /** The spokes there are now: NodeId to event target. */
  get spokes() {
    return this.#spokes
  }

  /**
   * Sends an envelope to every spoke; it is written as JSON once. What happens when a spoke's buffer is full is told by
   * the `slowSpoke` option. A spoke whose stream is ending does not count.
   * @param {object} envelope
   * @param {{ except?: string | IrohEventTarget | Iterable<string | IrohEventTarget> }} [options]
   * @returns {number} how many spokes it went to
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, _NOT_SERIALIZABLE, _TOO_DEEP, _FORBIDDEN_KEY; _FRAME_TOO_LONG and, with
   *   `slowSpoke: 'wait'`, _BUFFER_FULL with `peers`, after the others got it
   */
  broadcast(envelope, { except } = {}) {
    const json = encodeEnvelope(envelope, this.#options.maxSendDepth, this.#sessions ? checkNotReserved : undefined)
    const left = readExcept(except)
    const failures = []
    let sent = 0
    for (const [nodeId, target] of this.#spokes) {
      if (left.has(nodeId)) continue
      try {
        target[kBroadcastJson](json, this.#spokes.size)
        sent++
      } catch (error) {
        if (CALLERS_CARE.has(error.code) && !this.#isDropped(target, error)) failures.push({ nodeId, error })
      }
    }
    throwUnsent(failures)
    return sent
  }

  /** Resolves when no connected spoke has more waiting than its endpoint's sendLowWater; one that leaves is not waited for. */
  async drained() {
    const connected = [...this.#spokes.values()].filter(({ state }) => state !== 'disconnected')
    await Promise.allSettled(connected.map((target) => target.drained()))
  }

  /** Sends an envelope to one spoke. @throws {IrohError} ERR_IROH_CLOSED if it is not connected; else as send() */
  send(nodeId, envelope) {
    const peer = parsePeer(nodeId).nodeId
    const target = this.#spokes.get(peer)
    if (!target) throw new IrohError('ERR_IROH_CLOSED', { peer, detail: 'no spoke of this NodeId is connected' })
    target.send(envelope)
  }

  /**
   * Dials a peer that serves the hub's ALPN; it becomes a spoke. One that is a spoke already, or becomes one meanwhile, is
   * given as it is.
   * @param {string | object} peer NodeId, NodeAddr or ticket
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
   * @returns {Promise<IrohEventTarget>}
   */
  async dial(peer, options) {
    return this.#dials.dial(parsePeer(peer).nodeId, peer, options)
  }

  /** Lets a NodeId connect. */
  allow(nodeId) {
    this.#endpoint.allow(nodeId)
  }

  /** Refuses a NodeId from now on, and closes its connection. */
  deny(nodeId) {
    this.#endpoint.deny(nodeId)
    const target = this.#spokes.get(parsePeer(nodeId).nodeId)
    if (target instanceof HubSession) this.#expel(target, CloseCode.NOT_ALLOWED, 'denied')
  }

  /**
   * Reads the file of the allowlist now; it happens by itself when the file changes. Emits 'allowlist' as then.
   * @returns {Promise<void>}
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, _INVALID_NODE_ID: the file cannot be used, and the old list stays; or
   *   the hub has none
   */
  async reloadAllow() {
    if (!this.#allowFile || this.#closing) throw invalid('the hub has no file of an allowlist')
    this.#allowFile.reload()
  }

  /**
   * Says good-bye to every spoke: what was sent is delivered if that takes no longer than two seconds. Closes the
   * endpoint too if the hub made it.
   */
  close() {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [asyncDispose]() {
    return this.close()
  }

  /**
   * Takes a connection of its ALPN that somebody else accepted. It becomes a spoke once it opens its stream; one that does
   * not is closed, and holds up nobody.
   * @param {import('../connection/connection').Connection} connection
   */
  async accept(connection) {
    if (this.#closing) return connection.close(CloseCode.NORMAL, 'the hub is closed')
    const stream = await this.#welcome.stream(connection)
    if (stream && (await this.#rivals.keep(this.#spokes.get(connection.remoteNodeId())?.connection))) {
      return this.#turnAway(connection)
    }
    try {
      if (stream && this.#sessions) await this.#greet(connection, stream)
      else if (stream) this.#arrive(this.#channel(connection, stream), false)
    } catch {
      // The hub is closed, or the stream was over before it began; the connection is closed.
    }
  }

  /** @private Connections of its ALPN go to `onConnection` first; gives back what ends that. */
  [kServe](onConnection) {
    this.#onConnection = onConnection
    return () => {
      this.#onConnection = (connection) => this.accept(connection)
    }
  }

  /** @private Who may connect: what the `allow` option takes, or a list in a file. */
  [kAllow](allow) {
    const isFile = allow instanceof AllowFile
    this.#endpoint.setAllow(isFile ? allow.nodeIds : allow)
    this.#expelUnlisted()
    if (!isFile) return
    this.#allowFile = allow
    allow.watch((error) => this.#onAllowFile(error))
  }

  async #close() {
    this.#stopServing()
    this.#allowFile?.close()
    this.#welcome.close(CloseCode.NORMAL, 'the hub is closed')
    const targets = [...this.#spokes.values()]
    const closing = targets.map((target) => (target instanceof HubSession ? target[kPark]() : target.close()))
    await within(Promise.all(closing), CLOSE_TIMEOUT_MS)
    for (const { connection } of targets) connection?.close(CloseCode.NORMAL, 'the hub is closed')
    this.#sessions?.close()
    if (this.#owned) await this.#endpoint.close(CloseCode.NORMAL, 'the hub is closed')
    else await Promise.all(targets.map(({ connection }) => connection?.closed()))
  }

  #channel(connection, { send, recv }) {
    this.#assertWelcome(connection)
    try {
      return new Channel(send, recv, this.#channelOptions)
    } catch (error) {
      connection.close(CloseCode.NO_STREAM, 'the event stream was over before it began')
      throw error
    }
  }

  /** A peer that we have dialled. */
  #onDialled(connection, stream) {
    const target = this.#begin(this.#channel(connection, stream), false)
    this.#crossings.dialled(target)
    return target
  }

  /** A spoke without a session has come. @returns {IrohEventTarget} what it is */
  #arrive(channel, isGreeted) {
    const there = this.#spokes.get(channel.connection.remoteNodeId())
    return this.#crossings.take(there, channel, isGreeted) ? there : this.#begin(channel, isGreeted)
  }

  #begin(channel, isGreeted) {
    const target = this.#plainTarget(channel.connection.remoteNodeId())
    target[kTake](channel, isGreeted)
    this.#keep(target)
    return target
  }

  /** The hub may have closed, and the lists may have changed, while the spoke took its time. */
  #assertWelcome(connection) {
    if (this.#closing) {
      connection.close(CloseCode.NORMAL, 'the hub is closed')
      throw new IrohError('ERR_IROH_CLOSED', { detail: 'the hub is closed' })
    }
    const peer = connection.remoteNodeId()
    if (connection.side() === 'client' || this.#endpoint[kListsAdmit](peer)) return
    connection.close(CloseCode.NOT_ALLOWED, UNLISTED)
    throw new IrohError('ERR_IROH_DENIED', { peer })
  }

  /** Delivers at most once; over when its connection is. */
  #plainTarget(nodeId) {
    const SpokeTarget = this.#slowSpoke === 'drop-oldest' ? DroppingSpoke : IrohEventTarget
    const target = new SpokeTarget(nodeId, { ...this.#options, dropTotal: this.#dropTotal })
    target.closed.then((reason) => {
      this.#remove(target, reason)
      target.connection.close()
    })
    return target
  }

  #keep(target) {
    const older = this.#spokes.get(target.remoteNodeId)
    if (older) this.#replace(older)
    this.#spokes.set(target.remoteNodeId, target)
    this.#dials.arrived(target.remoteNodeId)
    this.emit('spoke', target)
  }

  /** Learns from a new connection whether its spoke has a session, or wants one. */
  async #greet(connection, { send, recv }) {
    if (this.#greeting >= this.#maxPending)
      return connection.close(CloseCode.FULL, 'too many connections begin at once')
    this.#greeting++
    const channel = new Channel(send, recv, this.#options)
    const isKnown = this.#spokes.get(connection.remoteNodeId()) instanceof HubSession
    try {
      await this.#sessions.greet(channel, isKnown, (...greeting) => this.#onGreeted(channel, ...greeting))
    } catch (error) {
      connection.close(CloseCode.SESSION, 'the session cannot be begun')
      if (this.listenerCount('error') > 0) this.emit('error', error)
    } finally {
      this.#greeting--
    }
  }

  #onGreeted(channel, asked, error) {
    this.#assertWelcome(channel.connection)
    const target = asked ? this.#goOn(channel, asked) : this.#goOnPlain(channel)
    if (error) target[kFire](new IrohErrorEvent(error))
  }

  /** The spoke of a session. */
  #goOn(channel, asked) {
    const nodeId = channel.connection.remoteNodeId()
    const known = this.#spokes.get(nodeId)
    const { id, received } = known instanceof HubSession ? known.answer(asked) : answerTo(null, asked)
    if (id === null) {
      this.#sessions.goOn(known, channel, received)
      this.emit('spokeresume', known)
      return known
    }
    if (known) this.#replace(known)
    const target = this.#sessions.begin(nodeId, id)
    this.#sessions.goOn(target, channel, received)
    target.closed.then((reason) => this.#remove(target, reason))
    this.#keep(target)
    return target
  }

  /** A spoke that knows no sessions, or so it seems: one that asks for a session after all begins again. */
  #goOnPlain(channel) {
    const target = this.#arrive(channel, true)
    target[kListen]('hub.register', ({ detail }) => {
      if (readAsked(detail.payload)) target.connection.close(CloseCode.SESSION, 'the session was asked for too late')
    })
    return target
  }

  /** The sessions of the spool, whose spokes are not connected yet; told of when the program can listen. */
  #restore() {
    const restored = this.#sessions?.restore() ?? []
    for (const target of restored) {
      this.#spokes.set(target.remoteNodeId, target)
      target.closed.then((reason) => this.#remove(target, reason))
    }
    setImmediate(() => {
      for (const target of restored) if (target.state !== 'closed') this.emit('spoke', target)
    })
  }

  #onDisconnect(target, { kind, code, reason }) {
    this.emit('spokedisconnect', target.remoteNodeId, { kind, code, reason })
  }

  /** A spoke that does not keep up with what all are sent may be one too many. */
  #isDropped(target, error) {
    if (this.#slowSpoke !== 'disconnect' || error.code !== 'ERR_IROH_BUFFER_FULL') return false
    this.#expel(target, CloseCode.SLOW, 'the spoke does not read as fast as it is sent to')
    return true
  }

  #onAllowFile(error) {
    if (!error) {
      this.#endpoint.setAllow(this.#allowFile.nodeIds)
      this.#expelUnlisted()
      this.#endpoint[kExpel]((nodeId) => !this.#endpoint[kListsAdmit](nodeId), CloseCode.NOT_ALLOWED, UNLISTED)
    }
    this.emit('allowlist', error)
  }

  /** Also sessions without a connection. */
  #expelUnlisted() {
    const isUnlisted = (nodeId) => !this.#endpoint[kListsAdmit](nodeId)
    this.#welcome.close(CloseCode.NOT_ALLOWED, UNLISTED, isUnlisted)
    for (const [nodeId, target] of [...this.#spokes]) {
      if (isUnlisted(nodeId)) this.#expel(target, CloseCode.NOT_ALLOWED, UNLISTED)
    }
  }

  #replace(older) {
    this.#expel(older, CloseCode.REPLACED, 'replaced by a newer connection of the same NodeId')
  }

  /** Another program with the same key is there, and stays. */
  #turnAway(connection) {
    connection.close(CloseCode.IN_USE, 'another program with the same key is connected: they have taken turns')
    if (this.#rivals.isNews(connection.remoteNodeId())) this.emit('conflict', connection.remoteNodeId())
  }

  #expel(target, code, reason) {
    const ending = { kind: 'locally-closed', code, reason, error: null }
    if (target instanceof HubSession) target[kEnd](ending)
    else target.connection.close(code, reason)
    this.#remove(target, ending)
  }

  #remove(target, { kind, code, reason }) {
    if (this.#spokes.get(target.remoteNodeId) !== target) return
    this.#spokes.delete(target.remoteNodeId)
    this.emit('spokeclose', target.remoteNodeId, { kind, code, reason })
  }
}

/**
 * A hub: an endpoint that accepts event targets.
 * @param {object} [options] see HubOptions in index.d.ts
 * @returns {Promise<Hub>}
 */
async function createHub(options = {}) {
  const targetOptions = readTargetOptions(options, HUB_OPTIONS, 'createHub')
  const alpn = checkAlpn(options.alpn ?? DEFAULT_ALPN)
  const welcome = {
    max: checkInteger(options.maxPending, 'maxPending', { min: 1, fallback: 1024 }),
    timeoutMs: checkInteger(options.streamTimeoutMs, 'streamTimeoutMs', {
      min: 1,
      max: MAX_DURATION_MS,
      fallback: 10000
    })
  }
  const slowSpoke = checkOneOf(options.slowSpoke, 'slowSpoke', SLOW_SPOKE, 'wait')
  const resume = readDelivery(options, targetOptions)
  if (resume && slowSpoke === 'drop-oldest')
    throw invalid("slowSpoke: 'drop-oldest' breaks what delivery: 'resume' promises")
  const allow = readAllow(options.allow)
  const owned = options.endpoint === undefined
  const endpoint = await hubEndpoint(options)
  let hub
  try {
    hub = new Hub({ endpoint, owned, alpn, targetOptions, welcome, slowSpoke, resume })
    if (allow !== undefined) hub[kAllow](allow)
    return hub
  } catch (error) {
    await hub?.close()
    if (owned) await endpoint.close()
    throw error
  }
}

module.exports = { CLOSE_TIMEOUT_MS, DEFAULT_ALPN, Hub, createHub }
