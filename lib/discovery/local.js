// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger, checkOptions, checkTexts } = require('../base/check')
const { IrohError, invalid } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { Patience } = require('../base/patience')
const { parseAddress } = require('../addresses/node-addr')
const { parsePeer } = require('../tickets/peer')
const { LocalGuard } = require('./local-guard')
const { LocalLink } = require('./local-link')
const { announcement, questionFor, questionForAll, readAnnouncement, readQuery } = require('./local-message')
const { LocalNetworks } = require('./local-networks')
const { LocalPeers } = require('./local-peers')

/** When a question is repeated, and when it is given up. */
const ASK_AT_MS = [0, 250, 750, 1500]
const TIMEOUT_MS = 3000
/** What one endpoint tells comes so often at most (RFC 6762, section 6). */
const MIN_INTERVAL_MS = 1000
/** How long an answer may wait that only one gives, and that all are to give now. */
const DELAY_MS = 20
const DELAY_NOW_MS = 500
/** To the question that real iroh asks all the time, a network is to answer 2.5 times a second, as it does itself. */
const DELAY_PER_PEER_MS = 400
const MIN_DELAY_MS = 100
const MAX_DELAY_MS = 30_000
/** What was heard so lately is believed without asking, and so lately when nothing answers. */
const FRESH_MS = 10_000
const STALE_MS = 120_000

/** Nobody elsewhere is at an address of the loopback. */
function withoutLoopback(addr) {
  const isOutside = (address) => !/^(?:127\.|::1$|::ffff:127\.)/i.test(parseAddress(address).host)
  return { ...addr, directAddresses: addr.directAddresses.filter(isOutside) }
}

/**
 * Finds peers of the same network and of this host by multicast DNS (RFC 6762), as iroh's mDNS address look-up does. It
 * asks only while somebody waits for an answer, and answers others at most once a second; the more peers there are, the
 * later.
 */
class LocalDiscovery {
  name = 'local'
  #interfaces
  #timeoutMs
  #nodeId = null
  #networks = new LocalNetworks()
  #guard = new LocalGuard(this.#networks)
  #links = new Map()
  #opening = null
  #own = null
  #lastAnswer = Number.NEGATIVE_INFINITY
  #answering = null
  #answerAt = 0
  #peers = new LocalPeers()
  #waiting = new Map()
  #isStarted = false
  #isClosed = false

  constructor(options) {
    const { interfaces, timeoutMs } = checkOptions(options, ['interfaces', 'timeoutMs'], 'localDiscovery')
    this.#interfaces = interfaces === undefined ? null : checkTexts(interfaces, 'interfaces')
    this.#timeoutMs = checkInteger(timeoutMs, 'timeoutMs', { min: 1, max: 60_000, fallback: TIMEOUT_MS })
  }

  attach({ nodeId }) {
    if (this.#nodeId) throw invalid('a localDiscovery() belongs to one endpoint; make another one')
    this.#nodeId = nodeId
  }

  /** Answers others from now on, and tells once unasked. */
  async publish(nodeAddr) {
    this.#own = announcement(parsePeer(nodeAddr))
    await this.#open()
    this.#answerSoon(MIN_DELAY_MS)
  }

  async resolve(nodeId, { signal, fresh = false }) {
    const heard = fresh ? null : this.#heardWithin(FRESH_MS, nodeId)
    if (heard) return heard
    await this.#open()
    return (await this.#ask(nodeId, signal)) ?? this.#heardWithin(STALE_MS, nodeId)
  }

  /**
   * Asks who is there.
   * @param {{ waitMs?: number }} [options] how long answers are waited for, default 1000
   * @returns {Promise<object[]>} the NodeAddrs of those who answered, and were heard in the last two minutes
   */
  async peers({ waitMs = MIN_INTERVAL_MS } = {}) {
    checkInteger(waitMs, 'waitMs', { max: 60_000 })
    await this.#open()
    this.#query(questionForAll())
    await new Promise((resolve) => new Patience(waitMs, resolve)) // answers that came are read
    return this.#peers.allSince(performance.now() - STALE_MS)
  }

  /** How many messages of iroh's service were not read: not from this link, over a limit, malformed. */
  get dropped() {
    return { ...this.#guard.dropped }
  }

  /** Interfaces may have come and gone. */
  async networkChanged() {
    this.#networks.changed()
    if (!this.#isStarted) return
    await this.#open()
    if (this.#own) this.#answerSoon(MIN_DELAY_MS)
  }

  async close() {
    this.#isClosed = true
    clearTimeout(this.#answering)
    for (const stop of this.#waiting.keys()) stop(null)
    await this.#opening
    await Promise.all([...this.#links.values()].map((link) => link.close()))
  }

  /** Has a link for each interface there is now. @throws {IrohError} ERR_IROH_DISCOVERY when there is none at all */
  async #open() {
    this.#isStarted = true
    this.#opening = this.#openAll(this.#opening)
    const failure = await this.#opening
    if (failure) throw failure
  }

  /** @returns {Promise<IrohError | null>} */
  async #openAll(before) {
    await before
    const wanted = this.#isClosed ? [] : (this.#interfaces ?? this.#networks.addresses())
    for (const [address, link] of this.#links) {
      if (this.#isClosed || (wanted.includes(address) && link.rejoin())) continue
      this.#links.delete(address)
      await link.close()
    }
    let failure = new IrohError('ERR_IROH_DISCOVERY', { detail: 'this host has no IPv4 interface' })
    for (const address of wanted) {
      if (this.#links.has(address)) continue
      try {
        this.#links.set(address, await LocalLink.open(address, this.#guard, (...heard) => this.#onMessage(...heard)))
      } catch (error) {
        failure = error
      }
    }
    return this.#links.size === 0 && !this.#isClosed ? failure : null
  }

  async #ask(nodeId, signal) {
    const timers = ASK_AT_MS.map((ms) => setTimeout(() => this.#query(questionFor(nodeId)), ms).unref())
    let stop
    let forget
    let patience
    try {
      return await new Promise((resolve) => {
        stop = resolve
        patience = new Patience(this.#timeoutMs, () => stop(null)).unref()
        this.#waiting.set(stop, nodeId)
        forget = onAbort(signal, () => stop(null))
        if (signal.aborted || this.#isClosed) stop(null)
      })
    } finally {
      forget()
      this.#waiting.delete(stop)
      patience?.stop()
      for (const timer of timers) clearTimeout(timer)
    }
  }

  #query(question) {
    for (const link of this.#links.values()) link.send(question)
  }

  #onMessage(message, from) {
    if (this.#isClosed) return
    if (!message.isResponse) {
      if (this.#own) this.#onQuery(readQuery(message))
      return
    }
    for (const addr of readAnnouncement(message)) {
      if (addr.nodeId !== this.#nodeId)
        this.#heard(this.#networks.isOwn(from.address) ? addr : withoutLoopback(addr), from)
    }
  }

  #onQuery(asked) {
    if (asked === 'all now') this.#answerSoon(DELAY_NOW_MS)
    else if (asked === 'all') this.#answerSoon(this.#turnMs())
    else if (asked?.includes(this.#nodeId)) this.#answerSoon(DELAY_MS)
  }

  /** How long the peers of this network take to answer one after the other. */
  #turnMs() {
    this.#peers.forgetBefore(performance.now() - STALE_MS)
    const turn = (this.#peers.size - 1) * DELAY_PER_PEER_MS
    return Math.min(Math.max(turn, MIN_DELAY_MS), MAX_DELAY_MS)
  }

  #heard(addr, { address }) {
    if (addr.directAddresses.length === 0 && addr.relayUrl === undefined) return
    this.#peers.heard(addr, address, performance.now())
    for (const [stop, nodeId] of this.#waiting) {
      if (nodeId === addr.nodeId) stop(this.#heardWithin(STALE_MS, nodeId))
    }
  }

  #heardWithin(ms, nodeId) {
    return this.#peers.since(performance.now() - ms, nodeId)
  }

  /** One answer is pending at most: the one that comes first. */
  #answerSoon(maxDelayMs) {
    if (this.#isClosed) return
    const now = performance.now()
    const at = Math.max(this.#lastAnswer + MIN_INTERVAL_MS, now + Math.random() * maxDelayMs)
    if (this.#answering !== null && this.#answerAt <= at) return
    clearTimeout(this.#answering)
    this.#answerAt = at
    this.#answering = setTimeout(() => this.#answer(), at - now).unref()
  }

  #answer() {
    this.#answering = null
    this.#lastAnswer = performance.now()
    for (const link of this.#links.values()) link.send(this.#own)
  }
}

/**
 * Finds peers of the same network and of this host, without any server.
 * @param {{ interfaces?: string[], timeoutMs?: number }} [options] interfaces: their IPv4 addresses, default all but the
 *   loopback, and that one if there is no other; timeoutMs: how long an answer is waited for, default 3000
 */
function localDiscovery(options) {
  return new LocalDiscovery(options)
}

module.exports = { localDiscovery }
