// SPDX-License-Identifier: MIT
'use strict'

const { deferred } = require('../base/deferred')
const { IrohError, invalid } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { Patience } = require('../base/patience')
const { expectMany } = require('../base/signals')
const { parsePeer } = require('../tickets/peer')

/** How long all discoveries together may take. */
const TIMEOUT_MS = 10_000
/** After the first good answer the others have this long to add to it. */
const GRACE_MS = 1000
/** Addresses kept of a peer; those that came first stay. */
const MAX_ADDRESSES = 32

/** What a discovery is called in errors. */
function nameOf(discovery) {
  return discovery.name || discovery.constructor?.name || 'discovery'
}

/** An answer as it can be used, or null. @throws {IrohError} when it is no NodeAddr of this NodeId */
function readAnswer(answer, nodeId) {
  if (answer === null || answer === undefined) return null
  const { directAddresses, relayUrl, ...peer } = parsePeer(answer)
  if (peer.nodeId !== nodeId) throw invalid('it answered with another NodeId')
  return directAddresses.length > 0 || relayUrl !== undefined ? { directAddresses, relayUrl } : null
}

/**
 * One question for a NodeId to all discoveries at once. Their answers are put together; what throws, hangs or answers
 * with something else hurts nobody.
 */
class Lookup {
  #nodeId
  #clock
  #isUsable
  #isDecided = false
  #stop = new AbortController()
  #found = null
  #errors = []
  #first = deferred()
  #all = deferred()
  #pending
  #patience
  #waiting = 0
  #isOver = false
  /** Whether it ended because nobody waited any more. */
  isGivenUp = false

  /**
   * @param {string} nodeId
   * @param {object[]} discoveries those that resolve
   * @param {import('../base/clock').Clock} clock
   * @param {object} options
   * @param {boolean} options.fresh passed on to the discoveries
   * @param {(found: { directAddresses: string[], relayUrl?: string }) => boolean} options.isUsable whether the endpoint can
   *   dial it
   */
  constructor(nodeId, discoveries, clock, { fresh, isUsable }) {
    expectMany(this.#stop.signal) // each discovery may listen
    this.#nodeId = nodeId
    this.#clock = clock
    this.#isUsable = isUsable
    this.#pending = discoveries.length
    this.#setTimer(TIMEOUT_MS)
    for (const discovery of discoveries) this.#ask(discovery, fresh)
  }

  /** Whether there is an answer that can be used. */
  get isDecided() {
    return this.#isDecided
  }

  /** Whether there is no more to come. */
  get isOver() {
    return this.#isOver
  }

  /**
   * Resolves with the first answer that can be used, { directAddresses, relayUrl? }; with what there is when none can, or
   * null. Never rejects.
   */
  get first() {
    return this.#first.promise
  }

  /** The same when there is no more to come: at most a second after the first good answer. Never rejects. */
  get all() {
    return this.#all.promise
  }

  /** What failed: [{ name, error }]. */
  get errors() {
    return this.#errors
  }

  /**
   * Waits for `first` or `all`. When nobody waits any more the look-up is given up.
   * @param {'first' | 'all'} which
   * @param {AbortSignal} [signal]
   */
  async wait(which, signal) {
    signal?.throwIfAborted()
    this.#waiting++
    const aborted = deferred()
    const forget = onAbort(signal, () => aborted.reject(signal.reason))
    try {
      return await Promise.race([this[which], aborted.promise])
    } finally {
      forget()
      this.#waiting--
      if (this.#waiting === 0 && signal?.aborted) this.#giveUp()
    }
  }

  /** Ends it with what there is. */
  stop() {
    if (this.#isOver) return
    this.#isOver = true
    this.#patience?.stop()
    this.#stop.abort()
    this.#first.resolve(this.#found)
    this.#all.resolve(this.#found)
  }

  #giveUp() {
    if (this.#isOver) return
    this.isGivenUp = true
    this.stop()
  }

  async #ask(discovery, fresh) {
    try {
      const answer = await discovery.resolve(this.#nodeId, { signal: this.#stop.signal, fresh })
      this.#answered(readAnswer(answer, this.#nodeId))
    } catch (error) {
      if (!this.#isOver) this.#errors.push({ name: nameOf(discovery), error })
    }
    this.#pending--
    if (this.#pending === 0) this.stop()
  }

  #answered(found) {
    if (found === null || this.#isOver) return
    const merged = merge(this.#found, found)
    const isUsable = this.#isUsable(merged) // throws for an invalid relay
    this.#found = merged
    if (this.#isDecided || !isUsable) return
    this.#isDecided = true
    this.#first.resolve(this.#found)
    this.#setTimer(GRACE_MS)
  }

  #setTimer(ms) {
    this.#patience?.stop()
    this.#patience = new Patience(ms, () => this.#late(), this.#clock).unref()
  }

  #late() {
    if (!this.#isDecided) this.#errors.push({ name: 'all', error: new IrohError('ERR_IROH_TIMEOUT') })
    this.stop()
  }
}

function merge(older, newer) {
  if (older === null) return newer
  const directAddresses = [...new Set([...older.directAddresses, ...newer.directAddresses])].slice(0, MAX_ADDRESSES)
  return { directAddresses, relayUrl: older.relayUrl ?? newer.relayUrl }
}

module.exports = { Lookup, nameOf }
