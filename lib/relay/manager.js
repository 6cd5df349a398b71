// SPDX-License-Identifier: MIT
'use strict'

const { MAX_DURATION_MS, checkFunction, checkInteger, checkOptions, checkSignal } = require('../base/check')
const { quietDeferred } = require('../base/deferred')
const { Emitter } = require('../base/emitter')
const { IrohError, invalid } = require('../base/errors')
const { guarded, reportUncaught } = require('../base/guard')
const { onAbort } = require('../base/on-abort')
const { SecretKey } = require('../identity/secret-key')
const { isOutside } = require('../base/ip-scope')
const { names } = require('../outbound/names')
const { datagramCount } = require('./client')
const { RelayLink, peerKey } = require('./client-link')
const { Probe } = require('./client-probe')
const { systemClock } = require('../base/clock')
const { Timers } = require('../base/timers')
const { checkToken, normalizeRelayUrl } = require('../base/relay-url')
const { ForeignDials } = require('./foreign')
const { Troubles, whyOffline } = require('./troubles')

const KNOWN = [
  'relays',
  'secretKey',
  'ca',
  'proxies',
  'maxRelays',
  'maxBufferedBytes',
  'maxQueuedBytes',
  'clock',
  'log'
]

const MAX_CONFIGURED = 64
/** Relays are measured again after this long, give or take three seconds. */
const ROUND_MS = 23_000
const ROUND_JITTER_MS = 6000
/** A lost home starts a round at once, but not more often than this. */
const MIN_ROUND_MS = 1000
/** Another relay must be that much faster than the home to become it. */
const BETTER = 2 / 3
const MAX_SPELLINGS = 1024
/** URLs that the program named; those named longest ago are forgotten beyond them, and count as foreign. */
const MAX_NAMED = 1024

/** @returns {Map<string, { url: string, token?: string }>} by normalised URL; the first of a URL counts */
function readRelays(relays = []) {
  if (!Array.isArray(relays) || relays.length > MAX_CONFIGURED) {
    throw invalid(`relays must be an array of at most ${MAX_CONFIGURED}`)
  }
  const read = new Map()
  for (const relay of relays) {
    const given = typeof relay === 'string' ? { url: relay } : checkOptions(relay, ['url', 'token'], 'relay')
    const url = normalizeRelayUrl(given.url)
    const token = checkToken(given.token)
    if (!read.has(url)) read.set(url, { url, token })
  }
  return read
}

/**
 * The relays of one endpoint: measures those configured, keeps a session with the fastest (its home), dials others when
 * something is to be sent there, and says over which relay datagrams came.
 *
 * Events:
 * - 'home' (url: string): another relay, or the first, is the home now
 * - 'relay' (url, 'up') and (url, 'down', { error: IrohError }): a session began or ended
 * - 'trouble' (url, 'failed', { error: IrohError }): it cannot be measured, or there is no session with it; once for each
 *   cause until it works. (url, 'displaced', { error, times }): another connection with this key took over; (url,
 *   'regained', {}): that one has left
 * - 'datagrams' (url, source: Buffer of 32 bytes, ecn, segmentSize, bytes): as RelayClient has it
 * - 'gone' (url, id: Buffer of 32 bytes): a peer left that relay
 */
class RelayManager extends Emitter {
  #configured
  /** Named by the program, beside those configured. */
  #named = new Set()
  #foreign
  #secretKey
  #ca
  #proxies
  #clock
  #log
  #timers
  #limits
  #links = new Map()
  #troubles = new Troubles((...trouble) => this.emit('trouble', ...trouble))
  #spellings = new Map()
  #home = null
  #candidate = null
  #round = null
  #roundAt = Number.NEGATIVE_INFINITY
  #probes = new Set()
  #waiting = new Set()
  #leaving = new Set()
  #referenced = true
  #started = false
  #over = false
  #closed = null
  #dropped = 0

  /**
   * @param {object} options
   * @param {(string | { url: string, token?: string })[]} [options.relays] at most 64; none: there is no home, and
   *   online() resolves at once
   * @param {SecretKey} options.secretKey
   * @param {string | Buffer | (string | Buffer)[]} [options.ca] PEM; trusted for relays instead of Node's own roots
   * @param {import('../outbound/proxies').Proxies} [options.proxies] default: as the environment says
   * @param {number} [options.maxRelays] sessions at a time with relays that are not configured; default 32
   * @param {number} [options.maxBufferedBytes] per relay, as RelayClient has it; default 1 MiB
   * @param {number} [options.maxQueuedBytes] per relay, waiting for its session; default 256 KiB
   * @param {import('../base/clock').Clock} [options.clock] for tests
   * @param {(line: string) => void} [options.log] is told what changes
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_KEY
   */
  constructor(options) {
    super()
    const { relays, secretKey, ca, proxies, maxRelays, maxBufferedBytes, maxQueuedBytes, clock, log } = checkOptions(
      options,
      KNOWN,
      'RelayManager'
    )
    this.#configured = readRelays(relays)
    this.#secretKey = SecretKey.from(secretKey)
    this.#ca = ca
    this.#proxies = proxies
    this.#clock = clock ?? systemClock
    this.#foreign = new ForeignDials(this.#clock)
    this.#log = guarded(checkFunction(log, 'log'))
    this.#timers = new Timers(this.#clock)
    this.#limits = {
      maxRelays: checkInteger(maxRelays, 'maxRelays', { fallback: 32 }),
      maxBufferedBytes: checkInteger(maxBufferedBytes, 'maxBufferedBytes', { min: 1, fallback: 1 << 20 }),
      maxQueuedBytes: checkInteger(maxQueuedBytes, 'maxQueuedBytes', { fallback: 256 << 10 })
    }
    for (const url of this.#configured.keys()) this.#addLink(url)
  }

  /** The program itself names a relay: it is dialled wherever it is. @param {string} url normalised */
  name(url) {
    this.#named.delete(url)
    this.#named.add(url)
    if (this.#named.size > MAX_NAMED) this.#named.delete(this.#named.values().next().value)
  }

  /** Whether the program named a relay. @param {string} url normalised */
  isNamed(url) {
    return this.#configured.has(url) || this.#named.has(url)
  }

  /** Whether a relay has a session or tries to get one. @param {string} url normalised */
  isActive(url) {
    return this.#links.get(url)?.isActive ?? false
  }

  /** Begins to measure, and connects to the relay that answers first. */
  start() {
    this.#assertOpen()
    if (this.#started) return
    this.#started = true
    if (this.#configured.size > 0) this.#measure()
  }

  /** The URL of the home relay, whether or not its session is up at the moment; null before one is chosen. */
  home() {
    return this.#home?.url ?? null
  }

  /**
   * Resolves when the session with the home relay is confirmed: at once if it is, or if no relays are configured.
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [options]
   * @throws {IrohError} ERR_IROH_ABORTED, ERR_IROH_TIMEOUT, ERR_IROH_CLOSED; ERR_IROH_KEY_IN_USE when another connection with
   *   this key has taken over there
   */
  async online(options) {
    const { signal, timeoutMs } = checkOptions(options, ['signal', 'timeoutMs'], 'online')
    checkSignal(signal)
    const patience = checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: MAX_DURATION_MS, fallback: 0 })
    this.#assertOpen()
    if (signal?.aborted) throw new IrohError('ERR_IROH_ABORTED', { cause: signal.reason })
    const displacement = this.#home && this.#troubles.displacement(this.#home.url)
    if (displacement) throw displacement
    if (this.#configured.size === 0 || this.#home?.isUp) return
    const waiter = quietDeferred()
    const forget = onAbort(signal, () => waiter.reject(new IrohError('ERR_IROH_ABORTED', { cause: signal.reason })))
    if (patience > 0) {
      this.#timers.setPatient(waiter, patience, () =>
        waiter.reject(new IrohError('ERR_IROH_TIMEOUT', this.#whyOffline()))
      )
    }
    this.#waiting.add(waiter)
    try {
      await waiter.promise
    } finally {
      this.#waiting.delete(waiter)
      this.#timers.clear(waiter)
      forget()
    }
  }

  /**
   * Sends datagrams to a peer at a relay. If there is no session with that relay, one that the peer was heard over is
   * used; if there is none either, the relay is dialled, and the datagrams wait for three seconds at most. One that the
   * program did not name is dialled rarely, and only at addresses outside (foreign.js).
   * @param {string} url of the relay
   * @param {Uint8Array} nodeId 32 bytes
   * @param {number} ecn the IP header's two bits
   * @param {number} segmentSize bytes of each datagram but the last, which may be shorter; 0: data is one datagram
   * @param {Uint8Array} data copied
   * @returns {boolean} false: dropped, because a limit is reached or the manager is closed
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT for what is no relay URL
   */
  send(url, nodeId, ecn, segmentSize, data) {
    const wanted = this.#normalize(url)
    const link = this.#links.get(wanted)
    if (link?.isUp) return link.send(nodeId, ecn, segmentSize, data)
    const other = this.#heardOver(nodeId)
    if (other) return other.send(nodeId, ecn, segmentSize, data)
    const dialled = this.#over ? null : this.#dial(wanted)
    if (dialled) return dialled.queue(nodeId, ecn, segmentSize, data)
    this.#dropped += datagramCount(segmentSize, data)
    return false
  }

  /** Measures again and looks after each session, as the ways to the relays may have changed. */
  networkChanged() {
    this.#assertOpen()
    names.forget()
    for (const link of this.#links.values()) {
      link.forgive()
      link.networkChanged()
    }
    if (this.#started && this.#configured.size > 0) this.#measure()
  }

  /**
   * What is known of each relay configured or in use: `state` as RelayClient has it, `latencyMs` the best of the last
   * five minutes over HTTP, `rttMs` of the session's last ping, `error` why it is not up or could not be measured.
   * @returns {{ url: string, state: string, isHome: boolean, latencyMs: number | null, rttMs: number | null,
   *   error: IrohError | null }[]}
   */
  report() {
    return [...this.#links.values()].map((link) => ({
      url: link.url,
      state: link.state,
      isHome: link === this.#home,
      latencyMs: link.latencyMs,
      rttMs: link.rttMs,
      error: link.error
    }))
  }

  /** Datagrams that were to be sent and were dropped. */
  get dropped() {
    return [...this.#links.values()].reduce((sum, link) => sum + link.dropped, this.#dropped)
  }

  /** The manager keeps the process alive (the default). */
  ref() {
    return this.#setReferenced(true)
  }

  /** The manager does not keep the process alive. */
  unref() {
    return this.#setReferenced(false)
  }

  /** Leaves every relay. Resolves once the last socket is gone; never rejects. */
  close() {
    if (!this.#over) {
      this.#over = true
      this.#closed = this.#closeAll()
    }
    return this.#closed
  }

  async #closeAll() {
    for (const probe of this.#probes) probe.abort()
    this.#timers.clearAll()
    for (const waiter of this.#waiting) waiter.reject(new IrohError('ERR_IROH_CLOSED'))
    const leaving = [...this.#links.values()].map((link) => link.close())
    await Promise.all([this.#round, ...leaving, ...this.#leaving])
  }

  #assertOpen() {
    if (this.#over) throw new IrohError('ERR_IROH_CLOSED')
  }

  #whyOffline() {
    const pending = [...this.#probes, ...this.#links.values()].filter(({ lateWords }) => lateWords !== null)
    return whyOffline(this.report(), new Map(pending.map(({ url, lateWords }) => [url, lateWords])))
  }

  #setReferenced(referenced) {
    this.#referenced = referenced
    this.#timers.setReferenced(referenced)
    for (const link of this.#links.values()) link.setReferenced(referenced)
    return this
  }

  /** Spellings seen are remembered, so that a batch to send costs a look-up. */
  #normalize(url) {
    const known = this.#spellings.get(url)
    if (known !== undefined) return known
    const normalized = normalizeRelayUrl(url)
    if (this.#spellings.size === MAX_SPELLINGS) this.#spellings.clear()
    this.#spellings.set(url, normalized)
    return normalized
  }

  #heardOver(nodeId) {
    const peer = peerKey(nodeId)
    for (const link of this.#links.values()) {
      if (link.reaches(peer)) return link
    }
    return null
  }

  /** The link to a relay, dialling; null when too many others are in use. */
  #dial(url) {
    const known = this.#links.get(url)
    if (known?.isActive) return known
    if (!known && this.#links.size - this.#configured.size >= this.#limits.maxRelays) return null
    if (!this.isNamed(url) && !this.#foreign.begin(url)) return null
    const link = known ?? this.#addLink(url)
    link.open(false)
    return link
  }

  #addLink(url) {
    const isForeign = !this.isNamed(url)
    const clientOptions = {
      url,
      token: this.#configured.get(url)?.token,
      secretKey: this.#secretKey,
      ca: this.#ca,
      proxies: this.#proxies,
      admits: isForeign ? isOutside : undefined,
      maxBufferedBytes: this.#limits.maxBufferedBytes,
      clock: this.#clock,
      log: this.#log
    }
    const { maxQueuedBytes } = this.#limits
    const link = new RelayLink(clientOptions, { clock: this.#clock, maxQueuedBytes, isForeign })
    link.setReferenced(this.#referenced)
    link.on('up', () => this.#onUp(link))
    link.on('down', (error, wasUp) => this.#onDown(link, error, wasUp))
    link.on('idle', () => this.#onIdle(link))
    link.on('displaced', (times) => this.#troubles.displaced(link, times, this.#links.values()))
    link.on('regained', () => this.#troubles.regained(url))
    link.on('datagrams', (...batch) => this.emit('datagrams', url, ...batch))
    link.on('gone', (id) => this.emit('gone', url, id))
    this.#links.set(url, link)
    return link
  }

  #onUp(link) {
    if (link.isForeign) this.#foreign.over(link.url)
    this.#troubles.works(link.url, 'session')
    this.emit('relay', link.url, 'up')
    if (link === this.#candidate) this.#becomeHome(link)
    else if (link === this.#home) this.#settleWaiting()
  }

  #settleWaiting() {
    for (const waiter of this.#waiting) waiter.resolve()
  }

  #onDown(link, error, wasUp) {
    this.#troubles.ended(link.url)
    if (wasUp) this.emit('relay', link.url, 'down', { error })
    if (this.#over) return
    if (!wasUp) this.#troubles.failed(link.url, 'session', error)
    if (link.isForeign) this.#onForeignDown(link, wasUp)
    if (link === this.#candidate && link.isBad) this.#dropCandidate()
    if (link !== this.#home) return
    if (link.isBad) this.#choose()
    if (wasUp) this.#measureSoon()
  }

  /** Whatever is there may not want to be dialled: it is not dialled again soon. */
  #onForeignDown(link, wasUp) {
    if (!wasUp) this.#foreign.failed(link.url)
    link.close()
    this.#onIdle(link)
  }

  /** A link that is not configured is forgotten once it is left. */
  #onIdle(link) {
    if (this.#configured.has(link.url)) return
    this.#foreign.over(link.url)
    this.#troubles.forget(link.url)
    this.#dropped += link.dropped
    this.#links.delete(link.url)
    const left = link.close()
    this.#leaving.add(left)
    left.then(() => this.#leaving.delete(left))
  }

  #measureSoon() {
    const since = this.#clock.now() - this.#roundAt
    this.#scheduleRound(Math.max(0, MIN_ROUND_MS - since))
  }

  #scheduleRound(ms) {
    this.#timers.set('round', ms, () => this.#measure())
  }

  /** One round at a time. */
  #measure() {
    if (this.#round) {
      this.#scheduleRound(MIN_ROUND_MS)
      return
    }
    this.#roundAt = this.#clock.now()
    this.#scheduleRound(ROUND_MS - ROUND_JITTER_MS / 2 + Math.random() * ROUND_JITTER_MS)
    if (this.#home && !this.#home.isUp) this.#home.answered = false
    this.#round = this.#measureAll()
      .catch(reportUncaught)
      .finally(() => {
        this.#round = null
      })
  }

  async #measureAll() {
    await Promise.all([...this.#configured.keys()].map((url) => this.#measureOne(this.#links.get(url))))
    if (!this.#over) this.#choose()
  }

  async #measureOne(link) {
    const probe = new Probe(link.url, {
      ca: this.#ca,
      proxies: this.#proxies,
      clock: this.#clock,
      referenced: this.#referenced,
      onFirst: (latencyMs) => this.#onFirstAnswer(link, latencyMs)
    })
    this.#probes.add(probe)
    const { latencyMs, error } = await probe.result
    this.#probes.delete(probe)
    link.probeError = error
    if (latencyMs !== null) {
      link.measured(latencyMs)
      this.#troubles.works(link.url, 'ping')
    } else {
      link.answered = false
      if (!this.#over && !link.isUp) this.#troubles.failed(link.url, 'ping', error)
    }
  }

  /** Without a home that works, whoever answers first will do. */
  #onFirstAnswer(link, latencyMs) {
    link.measured(latencyMs)
    if (!this.#over && !this.#home?.isUp && !this.#isCandidate(this.#home)) this.#choose()
  }

  #isCandidate(link) {
    return link?.answered && !link.isBad && link.latencyMs !== null
  }

  /** Moves home if the last round found a better relay, or any that works when the home does not. */
  #choose() {
    const candidates = [...this.#links.values()].filter((link) => this.#isCandidate(link))
    if (candidates.length === 0) return
    const best = candidates.reduce((a, b) => (b.latencyMs < a.latencyMs ? b : a))
    if (best === this.#home || this.#keepsHome(best)) this.#dropCandidate()
    else if (this.#home?.isUp) this.#tryOut(best)
    else this.#becomeHome(best)
  }

  #keepsHome(best) {
    if (!this.#isCandidate(this.#home)) return this.#home?.isUp ?? false
    return best.latencyMs > this.#home.latencyMs * BETTER
  }

  /** The home stays until the better relay's session is up. */
  #tryOut(link) {
    if (link === this.#candidate) return
    this.#dropCandidate()
    if (link.isUp) {
      this.#becomeHome(link)
      return
    }
    this.#candidate = link
    link.open(true)
  }

  #dropCandidate() {
    const link = this.#candidate
    this.#candidate = null
    link?.release()
  }

  #becomeHome(link) {
    if (this.#candidate === link) this.#candidate = null
    else this.#dropCandidate()
    const old = this.#home
    this.#home = link
    this.#log?.(`relay ${link.url}: is the home`)
    link.open(true)
    old?.release()
    this.emit('home', link.url)
    if (link.isUp) this.#settleWaiting()
  }
}

module.exports = { RelayManager }
