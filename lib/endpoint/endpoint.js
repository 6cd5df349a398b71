// SPDX-License-Identifier: MIT
'use strict'

const { AccessList } = require('./access-list')
const { AddressBook } = require('../addresses/address-book')
const { AsyncQueue } = require('../base/async-queue')
const binding = require('../binding')
const { MAX_DURATION_MS, checkInteger, checkOptions, checkSignal } = require('../base/check')
const { CloseCode } = require('../core/close-reason')
const { Connection } = require('../connection/connection')
const { Core } = require('../core/core')
const { Event } = require('../core/events')
const { Dialer } = require('../dialer')
const { Discovery } = require('../discovery')
const { Emitter } = require('../base/emitter')
const { IrohError, bySystem, check, invalid } = require('../base/errors')
const { NetReport } = require('../net-report')
const { Patience } = require('../base/patience')
const { parsePeer } = require('../tickets/peer')
const { parseNodeId } = require('../identity/node-id')
const { checkAlpn, checkAlpns } = require('../base/alpn')
const { readEndpointOptions } = require('./options')
const {
  asyncDispose,
  kCore,
  kDenies,
  kDial,
  kExpel,
  kListsAdmit,
  kLooksUp,
  kProxies,
  kServe
} = require('../base/symbols')
const { EndpointTicket } = require('../tickets/endpoint-ticket')
const { Whereabouts } = require('./whereabouts')

/** Connections that are over before accept() gave them: what they brought can still be read. */
const MAX_OVER = 64
/** With requireDirect: how long a connection may be relayed. */
const REQUIRE_DIRECT_MS = 10_000
/** Connections that wait for accept(). */
const MAX_WAITING = 1024

/** The allow and deny options are read apart from the rest: they are asked in JavaScript. */
function openCore(options, access, onEvent) {
  const { native, ...rest } = readEndpointOptions(options)
  const seed = rest.secretKey.toBytes()
  try {
    const core = new Core({ ...native, seed }, (nodeId) => access.admits(nodeId), onEvent)
    return { core, alpns: native.alpns, ...rest }
  } finally {
    binding.wipe(seed)
  }
}

/** @param {[number, string, string?]} said what the operating system said */
function refusedBySystem(said) {
  return new IrohError('ERR_IROH_SYSTEM', bySystem(said))
}

/** A connection that is still relayed after a while is closed. */
function leaveRelay(connection) {
  const isRelayed = () => connection.paths()[0]?.isRelay === true
  if (!isRelayed()) return
  const tooLate = () => {
    if (isRelayed()) connection.close(CloseCode.RELAYED, 'requireDirect: no direct path was found in time')
  }
  const patience = new Patience(REQUIRE_DIRECT_MS, tooLate).unref()
  connection.closed().then(() => patience.stop())
}

/**
 * A node of the network: a secret key, some sockets, and the connections over them.
 * Emits 'network' with { type: 'path' | 'candidate' | 'probe' | 'refused' | 'rebound' | 'network-changed' |
 * 'home-relay' | 'relay-up' | 'relay-down' | 'relay-failed' | 'relay-displaced' | 'relay-regained' | 'addresses' |
 * 'port-mapping' | 'discovered' | 'discovery-failed' | 'system-error', nodeId?, remoteAddress?, rttMs?, relayUrl?, directAddresses?,
 * addresses?, address?, protocol?, name?, times?, error? }.
 */
class Endpoint extends Emitter {
  #core
  #secretKey
  #access
  #alpns
  #whereabouts
  #dialer
  #reports = new Set()
  #surroundings
  #requireDirect
  #looksUp
  #book = new AddressBook()
  #accepting = new AsyncQueue()
  #served = new Map()
  #connections = new Map()
  #seen = new Map()
  #closing = false

  /** @private use Endpoint.create() or Endpoint.createWithOptions() */
  constructor(options) {
    super()
    this.#access = new AccessList({ allow: options?.allow, deny: options?.deny })
    const opened = openCore(options, this.#access, (...event) => this.#onEvent(...event))
    this.#core = opened.core
    this.#secretKey = opened.secretKey
    this.#alpns = opened.alpns
    this.#requireDirect = opened.requireDirect
    this.#surroundings = { relays: opened.relays, ca: opened.relayCa, proxies: opened.proxies }
    this.#openWhereabouts(opened)
    if (this.#alpns.length > 0) this.#whereabouts.publish()
  }

  /** An endpoint with a fresh key that dials only. */
  static create() {
    return Endpoint.createWithOptions()
  }

  /** @returns {Promise<Endpoint>} see EndpointOptions in index.d.ts */
  static async createWithOptions(options) {
    return new Endpoint(options)
  }

  /**
   * @private Connections of one ALPN go to `onConnection` and not to accept(), those too that wait there now.
   * @returns {() => void} ends it
   * @throws {IrohError} ERR_IROH_BUSY when it is served already
   */
  [kServe](alpn, onConnection) {
    if (this.#served.has(alpn)) throw new IrohError('ERR_IROH_BUSY', { detail: `this endpoint serves ${alpn} already` })
    this.#assertOpen()
    this.#served.set(alpn, onConnection)
    this.#acceptAlpns()
    for (const connection of this.#accepting.drain()) this.#accept(connection)
    return () => {
      this.#served.delete(alpn)
      if (!this.#closing) this.#acceptAlpns()
    }
  }

  /** @private */
  [kCore]() {
    this.#assertOpen()
    return this.#core
  }

  /** @private */
  [kLooksUp]() {
    return this.#looksUp
  }

  /**
   * @private Dials a peer of which others speak: where the program said that it is, where they say, and as connect() does.
   * @param {{ directAddresses: string[], relayUrl?: string }} about.hint what they say
   */
  [kDial](nodeId, alpn, { hint, signal, timeoutMs }) {
    this.#assertOpen()
    this.#whereabouts.start()
    return this.#dialer.connect({ nodeId, directAddresses: [], hint }, alpn, { signal, timeoutMs })
  }

  /** @private */
  [kDenies](nodeId) {
    return this.#access.denies(nodeId)
  }

  /** @private */
  [kListsAdmit](nodeId) {
    return this.#access.listsAdmit(nodeId)
  }

  /** @private */
  [kExpel](isMeant, code, reason) {
    for (const connection of this.#connections.values()) {
      if (connection.side() === 'server' && isMeant(connection.remoteNodeId())) connection.close(code, reason)
    }
  }

  nodeId() {
    return this.#secretKey.nodeId()
  }

  secretKey() {
    return this.#secretKey
  }

  /** Where this endpoint can be dialled, as far as it knows: { nodeId, relayUrl?, directAddresses }. */
  addr() {
    return this.#whereabouts.addr()
  }

  /** addr() now and whenever it is another, as an async iterable; one that reads slowly gets the latest. */
  watchAddr() {
    return this.#whereabouts.watch()
  }

  /** addr() as an endpoint ticket: a string that peers can pass to connect(). */
  ticket() {
    return new EndpointTicket(this.addr()).toString()
  }

  /** The sockets' own addresses, wildcards as they are. */
  boundAddresses() {
    return this.#whereabouts.bound()
  }

  /**
   * Resolves when the home relay is connected: at once, without relays.
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
   * @throws {IrohError} ERR_IROH_ABORTED, _CLOSED; _TIMEOUT, which says why no relay is connected; _KEY_IN_USE when another
   *   program has this key and took over at the relay
   */
  async online(options = {}) {
    const { signal } = checkOptions(options, ['signal', 'timeoutMs'], 'online')
    checkSignal(signal)
    if (signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { cause: signal.reason })
    this.#assertOpen()
    await this.#whereabouts.online(options)
  }

  /**
   * Looks at the network from here, with sockets of its own: UDP, public addresses, what the NAT does, the relays of this
   * endpoint. What fails is part of the report.
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options] `timeoutMs`: when it is made with what there is, 100
   *   to 60000, default 5000
   * @returns {Promise<object>} NetReport of index.d.ts
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, _ABORTED, _CLOSED
   */
  async netReport(options) {
    this.#assertOpen()
    const report = new NetReport(this.#surroundings, options)
    this.#reports.add(report)
    try {
      return await report.result
    } finally {
      this.#reports.delete(report)
    }
  }

  /**
   * Dials a peer and proves both identities. Where it is: as given, else as addNodeAddr() told, else as discovery finds
   * it; discovery is also asked when known addresses do not answer. At most `maxDials` at a time, others wait their turn;
   * after a failure the same peer is not dialled again for 50 ms to 1 s.
   * @param {string | object} peer NodeId, NodeAddr or ticket
   * @param {string} alpn
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options] timeoutMs: of everything; without it the handshake
   *   has the endpoint's handshakeTimeoutMs and the look-up ten seconds
   * @returns {Promise<Connection>} the caller's own, also when several dial one peer at once
   * @throws {IrohError} ERR_IROH_NO_ADDRESS, _TIMEOUT, _ABORTED, _UNREACHABLE, _ALPN_MISMATCH, _WRONG_PEER, _REFUSED, …
   */
  async connect(peer, alpn, options) {
    const { signal, timeoutMs } = checkOptions(options, ['signal', 'timeoutMs'], 'connect')
    checkSignal(signal)
    const named = parsePeer(peer)
    const { nodeId } = named
    const timeout = checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: MAX_DURATION_MS, fallback: 0 })
    checkAlpn(alpn)
    this.#assertOpen()
    if (signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { peer: nodeId, cause: signal.reason })
    if (nodeId === this.nodeId()) throw new IrohError('ERR_IROH_SELF_CONNECT', { peer: nodeId })
    this.#whereabouts.start()
    return this.#dialer.connect(named, alpn, { signal, timeoutMs: timeout })
  }

  /** The next connection a peer made; null once the endpoint is closed. */
  accept() {
    return this.#accepting.take()
  }

  /** accept() as a loop; ends when the endpoint is closed. */
  async *[Symbol.asyncIterator]() {
    for (let connection = await this.accept(); connection !== null; connection = await this.accept()) yield connection
  }

  /** Tells where a NodeId is; what was told before is kept. */
  addNodeAddr(nodeAddr) {
    const named = parsePeer(nodeAddr)
    this.#book.add(named)
    this.#dialer.forgive(named.nodeId)
  }

  /** The protocols accepted from now on, beside those that hubs and others serve at this endpoint. */
  setAlpns(alpns) {
    if (!Array.isArray(alpns)) throw invalid('alpns must be an array of strings')
    const checked = checkAlpns(alpns)
    this.#assertOpen()
    this.#alpns = checked
    this.#acceptAlpns()
  }

  /** The protocols accepted now. */
  alpns() {
    return [...new Set([...this.#alpns, ...this.#served.keys()])]
  }

  /** Lets a NodeId connect, also one denied before. A `deny` function still has its say. */
  allow(nodeId) {
    const id = parseNodeId(nodeId)
    this.#assertOpen()
    this.#access.allow(id)
    check(binding.allow(this.#core.handle, id))
  }

  /** Refuses a NodeId from now on, and closes its connections. */
  deny(nodeId) {
    const id = parseNodeId(nodeId)
    this.#assertOpen()
    this.#access.deny(id)
    check(binding.deny(this.#core.handle, id))
  }

  /** Replaces who may connect, by the same forms the `allow` option takes; undefined lets everyone. */
  setAllow(allow) {
    this.#access.restrict(allow)
  }

  /** What is known of a peer, or null: { nodeId, directAddresses, connections, paths, rttMs, lastSeenMs }. */
  remoteInfo(nodeId) {
    const id = parseNodeId(nodeId)
    const connections = [...this.#connections.values()].filter((connection) => connection.remoteNodeId() === id)
    if (connections.length === 0 && !this.#seen.has(id) && !this.#book.has(id)) return null
    const paths = connections.flatMap((connection) => connection.paths())
    return {
      nodeId: id,
      directAddresses: [...new Set([...paths.map((path) => path.remoteAddress), ...this.#book.addresses(id)])],
      connections: connections.length,
      paths,
      rttMs: connections.at(-1)?.rtt() ?? null,
      lastSeenMs: connections.length > 0 ? Date.now() : (this.#seen.get(id) ?? null)
    }
  }

  /** Moves every dialled connection to fresh sockets, as after a change of network. */
  rebind() {
    this.#assertOpen()
    check(binding.rebind(this.#core.handle))
    this.#whereabouts.refresh()
    this.emit('network', { type: 'rebound' })
  }

  /** A flat object of counters and gauges; docs/reference/metrics.md names them. */
  metrics() {
    this.#assertOpen()
    const metrics = check(binding.metrics(this.#core.handle))
    metrics.datagramsDropped += this.#core.datagramsDropped
    metrics.streamsRefused += this.#core.streamsRefused
    metrics.streamsPending = this.#core.pendingStreams.used
    metrics.datagramBytesPending = this.#core.pendingDatagrams.used
    return metrics
  }

  /** The open endpoint keeps the process alive (the default). */
  ref() {
    if (this.isClosed()) return this
    binding.ref(this.#core.handle, true)
    this.#whereabouts.ref()
    return this
  }

  /** The open endpoint does not keep the process alive. */
  unref() {
    if (this.isClosed()) return this
    binding.ref(this.#core.handle, false)
    this.#whereabouts.unref()
    return this
  }

  /**
   * Closes every connection and then the sockets. Resolves when nothing is open any more; never rejects.
   * @param {number} [code] application error code the peers are told
   * @param {string} [reason]
   */
  close(code = 0, reason = '') {
    checkInteger(code, 'code')
    if (typeof reason !== 'string') throw invalid('reason must be a string')
    if (!this.#closing) {
      this.#closing = true
      this.#accepting.drain()
      this.#accepting.end()
      this.#dialer.close()
      this.#whereabouts.stop()
      for (const report of this.#reports) report.abort(new IrohError('ERR_IROH_CLOSED'))
      binding.close(this.#core.handle, code, reason)
    }
    return this.#closed()
  }

  async #closed() {
    await this.#core.closed
    await Promise.allSettled([...this.#reports].map((report) => report.result))
    await this.#whereabouts.close()
  }

  /** Whether close() was called. */
  isClosed() {
    return this.#closing
  }

  [asyncDispose]() {
    return this.close()
  }

  #openWhereabouts(opened) {
    const tell = (event) => this.emit('network', event)
    const onNetworkChanged = () => this.#dialer.networkChanged()
    let discovery
    try {
      const about = { nodeId: this.nodeId(), secretKey: this.#secretKey, [kProxies]: opened.proxies }
      discovery = new Discovery(opened.discovery, about, tell)
      this.#whereabouts = new Whereabouts(this.#core, { ...opened, discovery, tell, onNetworkChanged })
    } catch (error) {
      binding.close(this.#core.handle, 0, '')
      throw error
    }
    this.#looksUp = !discovery.isEmpty
    this.#dialer = new Dialer(this.#core, {
      book: this.#book,
      discovery,
      addressesOf: (where, isForeign) => this.#whereabouts.dialable(where, isForeign),
      hold: (handle) => this.#hold(handle),
      maxDials: opened.maxDials
    })
  }

  #assertOpen() {
    if (this.#closing) throw new IrohError('ERR_IROH_CLOSED')
  }

  #hold(handle) {
    const connection = new Connection(this.#core, handle, (what, about) => {
      const nodeId = connection.remoteNodeId()
      if (what !== 'closed') {
        this.emit('network', { type: what, nodeId, ...about })
        return
      }
      this.#connections.delete(handle)
      this.#accepting.keepNewest(MAX_OVER, (waiting) => waiting.closeReason() !== null)
      this.#remember(nodeId)
    })
    this.#connections.set(handle, connection)
    if (this.#requireDirect) leaveRelay(connection)
    return connection
  }

  #acceptAlpns() {
    const alpns = this.alpns()
    check(binding.setAlpns(this.#core.handle, alpns))
    if (alpns.length > 0) this.#whereabouts.publish()
  }

  /** The lists may have changed since the core asked: other connections of this batch were asked about, too. */
  #onAccepted(handle) {
    const [nodeId] = check(binding.connIdentity(this.#core.handle, handle))
    if (this.#access.listsAdmit(nodeId)) {
      this.#accept(this.#hold(handle))
      return
    }
    binding.connClose(this.#core.handle, handle, CloseCode.NOT_ALLOWED, 'not allowed')
    this.emit('network', { type: 'refused', nodeId })
  }

  /** Who served its protocol may have ended during the handshake. */
  #accept(connection) {
    const alpn = connection.alpn()
    const serve = this.#served.get(alpn)
    if (serve) serve(connection)
    else if (this.#alpns.includes(alpn)) this.#keepForAccept(connection)
    else connection.close(CloseCode.WRONG_ALPN, 'nobody serves this protocol any more')
  }

  /** Those that wait for accept() are bounded: a program may never call it. */
  #keepForAccept(connection) {
    if (this.#accepting.length >= MAX_WAITING) {
      for (const waiting of this.#accepting.drain()) if (!waiting.closeReason()) this.#accepting.push(waiting)
    }
    if (this.#accepting.length < MAX_WAITING) this.#accepting.push(connection)
    else connection.close(CloseCode.FULL, 'too many connections wait to be accepted')
  }

  /** Peers that left are remembered up to as many as may be connected. */
  #remember(nodeId) {
    this.#seen.delete(nodeId)
    this.#seen.set(nodeId, Date.now())
    if (this.#seen.size > this.#core.maxConnections) this.#seen.delete(this.#seen.keys().next().value)
  }

  /** Events of no connection known: a new one, or a refusal. Those of an aborted dial fall through. */
  #onEvent(kind, handle, data, number) {
    if (kind === Event.ACCEPTED && !this.#closing) this.#onAccepted(handle)
    else if (kind === Event.NETWORK) this.#whereabouts.noted(number)
    else if (kind === Event.OBSERVED) this.#whereabouts.observed(data)
    else if (kind === Event.SYSTEM) this.emit('network', { type: 'system-error', error: refusedBySystem(data) })
    else if (kind === Event.REFUSED) this.emit('network', { type: 'refused', nodeId: data })
  }
}

module.exports = { Endpoint }
