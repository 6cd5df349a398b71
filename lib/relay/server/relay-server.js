// SPDX-License-Identifier: MIT
'use strict'

const { once } = require('node:events')
const http = require('node:http')
const https = require('node:https')
const net = require('node:net')
const { WebSocketServer } = require('ws')
const { checkInteger, checkOptions } = require('../../base/check')
const { IrohError } = require('../../base/errors')
const { asyncDispose } = require('../../base/symbols')
const { within } = require('../../base/within')
const auth = require('../auth')
const protocol = require('../protocol')
const { answerBinding } = require('../../stun/answer')
const { Admission } = require('./admission')
const { CloseReason } = require('./close-reason')
const { pathOf, refuseUpgrade, serveCaptivePortal, serveMetrics, servePages } = require('./http')
const { plainAddress, SenderLimiter } = require('../../base/senders')
const { RelayMetrics } = require('./metrics')
const { readRelayOptions } = require('./options')
const { PkarrService } = require('./pkarr')
const { answerQuic } = require('./quic-answer')
const { Queues } = require('./queues')
const { Registry } = require('./registry')
const { Session } = require('./session')
const { Sockets } = require('./sockets')
const { UdpResponder } = require('./udp-responder')

const MAX_FRAGMENTS = 1024
const TLS_HANDSHAKE_MS = 10000
const MAX_SWEEP_MS = 250
const MIN_SWEEP_MS = 5
const UINT32_MAX = 0xffffffff
/** A port that is free for UDP need not be free for TCP. */
const DNS_PORT_TRIES = 5

function listenError(cause, what) {
  const code = /^(EADDRINUSE|EADDRNOTAVAIL)$/.test(cause.code) ? 'ERR_IROH_ADDRESS_IN_USE' : 'ERR_IROH_SYSTEM'
  return new IrohError(code, { detail: `${what}: ${cause.message}`, cause })
}

function readClosePlan(options, clients) {
  const { reconnectInMs, tryForMs, graceMs } = checkOptions(options, ['reconnectInMs', 'tryForMs', 'graceMs'], 'close')
  return {
    reconnectInMs: checkInteger(reconnectInMs, 'reconnectInMs', {
      max: UINT32_MAX,
      fallback: Math.min(clients, 10000)
    }),
    tryForMs: checkInteger(tryForMs, 'tryForMs', { max: UINT32_MAX, fallback: 5000 }),
    graceMs: checkInteger(graceMs, 'graceMs', { max: 60000, fallback: 1000 })
  }
}

/**
 * A relay for iroh nodes, ours and real ones: it forwards sealed packets between nodes that know each other's NodeId and
 * cannot reach each other. Made by `RelayServer.listen()`.
 */
class RelayServer {
  #options
  #metrics = new RelayMetrics()
  #registry
  #queues
  #sockets
  /** Each with the client that was admitted. */
  #sessions = new Map()
  #websockets
  #servers = []
  #responders = []
  #pkarr = null
  #secure = null
  #sweeping = null
  #clock = 0
  #closing = null
  #connectionId = 0

  /**
   * Opens the ports and starts to serve.
   * @param {object} [options] see docs/reference/relay.md
   * @returns {Promise<RelayServer>}
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT; ERR_IROH_ADDRESS_IN_USE or ERR_IROH_SYSTEM when a port cannot be
   *   opened
   */
  static async listen(options) {
    const server = new RelayServer(readRelayOptions(options))
    try {
      await server.#start()
    } catch (error) {
      await server.close({ graceMs: 0 })
      throw error
    }
    return server
  }

  /** @private use RelayServer.listen() */
  constructor(options) {
    this.#options = options
    const { limits, pkarr } = options
    if (pkarr) this.#pkarr = new PkarrService(limits, options.dnsOrigin, this.#metrics)
    this.#registry = new Registry(limits, this.#metrics)
    this.#queues = new Queues(limits.queueBytesTotal, this.#metrics)
    this.#sockets = new Sockets(limits, this.#metrics)
    this.#websockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: protocol.MAX_MESSAGE,
      maxFragments: MAX_FRAGMENTS,
      closeTimeout: limits.closeTimeoutMs,
      handleProtocols: (offered) => protocol.SUBPROTOCOLS.find((name) => offered.has(name))
    })
    /** The ports in use: `relay`, and `http`, `stun`, `stunAlt`, `quic`, `dns` and `metrics` or null. */
    this.ports = { relay: 0, http: null, stun: null, stunAlt: null, quic: null, dns: null, metrics: null }
  }

  /** What nodes are given as their relay. */
  get url() {
    const { tls, host, hostname } = this.#options
    const wildcard = host === '::' || host === '0.0.0.0'
    const name = hostname ?? (wildcard ? '127.0.0.1' : host)
    return new URL(`${tls ? 'https' : 'http'}://${net.isIPv6(name) ? `[${name}]` : name}:${this.ports.relay}/`).href
  }

  /** What nodes are given as their pkarr relay; null: this server is none. */
  get pkarrUrl() {
    return this.#pkarr && new URL('/pkarr', this.url).href
  }

  /** Counters and gauges since the start; docs/reference/relay.md says what each counts. */
  metrics() {
    return { ...this.#metrics }
  }

  /**
   * Reads certificate and key anew; connections that are open keep theirs. It happens by itself when the files change.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT; then the old ones stay in use
   */
  reloadTls() {
    if (!this.#secure) return
    try {
      this.#secure.setSecureContext(this.#options.tls.read())
      this.#metrics.tlsReloads++
    } catch (error) {
      this.#metrics.tlsReloadsFailed++
      throw error
    }
  }

  /**
   * Reads the files of `access` anew, and closes the clients that they let in no longer. It happens by itself when the
   * files change.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, _INVALID_NODE_ID: a file cannot be used, and its old list stays
   */
  reloadAccess() {
    this.#options.access.reload()
  }

  /**
   * Stops listening, tells the clients that the relay restarts, and closes their connections.
   * @param {{ reconnectInMs?: number, tryForMs?: number, graceMs?: number }} [options] each client is told to come back
   *   at a random time within `reconnectInMs` (default 1 ms for each client, at most 10 s), and to try for `tryForMs`
   *   (5 s). What is not closed after `graceMs` (1 s) is cut off
   */
  async close(options) {
    const plan = readClosePlan(options, this.#sessions.size)
    this.#closing ??= this.#close(plan)
    return this.#closing
  }

  [asyncDispose]() {
    return this.close()
  }

  async #start() {
    const { host, port, tls, httpPort, limits, metricsPort, metricsHost } = this.#options
    const serve = (request, response) => this.#pkarr?.serve(request, response) || servePages(request, response)
    const main = tls
      ? https.createServer({ ...tls.read(), handshakeTimeout: TLS_HANDSHAKE_MS }, serve)
      : http.createServer(serve)
    main.on('connection', (socket) => this.#sockets.add(socket))
    main.on(tls ? 'secureConnection' : 'connection', (socket) => this.#sockets.await(socket, this.#clock))
    main.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head))
    this.ports.relay = await this.#listen(main, host, port, 'the relay port')
    if (tls) {
      this.#secure = main
      tls.watch(() => this.#onTlsFiles())
    }
    if (httpPort !== null) {
      const plain = http.createServer(serveCaptivePortal)
      plain.on('connection', (socket) => {
        this.#sockets.add(socket)
        this.#sockets.await(socket, this.#clock)
      })
      this.ports.http = await this.#listen(plain, host, httpPort, 'the http port')
    }
    if (metricsPort !== null) {
      const server = http.createServer(serveMetrics(this.#metrics))
      this.ports.metrics = await this.#listen(server, metricsHost, metricsPort, 'the metrics port')
    }
    this.#options.access.watch((error) => this.#onAccess(error))
    await this.#answerUdp()
    const shortest = Math.min(
      limits.writeTimeoutMs,
      limits.pingAfterMs,
      limits.pongTimeoutMs,
      limits.handshakeTimeoutMs
    )
    const sweepMs = Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, Math.floor(shortest / 4)))
    this.#sweeping = setInterval(() => this.#sweep(sweepMs), sweepMs)
  }

  /** Opens a TCP port. Without IPv6 on this host the unspecified address is IPv4's. */
  async #listen(server, host, port, what) {
    this.#servers.push(server)
    const open = async (address) => {
      server.listen(port, address)
      await once(server, 'listening')
    }
    try {
      await open(host).catch((error) => {
        if (host !== '::' || !/^(EAFNOSUPPORT|EADDRNOTAVAIL)$/.test(error.code)) throw error
        this.#options.host = '0.0.0.0'
        return open('0.0.0.0')
      })
    } catch (cause) {
      throw listenError(cause, what)
    }
    server.on('error', () => this.#metrics.acceptsFailed++) // out of file descriptors, for one
    return server.address().port
  }

  async #answerUdp() {
    const { stun, stunAlt, quic, limits } = this.#options
    const limiter = new SenderLimiter(limits.udpPerSecondPerIp, limits.udpPerSecond)
    const about = { limiter, metrics: this.#metrics }
    const binding = { ...about, counter: 'stunAnswered', pair: [] }
    this.ports.stun = await this.#bind(stun, answerBinding, binding)
    this.ports.stunAlt = this.ports.stun && (await this.#bind(stunAlt, answerBinding, binding))
    this.ports.quic = await this.#bind(quic, answerQuic, { ...about, counter: 'quicAnswered' })
    await this.#answerDns(about)
  }

  /** DNS is asked over TCP when an answer is too long, at the same port: one that is free for both. */
  async #answerDns(about) {
    const { dns, host } = this.#options
    if (!this.#pkarr || !dns) return
    for (let tries = DNS_PORT_TRIES; this.ports.dns === null && tries > 0; tries--) {
      const port = await this.#bind(dns, (query, from) => this.#pkarr.answer(query, from), {
        ...about,
        counter: 'dnsAnswered'
      })
      if (port === null) return
      try {
        this.ports.dns = await this.#listen(this.#pkarr.tcpServer(), host, port, 'the DNS port')
      } catch (error) {
        await this.#responders.pop().close()
        const isFixed = dns.port !== 0
        if (isFixed && !dns.required) return
        if (isFixed || tries === 1) throw error
      }
    }
  }

  async #bind(wanted, answer, about) {
    if (!wanted) return null
    try {
      const responder = await UdpResponder.bind({ host: this.#options.host, port: wanted.port }, answer, about)
      this.#responders.push(responder)
      return responder.port
    } catch (cause) {
      if (wanted.required) throw listenError(cause, `UDP port ${wanted.port}`)
      return null
    }
  }

  #onUpgrade(request, socket, head) {
    const refuse = (status, headers) => {
      this.#metrics.upgradesRefused++
      refuseUpgrade(socket, status, headers)
    }
    if (pathOf(request) !== '/relay') return refuse('404 Not Found')
    if (request.headers['sec-websocket-version'] !== '13') {
      return refuse('400 Bad Request', ['Sec-WebSocket-Version: 13'])
    }
    const subprotocol = protocol.chooseSubprotocol(request.headers['sec-websocket-protocol'])
    // A client may say nothing before the relay did.
    if (!subprotocol || head.length > 0) return refuse('400 Bad Request')
    let nodeId = null
    const proof = request.headers[auth.CLIENT_AUTH_HEADER]
    try {
      if (proof !== undefined) nodeId = auth.verifyClientAuth(proof, socket)
    } catch {
      return refuse('400 Bad Request')
    }
    this.#websockets.handleUpgrade(request, socket, head, (ws) => this.#admit(ws, request, nodeId))
  }

  #admit(ws, request, nodeId) {
    const { socket, url, headers } = request
    const client = {
      connectionId: ++this.#connectionId,
      remoteAddress: plainAddress(socket.remoteAddress ?? ''),
      version: protocol.versionOf(ws.protocol),
      token: auth.accessToken(request),
      url,
      headers
    }
    const onAdmitted = (admitted) => this.#onAdmitted(ws, socket, admitted)
    new Admission(ws, client, { access: this.#options.access, metrics: this.#metrics, onAdmitted }).start(nodeId)
  }

  #onAdmitted(ws, socket, client) {
    if (this.#closing) {
      ws.close(...CloseReason.SHUTDOWN)
      return
    }
    if (!this.#options.access.listsAdmit(client)) {
      ws.close(...CloseReason.DENIED)
      return
    }
    this.#sockets.release(socket)
    const relay = {
      registry: this.#registry,
      queues: this.#queues,
      limits: this.#options.limits,
      metrics: this.#metrics,
      clock: this.#clock,
      onEnd: (session) => this.#onEnd(session, client)
    }
    const session = new Session({ ws, socket, nodeId: client.nodeId, version: client.version }, relay)
    this.#sessions.set(session, client)
    this.#metrics.clientsAccepted++
    this.#metrics.clients = this.#sessions.size
    session.open()
  }

  #onEnd(session, client) {
    this.#sessions.delete(session)
    this.#metrics.clientsClosed++
    this.#metrics.clients = this.#sessions.size
    this.#options.onDisconnect?.(client)
  }

  /** The clock counts sweeps: while this process stands still, nobody is late. */
  #sweep(sweepMs) {
    this.#clock += sweepMs
    this.#sockets.sweep(this.#clock)
    for (const session of this.#sessions.keys()) session.sweep(this.#clock)
  }

  /** Often the second file is yet to come. */
  #onTlsFiles() {
    let failure = null
    try {
      this.reloadTls()
    } catch (error) {
      failure = error
    }
    this.#options.onReload?.({ what: 'tls', error: failure })
  }

  /** A client whose token or NodeId was taken off goes. */
  #onAccess(error) {
    if (!error) {
      for (const [session, client] of [...this.#sessions]) {
        if (this.#options.access.listsAdmit(client)) continue
        this.#metrics.accessRevoked++
        session.end(CloseReason.DENIED)
      }
    }
    this.#options.onReload?.({ what: 'access', error })
  }

  async #close({ reconnectInMs, tryForMs, graceMs }) {
    this.#options.tls?.close()
    this.#options.access.close()
    // The callback of close() comes whatever happened to a server, once(server, 'close') rejects when it had an error.
    const servers = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    const closed = Promise.all([...servers, ...this.#responders.map((responder) => responder.close())])
    try {
      this.#sockets.destroyWaiting()
      for (const session of this.#sessions.keys()) {
        session.restarting(Math.round(Math.random() * reconnectInMs), tryForMs)
        session.end(CloseReason.SHUTDOWN)
      }
      await within(closed, graceMs)
    } finally {
      this.#sockets.destroyAll()
      for (const server of this.#servers) server.closeAllConnections?.()
      clearInterval(this.#sweeping)
    }
    await closed
  }
}

module.exports = { RelayServer }
