// SPDX-License-Identifier: MIT
'use strict'

const { EventEmitter } = require('node:events')
const { checkInteger } = require('./check')
const { CloseCode } = require('./close-reason')
const { reportUncaught } = require('./deferred')
const { Endpoint } = require('./endpoint')
const { encodeEnvelope } = require('./envelope')
const { IrohError, invalid } = require('./errors')
const {
  IrohEventTarget,
  TARGET_OPTIONS,
  createHubIrohEventTarget,
  createSpokeIrohEventTarget,
  readTargetOptions
} = require('./event-target')
const { parsePeer } = require('./node-addr')
const { checkAlpn } = require('./options')
const { asyncDispose, kRequeue, kSendJson } = require('./symbols')
const { within } = require('./within')

const DEFAULT_ALPN = 'alkhub/1'
const CLOSE_TIMEOUT_MS = 2000
const HUB_OPTIONS = [...TARGET_OPTIONS, 'endpoint', 'endpointOptions', 'alpn', 'allow', 'streamTimeoutMs']

/** The endpoint of a hub: the one given, now also serving the hub's ALPN, or one of its own. */
async function hubEndpoint({ endpoint, endpointOptions = {}, alpn, allow }) {
  if (endpoint === undefined) {
    const rules = allow === undefined ? {} : { allow }
    const alpns = [...new Set([...(endpointOptions.alpns ?? []), alpn])]
    return Endpoint.createWithOptions({ ...endpointOptions, ...rules, alpns })
  }
  if (!(endpoint instanceof Endpoint)) throw invalid('endpoint must be an Endpoint')
  if (allow !== undefined) endpoint.setAllow(allow)
  if (!endpoint.alpns().includes(alpn)) endpoint.setAlpns([...endpoint.alpns(), alpn])
  return endpoint
}

/**
 * Many spokes under one roof. Emits 'spoke' (target) when one has opened its event stream, and 'spokeclose'
 * (nodeId, reason) when it is gone.
 */
class Hub extends EventEmitter {
  #endpoint
  #owned
  #alpn
  #options
  #streamTimeoutMs
  #spokes = new Map()
  #closing = null

  /** @private use createHub() */
  constructor({ endpoint, owned, alpn, targetOptions, streamTimeoutMs }) {
    super()
    this.#endpoint = endpoint
    this.#owned = owned
    this.#alpn = alpn
    this.#options = targetOptions
    this.#streamTimeoutMs = streamTimeoutMs
    this.#acceptAll()
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

  /** The spokes there are now: NodeId to event target. */
  get spokes() {
    return this.#spokes
  }

  /**
   * Sends an envelope to every spoke; it is written as JSON once.
   * @param {object} envelope
   * @param {{ except?: string | IrohEventTarget | Iterable<string | IrohEventTarget> }} [options]
   * @returns {number} how many spokes it went to
   * @throws {IrohError} as send(); ERR_IROH_BUFFER_FULL with `peers`, after the others got it, if some had no room
   */
  broadcast(envelope, { except } = {}) {
    const json = encodeEnvelope(envelope)
    const left = readExcept(except)
    const failures = []
    let sent = 0
    for (const [nodeId, target] of this.#spokes) {
      if (left.has(nodeId)) continue
      try {
        target[kSendJson](json)
        sent++
      } catch (error) {
        failures.push({ nodeId, error })
      }
    }
    throwUnsent(failures)
    return sent
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
    const target = await createSpokeIrohEventTarget(connection, this.#options)
    this.#add(target)
    return target
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

  async #close() {
    const targets = [...this.#spokes.values()]
    await within(Promise.all(targets.map((target) => target.close())), CLOSE_TIMEOUT_MS)
    for (const { connection } of targets) connection.close(CloseCode.NORMAL, 'the hub is closed')
    if (this.#owned) await this.#endpoint.close(CloseCode.NORMAL, 'the hub is closed')
    else await Promise.all(targets.map(({ connection }) => connection.closed()))
  }

  async #acceptAll() {
    for await (const connection of this.#endpoint) {
      if (this.#closing) return this.#endpoint[kRequeue](connection)
      this.#welcome(connection)
    }
  }

  /** A connection becomes a spoke once it opens its stream; one that does not is closed and holds up nobody. */
  async #welcome(connection) {
    if (connection.alpn() !== this.#alpn) {
      connection.close(CloseCode.WRONG_ALPN, 'the hub does not serve this protocol')
      return
    }
    const late = setTimeout(
      () => connection.close(CloseCode.NO_STREAM, 'no event stream was opened in time'),
      this.#streamTimeoutMs
    )
    const target = await createHubIrohEventTarget(connection, this.#options).catch(() => null)
    clearTimeout(late)
    if (target) this.#add(target)
    else connection.close(CloseCode.NO_STREAM, 'the event stream was over before it began')
  }

  #add(target) {
    const { connection, remoteNodeId } = target
    if (this.#closing) {
      connection.close(CloseCode.NORMAL, 'the hub is closed')
      return
    }
    const older = this.#spokes.get(remoteNodeId)
    if (older) this.#replace(older)
    this.#spokes.set(remoteNodeId, target)
    const gone = (reason) => {
      this.#remove(target, reason)
      connection.close()
    }
    target.closed.then(gone)
    connection.closed().then(gone)
    this.#emit('spoke', target)
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

/**
 * A hub: an endpoint that accepts event targets.
 * @param {object} [options] see HubOptions in index.d.ts
 * @returns {Promise<Hub>}
 */
async function createHub(options = {}) {
  const targetOptions = readTargetOptions(options, HUB_OPTIONS, 'createHub')
  const alpn = checkAlpn(options.alpn ?? DEFAULT_ALPN)
  const streamTimeoutMs = checkInteger(options.streamTimeoutMs, 'streamTimeoutMs', {
    min: 1,
    max: 0x7fffffff,
    fallback: 10000
  })
  const endpoint = await hubEndpoint({ ...options, alpn })
  return new Hub({ endpoint, owned: options.endpoint === undefined, alpn, targetOptions, streamTimeoutMs })
}

module.exports = { CLOSE_TIMEOUT_MS, DEFAULT_ALPN, Hub, createHub }
