// SPDX-License-Identifier: MIT
'use strict'

const { EventEmitter } = require('node:events')
const { AllowFile } = require('./allow-file')
const { checkInteger, checkOneOf, checkOptions, checkText } = require('./check')
const { CloseCode } = require('./close-reason')
const { reportUncaught } = require('./deferred')
const { Endpoint } = require('./endpoint')
const { encodeEnvelope } = require('./envelope')
const { IrohError, invalid } = require('./errors')
const { IrohEventTarget, TARGET_OPTIONS, openStream, readTargetOptions } = require('./event-target')
const { DroppingSpoke } = require('./hub-spoke')
const { parsePeer } = require('./node-addr')
const { checkAlpn } = require('./options')
const { asyncDispose, kAllow, kAttach, kBroadcastJson, kServe } = require('./symbols')
const { Welcome } = require('./welcome')
const { within } = require('./within')

const DEFAULT_ALPN = 'alkhub/1'
const CLOSE_TIMEOUT_MS = 2000
const HUB_OPTIONS = [
  ...TARGET_OPTIONS,
  'endpoint',
  'endpointOptions',
  'alpn',
  'allow',
  'streamTimeoutMs',
  'maxPending',
  'slowSpoke'
]
/** What is done about a spoke whose buffer is full when all are sent to. */
const SLOW_SPOKE = ['wait', 'disconnect', 'drop-oldest']
/** Of what sending to one of many throws; the rest says that this one is leaving. */
const CALLERS_CARE = new Set(['ERR_IROH_BUFFER_FULL', 'ERR_IROH_FRAME_TOO_LONG'])

/** The endpoint of a hub: the one given, or one of its own. */
async function hubEndpoint({ endpoint, endpointOptions }) {
  if (endpoint === undefined) return Endpoint.createWithOptions(endpointOptions)
  if (!(endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
  return endpoint
}

/**
 * Many spokes under one roof. Emits 'spoke' (target) when one has opened its event stream, 'spokeclose'
 * (nodeId, reason) when it is gone, and 'allowlist' (error, or null) when the file of the allowlist has changed.
 */
class Hub extends EventEmitter {
  #endpoint
  #owned
  #alpn
  #options
  #slowSpoke
  #spokes = new Map()
  #welcome
  #stopServing
  #allowFile = null
  #closing = null
  #onConnection = (connection) => this.accept(connection)

  /** @private use createHub() */
  constructor({ endpoint, owned, alpn, targetOptions, welcome, slowSpoke }) {
    super()
    this.#endpoint = endpoint
    this.#owned = owned
    this.#alpn = alpn
    this.#options = targetOptions
    this.#welcome = new Welcome(welcome)
    this.#slowSpoke = slowSpoke
    this.#stopServing = endpoint[kServe](alpn, (connection) => this.#onConnection(connection))
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
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, _NOT_SERIALIZABLE; _FRAME_TOO_LONG and, with `slowSpoke: 'wait'`,
   *   _BUFFER_FULL with `peers`, after the others got it
   */
  broadcast(envelope, { except } = {}) {
    const json = encodeEnvelope(envelope)
    const left = readExcept(except)
    const failures = []
    let sent = 0
    for (const [nodeId, target] of this.#spokes) {
      if (left.has(nodeId)) continue
      try {
        target[kBroadcastJson](json)
        sent++
      } catch (error) {
        if (CALLERS_CARE.has(error.code) && !this.#isDropped(target, error)) failures.push({ nodeId, error })
      }
    }
    throwUnsent(failures)
    return sent
  }

  /** Resolves when no spoke has more waiting than its endpoint's sendLowWater; one that leaves is not waited for. */
  async drained() {
    await Promise.allSettled([...this.#spokes.values()].map((target) => target.drained()))
  }

  /** Sends an envelope to one spoke. @throws {IrohError} ERR_IROH_CLOSED if it is not connected; else as send() */
  send(nodeId, envelope) {
    const peer = parsePeer(nodeId).nodeId
    const target = this.#spokes.get(peer)
    if (!target) throw new IrohError('ERR_IROH_CLOSED', { peer, detail: 'no spoke of this NodeId is connected' })
    target.send(envelope)
  }

  /** Dials a peer that serves the hub's ALPN; it becomes a spoke. @returns {Promise<IrohEventTarget>} */
  async dial(peer, options) {
    const connection = await this.#endpoint.connect(peer, this.#alpn, options)
    return this.#add(connection, await openStream(connection))
  }

  /** Lets a NodeId connect. */
  allow(nodeId) {
    this.#endpoint.allow(nodeId)
  }

  /** Refuses a NodeId from now on, and closes its connection. */
  deny(nodeId) {
    this.#endpoint.deny(nodeId)
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
   * @param {import('./connection').Connection} connection
   */
  async accept(connection) {
    if (this.#closing) return connection.close(CloseCode.NORMAL, 'the hub is closed')
    const stream = await this.#welcome.stream(connection)
    try {
      if (stream) this.#add(connection, stream)
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
    if (!(allow instanceof AllowFile)) return this.#endpoint.setAllow(allow)
    this.#endpoint.setAllow(allow.nodeIds)
    this.#allowFile = allow
    allow.watch((error) => this.#onAllowFile(error))
  }

  async #close() {
    this.#stopServing()
    this.#allowFile?.close()
    this.#welcome.close(CloseCode.NORMAL, 'the hub is closed')
    const targets = [...this.#spokes.values()]
    await within(Promise.all(targets.map((target) => target.close())), CLOSE_TIMEOUT_MS)
    for (const { connection } of targets) connection.close(CloseCode.NORMAL, 'the hub is closed')
    if (this.#owned) await this.#endpoint.close(CloseCode.NORMAL, 'the hub is closed')
    else await Promise.all(targets.map(({ connection }) => connection.closed()))
  }

  #add(connection, { send, recv }) {
    const nodeId = connection.remoteNodeId()
    if (this.#closing) {
      connection.close(CloseCode.NORMAL, 'the hub is closed')
      throw new IrohError('ERR_IROH_CLOSED', { detail: 'the hub is closed' })
    }
    const SpokeTarget = this.#slowSpoke === 'drop-oldest' ? DroppingSpoke : IrohEventTarget
    const target = new SpokeTarget(nodeId, this.#options)
    try {
      target[kAttach](send, recv)
    } catch (error) {
      connection.close(CloseCode.NO_STREAM, 'the event stream was over before it began')
      throw error
    }
    const older = this.#spokes.get(nodeId)
    if (older) this.#replace(older)
    this.#spokes.set(nodeId, target)
    const gone = (reason) => {
      this.#remove(target, reason)
      connection.close()
    }
    target.closed.then(gone)
    connection.closed().then(gone)
    this.#emit('spoke', target)
    return target
  }

  /** A spoke that does not keep up with what all are sent may be one too many. */
  #isDropped(target, error) {
    if (this.#slowSpoke !== 'disconnect' || error.code !== 'ERR_IROH_BUFFER_FULL') return false
    const reason = 'the spoke does not read as fast as it is sent to'
    target.connection.close(CloseCode.SLOW, reason)
    this.#remove(target, { kind: 'locally-closed', code: CloseCode.SLOW, reason })
    return true
  }

  #onAllowFile(error) {
    if (!error) {
      const { nodeIds } = this.#allowFile
      const reason = 'no longer on the allowlist'
      this.#endpoint.setAllow(nodeIds)
      this.#welcome.close(CloseCode.NOT_ALLOWED, reason, (nodeId) => !nodeIds.has(nodeId))
      for (const [nodeId, { connection }] of this.#spokes) {
        if (!nodeIds.has(nodeId)) connection.close(CloseCode.NOT_ALLOWED, reason)
      }
    }
    this.#emit('allowlist', error)
  }

  #replace(older) {
    const reason = 'replaced by a newer connection of the same NodeId'
    older.connection.close(CloseCode.REPLACED, reason)
    this.#remove(older, { kind: 'locally-closed', code: CloseCode.REPLACED, reason })
  }

  #remove(target, { kind, code, reason }) {
    if (this.#spokes.get(target.remoteNodeId) !== target) return
    this.#spokes.delete(target.remoteNodeId)
    this.#emit('spokeclose', target.remoteNodeId, { kind, code, reason })
  }

  #emit(...event) {
    try {
      this.emit(...event)
    } catch (error) {
      reportUncaught(error)
    }
  }
}

/** @returns {Set<string>} NodeIds */
function readExcept(except) {
  if (except === undefined) return new Set()
  const several = typeof except === 'object' && typeof except[Symbol.iterator] === 'function'
  const list = several ? [...except] : [except]
  return new Set(list.map((one) => (one instanceof IrohEventTarget ? one.remoteNodeId : parsePeer(one).nodeId)))
}

function throwUnsent(failures) {
  if (failures.length === 0) return
  const peers = failures.map(({ nodeId }) => nodeId)
  const [{ error }] = failures
  const summary = new IrohError(error.code, {
    peer: peers[0],
    detail: `${peers.length} spokes did not get it`,
    cause: error
  })
  summary.peers = peers
  throw summary
}

/** The `allow` option: { file } is a list that is watched. */
function readAllow(allow) {
  const isFile = typeof allow === 'object' && allow !== null && 'file' in allow
  if (!isFile) return allow
  const { file } = checkOptions(allow, ['file'], 'allow')
  return new AllowFile(checkText(file ?? null, 'allow.file'))
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
    timeoutMs: checkInteger(options.streamTimeoutMs, 'streamTimeoutMs', { min: 1, max: 0x7fffffff, fallback: 10000 })
  }
  const slowSpoke = checkOneOf(options.slowSpoke, 'slowSpoke', SLOW_SPOKE, 'wait')
  const allow = readAllow(options.allow)
  const owned = options.endpoint === undefined
  const endpoint = await hubEndpoint(options)
  let hub
  try {
    hub = new Hub({ endpoint, owned, alpn, targetOptions, welcome, slowSpoke })
    if (allow !== undefined) hub[kAllow](allow)
    return hub
  } catch (error) {
    await hub?.close()
    if (owned) await endpoint.close()
    throw error
  }
}

module.exports = { CLOSE_TIMEOUT_MS, DEFAULT_ALPN, Hub, createHub }
