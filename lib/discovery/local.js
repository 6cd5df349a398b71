// SPDX-License-Identifier: MIT
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const os = require('node:os')
const { checkInteger, checkOptions, checkTexts } = require('../check')
const { IrohError, invalid } = require('../errors')
const { parsePeer } = require('../node-addr')
const { LocalLink } = require('./local-link')
const { announcement, isQuery, query, readAnnouncement } = require('./local-message')

/** When a question is repeated, and when it is given up. */
const ASK_AT_MS = [0, 250, 750, 1500]
const TIMEOUT_MS = 3000
/** Answers wait so long at most, so that not all of a network come at once, and come so often at most. */
const MAX_DELAY_MS = 100
const MIN_INTERVAL_MS = 1000
/** What was heard so lately is believed without asking. */
const FRESH_MS = 10_000
/** Peers remembered; the one heard longest ago is forgotten beyond them. */
const MAX_PEERS = 1024

/** The interfaces that are used: all with IPv4 but the loopback, and that one if there is no other. */
function allInterfaces() {
  const items = Object.values(os.networkInterfaces())
    .flat()
    .filter(({ family }) => family === 'IPv4')
  const outside = items.filter(({ internal }) => !internal)
  return [...new Set((outside.length > 0 ? outside : items).map(({ address }) => address))]
}

/**
 * Finds peers of the same network and of this host by multicast DNS (RFC 6762), as iroh's mDNS address look-up does. It
 * asks only while somebody waits for an answer, and answers others at most once a second.
 */
class LocalDiscovery {
  name = 'local'
  #interfaces
  #timeoutMs
  #nodeId = null
  #links = new Map()
  #opening = null
  #own = null
  #lastAnswer = Number.NEGATIVE_INFINITY
  #answering = null
  #peers = new Map()
  #waiting = new Map()
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
    this.#answerSoon()
  }

  async resolve(nodeId, { signal }) {
    const known = this.#peers.get(nodeId)
    if (known && performance.now() - known.at < FRESH_MS) return known.addr
    await this.#open()
    return this.#ask(nodeId, signal)
  }

  /**
   * Asks who is there.
   * @param {{ waitMs?: number }} [options] how long answers are waited for, default 1000
   * @returns {Promise<object[]>} the NodeAddrs of those who answered, and were heard in the last ten seconds
   */
  async peers({ waitMs = MIN_INTERVAL_MS } = {}) {
    checkInteger(waitMs, 'waitMs', { max: 60_000 })
    await this.#open()
    this.#query()
    await sleep(waitMs)
    const oldest = performance.now() - FRESH_MS
    return [...this.#peers.values()].filter(({ at }) => at > oldest).map(({ addr }) => addr)
  }

  /** Interfaces may have come and gone. */
  async networkChanged() {
    if (this.#links.size === 0) return
    await this.#open()
    if (this.#own) this.#answerSoon()
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
    this.#opening = this.#openAll(this.#opening)
    const failure = await this.#opening
    if (failure) throw failure
  }

  /** @returns {Promise<IrohError | null>} */
  async #openAll(before) {
    await before
    const wanted = this.#isClosed ? [] : (this.#interfaces ?? allInterfaces())
    for (const [address, link] of this.#links) {
      if (wanted.includes(address) || this.#isClosed) continue
      this.#links.delete(address)
      await link.close()
    }
    let failure = new IrohError('ERR_IROH_DISCOVERY', { detail: 'this host has no IPv4 interface' })
    for (const address of wanted) {
      if (this.#links.has(address)) continue
      try {
        this.#links.set(address, await LocalLink.open(address, (message) => this.#onMessage(message)))
      } catch (error) {
        failure = error
      }
    }
    return this.#links.size === 0 && !this.#isClosed ? failure : null
  }

  async #ask(nodeId, signal) {
    const timers = ASK_AT_MS.map((ms) => setTimeout(() => this.#query(), ms).unref())
    let stop
    try {
      return await new Promise((resolve) => {
        stop = resolve
        timers.push(setTimeout(stop, this.#timeoutMs, null).unref())
        this.#waiting.set(stop, nodeId)
        signal.addEventListener('abort', () => stop(null), { once: true })
        if (signal.aborted || this.#isClosed) stop(null)
      })
    } finally {
      this.#waiting.delete(stop)
      for (const timer of timers) clearTimeout(timer)
    }
  }

  #query() {
    for (const link of this.#links.values()) link.query({ ...query })
  }

  #onMessage(message) {
    if (this.#isClosed) return
    if (message.type === 'query') {
      if (this.#own && isQuery(message)) this.#answerSoon()
      return
    }
    for (const addr of readAnnouncement(message)) this.#heard(addr)
  }

  #heard(addr) {
    if (addr.nodeId === this.#nodeId) return
    this.#peers.delete(addr.nodeId)
    this.#peers.set(addr.nodeId, { addr, at: performance.now() })
    if (this.#peers.size > MAX_PEERS) this.#peers.delete(this.#peers.keys().next().value)
    for (const [stop, nodeId] of this.#waiting) {
      if (nodeId === addr.nodeId) stop(addr)
    }
  }

  #answerSoon() {
    if (this.#answering !== null || this.#isClosed) return
    const wait = Math.max(0, this.#lastAnswer + MIN_INTERVAL_MS - performance.now())
    this.#answering = setTimeout(() => this.#answer(), wait + Math.random() * MAX_DELAY_MS).unref()
  }

  #answer() {
    this.#answering = null
    this.#lastAnswer = performance.now()
    for (const link of this.#links.values()) link.respond({ ...this.#own })
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
