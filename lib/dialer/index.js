// SPDX-License-Identifier: MIT
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { openConnection } = require('./handshake')
const { DialBackoff } = require('./backoff')
const { DialSlots } = require('./slots')
const { firstOf, someOf } = require('./attempts')
const { PerMinute } = require('../base/per-minute')
const { Patience } = require('../base/patience')
const { IrohError } = require('../base/errors')
const { onAbort } = require('../base/on-abort')

/** Without an answer for this long, or after a failure, discovery is asked whether the peer is elsewhere by now. */
const SECOND_TRY_MS = 1500
/** Of the addresses that others name, so many are tried in a dial: GOSSIP_HINT_ADDRESSES of the core. */
const HINT_ADDRESSES = 3
/** How long such a dial may take where there is no relay: nothing is sent after the first second. */
const HINT_MS = 4000
/** Look-ups a minute of peers that others name. */
const HINT_LOOK_UPS = 60
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
  #hintLookUps = new PerMinute(HINT_LOOK_UPS)

  /**
   * @param {import('../core/core').Core} core
   * @param {object} about
   * @param {import('../addresses/address-book').AddressBook} about.book where peers are, as the program said
   * @param {{ resolve: Function, isEmpty: boolean } | null} about.discovery
   * @param {(where: { directAddresses: string[], relayUrl?: string }, isForeign: boolean) => string[]} about.addressesOf
   *   as the core dials them; isForeign: others say so, and not the program
   * @param {(handle: number) => import('../connection/connection').Connection} about.hold
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
   * @param {{ nodeId: string, directAddresses: string[], relayUrl?: string, hint?: { directAddresses: string[],
   *   relayUrl?: string } }} named as parsePeer gives it; `hint`: others name the peer, and say that
   * @param {string} alpn
   * @param {{ signal?: AbortSignal, timeoutMs: number }} limits timeoutMs: of all of it; 0: the endpoint's, of the
   *   handshake alone
   * @returns {Promise<import('../connection/connection').Connection>}
   * @throws {IrohError}
   */
  async connect(named, alpn, { signal, timeoutMs }) {
    const { nodeId } = named
    const life = new AbortController()
    const end = (code, about) => life.abort(new IrohError(code, { peer: nodeId, ...about }))
    const forget = onAbort(signal, () => end('ERR_IROH_ABORTED', { cause: signal.reason }))
    const patience = timeoutMs > 0 ? new Patience(timeoutMs, () => end('ERR_IROH_TIMEOUT')).unref() : null
    this.#running.add(life)
    try {
      return await this.#inTurn({ ...named, alpn, timeoutMs }, life.signal)
    } finally {
      this.#running.delete(life)
      patience?.stop()
      forget()
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

  /**
   * Where the program says that it is; when it does not answer there, where others say; and, when there is neither or they
   * do not help, where discovery says that it is now.
   */
  async #reach(dial, signal) {
    const ways = this.#waysTo(dial)
    if (ways.length === 0) ways.push(await this.#lookUp(dial, signal, false))
    if (ways[0].addresses.length === 0) throw this.#nowhere(dial)
    if (ways.length === 1 && this.#discovery.isEmpty) return this.#open(dial, ways[0], signal)
    const race = new AbortController()
    const forget = onAbort(signal, () => race.abort(signal.reason))
    const first = this.#open(dial, ways[0], race.signal)
    const others = ways.slice(1).map((way) => this.#later(dial, way, first, race.signal))
    if (!this.#discovery.isEmpty) others.push(this.#elsewhere(dial, ways, first, race.signal))
    try {
      return await firstOf([first, ...others])
    } finally {
      forget()
      race.abort()
    }
  }

  async #later(dial, way, first, signal) {
    await failedOrLate(first, SECOND_TRY_MS, signal)
    return signal.aborted ? first : this.#open(dial, way, signal)
  }

  async #elsewhere(dial, tried, first, signal) {
    await failedOrLate(first, SECOND_TRY_MS, signal)
    if (signal.aborted) return first
    const found = await this.#lookUp(dial, signal, true).catch(() => ({ addresses: [] }))
    const isNew = found.addresses.some((address) => !tried.some(({ addresses }) => addresses.includes(address)))
    return isNew && !signal.aborted ? this.#open(dial, found, signal) : first
  }

  #open(dial, way, signal) {
    const isShort = way.onHearsay && !way.addresses.some((address) => address.startsWith('relay:'))
    const timeoutMs = isShort ? Math.min(dial.timeoutMs || HINT_MS, HINT_MS) : dial.timeoutMs
    return openConnection(this.#core, { ...dial, ...way, timeoutMs }, signal, this.#hold)
  }

  /** @returns {{ addresses: string[], onHearsay: boolean }[]} each with other addresses */
  #waysTo(dial) {
    const known = this.#knownOf(dial)
    const hinted = dial.hint ? someOf(this.#addressesOf(dial.hint, true), HINT_ADDRESSES) : []
    const ways = [
      { addresses: known, onHearsay: false },
      { addresses: hinted.filter((address) => !known.includes(address)), onHearsay: true }
    ]
    return ways.filter(({ addresses }) => addresses.length > 0)
  }

  #knownOf({ nodeId, directAddresses, relayUrl }) {
    const named = {
      directAddresses: directAddresses.length > 0 ? directAddresses : this.#book.addresses(nodeId),
      relayUrl: relayUrl ?? this.#book.relayUrl(nodeId)
    }
    return this.#addressesOf(named, false)
  }

  /** Where discovery finds the peer. @returns {Promise<{ addresses: string[], onHearsay: boolean }>} */
  async #lookUp({ nodeId, hint }, signal, fresh) {
    const onHearsay = hint !== undefined
    if (onHearsay && !this.#hintLookUps.take(this.#backoff.now())) return { addresses: [], onHearsay }
    try {
      const isUsable = (where) => this.#addressesOf(where, true).length > 0
      const found = await this.#discovery.resolve(nodeId, { signal, fresh, isUsable })
      const addresses = found ? this.#addressesOf(found, true) : []
      return { addresses: onHearsay ? someOf(addresses, HINT_ADDRESSES) : addresses, onHearsay }
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

module.exports = { Dialer }
