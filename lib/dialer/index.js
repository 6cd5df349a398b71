// SPDX-License-Identifier: MIT
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { openConnection } = require('./handshake')
const { DialBackoff } = require('./backoff')
const { DialSlots } = require('./slots')
const { IrohError } = require('../base/errors')

/** Without an answer for this long, or after a failure, discovery is asked whether the peer is elsewhere by now. */
const SECOND_TRY_MS = 1500
/** Failures that say nothing about the peer. */
const OWN_ENDS = new Set(['ERR_IROH_ABORTED', 'ERR_IROH_CLOSED', 'ERR_IROH_LIMIT', 'ERR_IROH_NO_ADDRESS'])

/** Resolves when the promise has rejected, and after `ms` at the latest; then `signal` has ended the waiting, too. */
async function failedOrLate(promise, ms, signal) {
  const failed = promise.then(
    () => new Promise(() => {}),
    () => {}
  )
  await Promise.race([failed, sleep(ms, undefined, { signal, ref: false }).catch(() => {})])
}

/**
 * Dials of one endpoint: finds out where a peer is, waits its turn, and makes the handshake. Several at once to one peer
 * share the look-up and the back-off; each gets a connection of its own.
 */
class Dialer {
  #core
  #book
  #discovery
  #addressesOf
  #hold
  #backoff
  #slots
  #running = new Set()

  /**
   * @param {import('../core').Core} core
   * @param {object} about
   * @param {import('../addresses/address-book').AddressBook} about.book where peers are, as the program said
   * @param {{ resolve: Function, isEmpty: boolean } | null} about.discovery
   * @param {(where: { directAddresses: string[], relayUrl?: string }, isForeign: boolean) => string[]} about.addressesOf
   *   as the core dials them; isForeign: others say so, and not the program
   * @param {(handle: number) => import('../connection').Connection} about.hold
   * @param {number} about.maxDials at a time
   * @param {DialBackoff} [about.backoff]
   */
  constructor(core, { book, discovery, addressesOf, hold, maxDials, backoff = new DialBackoff() }) {
    this.#core = core
    this.#book = book
    this.#discovery = discovery
    this.#addressesOf = addressesOf
    this.#hold = hold
    this.#slots = new DialSlots(maxDials)
    this.#backoff = backoff
  }

  /**
   * @param {{ nodeId: string, directAddresses: string[], relayUrl?: string }} named as parsePeer gives it
   * @param {string} alpn
   * @param {{ signal?: AbortSignal, timeoutMs: number }} limits timeoutMs: of all of it; 0: the endpoint's, of the
   *   handshake alone
   * @returns {Promise<import('../connection').Connection>}
   * @throws {IrohError}
   */
  async connect(named, alpn, { signal, timeoutMs }) {
    const { nodeId } = named
    const life = new AbortController()
    const end = (code, about) => life.abort(new IrohError(code, { peer: nodeId, ...about }))
    const onAbort = () => end('ERR_IROH_ABORTED', { cause: signal.reason })
    signal?.addEventListener('abort', onAbort, { once: true })
    const late = timeoutMs > 0 ? setTimeout(() => end('ERR_IROH_TIMEOUT'), timeoutMs).unref() : undefined
    this.#running.add(life)
    try {
      return await this.#inTurn({ ...named, alpn, timeoutMs }, life.signal)
    } finally {
      this.#running.delete(life)
      clearTimeout(late)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Something new is known of a peer. */
  forgive(nodeId) {
    this.#backoff.forgive(nodeId)
  }

  networkChanged() {
    this.#backoff.forgiveAll()
  }

  /** Ends every dial. */
  close() {
    for (const life of this.#running) life.abort(new IrohError('ERR_IROH_CLOSED'))
  }

  async #inTurn(dial, signal) {
    await this.#slots.enter(signal)
    try {
      const ms = this.#backoff.wait(dial.nodeId)
      if (ms > 0) await sleep(ms, undefined, { signal, ref: false }).catch(() => {})
      signal.throwIfAborted()
      return await this.#counted(dial, signal)
    } finally {
      this.#slots.leave()
    }
  }

  async #counted(dial, signal) {
    const startedAt = this.#backoff.now()
    try {
      const connection = await this.#reach(dial, signal)
      this.#backoff.forgive(dial.nodeId)
      return connection
    } catch (error) {
      if (!OWN_ENDS.has(error.code)) this.#backoff.failed(dial.nodeId, startedAt)
      throw error
    }
  }

  /** At the addresses known; when those do not answer, also where discovery says that the peer is now. */
  async #reach(dial, signal) {
    const known = this.#knownOf(dial)
    const addresses = known.length > 0 ? known : await this.#lookUp(dial, signal, false)
    if (addresses.length === 0) throw this.#nowhere(dial)
    if (this.#discovery.isEmpty) return this.#open(dial, addresses, signal)
    const race = new AbortController()
    const onAbort = () => race.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const first = this.#open(dial, addresses, race.signal)
    const attempts = [first, this.#elsewhere(dial, addresses, first, race.signal)]
    try {
      return await firstOf(attempts)
    } finally {
      signal.removeEventListener('abort', onAbort)
      race.abort()
    }
  }

  async #elsewhere(dial, tried, first, signal) {
    await failedOrLate(first, SECOND_TRY_MS, signal)
    if (signal.aborted) return first
    const found = await this.#lookUp(dial, signal, true).catch(() => [])
    const isNew = found.some((address) => !tried.includes(address))
    return isNew && !signal.aborted ? this.#open(dial, found, signal) : first
  }

  #open(dial, addresses, signal) {
    return openConnection(this.#core, { ...dial, addresses }, signal, this.#hold)
  }

  #knownOf({ nodeId, directAddresses, relayUrl }) {
    const named = {
      directAddresses: directAddresses.length > 0 ? directAddresses : this.#book.addresses(nodeId),
      relayUrl: relayUrl ?? this.#book.relayUrl(nodeId)
    }
    return this.#addressesOf(named, false)
  }

  /** @returns {Promise<string[]>} where discovery finds the peer; none: nowhere */
  async #lookUp({ nodeId }, signal, fresh) {
    try {
      const isUsable = (where) => this.#addressesOf(where, true).length > 0
      const found = await this.#discovery.resolve(nodeId, { signal, fresh, isUsable })
      return found ? this.#addressesOf(found, true) : []
    } finally {
      signal.throwIfAborted()
    }
  }

  #nowhere({ nodeId, relayUrl }) {
    const peer = { peer: nodeId }
    if ((relayUrl ?? this.#book.relayUrl(nodeId)) !== undefined) {
      peer.detail = 'only a relay is known, and this endpoint has no relays'
    } else if (this.#discovery.isEmpty) {
      peer.detail = 'there is no discovery to ask; give a NodeAddr or a ticket, call addNodeAddr(), or set discovery'
    } else {
      peer.detail = `discovery does not find it${this.#discovery.whyNot(nodeId)}`
    }
    return new IrohError('ERR_IROH_NO_ADDRESS', peer)
  }
}

/** The first connection; one that comes later is closed. Rejects as the first attempt did if none comes. */
async function firstOf(attempts) {
  let winner = null
  const late = (connection) => {
    if (connection !== winner) connection.close()
  }
  try {
    winner = await Promise.any(attempts)
    return winner
  } catch (error) {
    throw error.errors[0]
  } finally {
    for (const attempt of attempts) attempt.then(late, () => {})
  }
}

module.exports = { Dialer }
