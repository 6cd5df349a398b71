// SPDX-License-Identifier: MIT
'use strict'

const { systemClock } = require('../base/clock')
const { invalid, textOf } = require('../base/errors')
const { within } = require('../base/within')
const { Lookup, nameOf } = require('./lookup')

/** How long an answer is used again, and how long it is believed that there is none that can be used. */
const TTL_MS = 30_000
const NEGATIVE_TTL_MS = 1000
/** Peers whose answer is kept; the oldest is forgotten beyond them. */
const MAX_PEERS = 1024
const MAX_DISCOVERIES = 16
/** How long close() waits for a discovery that does not end. */
const CLOSE_MS = 1000

/**
 * Whatever finds NodeIds and publishes where an endpoint is. Both methods are optional; one that needs to know the
 * endpoint has attach(), one that holds something open has close().
 * @typedef {object} DiscoveryLike
 * @property {(nodeId: string, about: { signal: AbortSignal, fresh: boolean }) => Promise<object | null> | object | null}
 *   [resolve] a NodeAddr, or null when it does not know; fresh: what was found before did not answer
 * @property {(nodeAddr: object) => void | Promise<void>} [publish] called with the first address and each change
 * @property {(endpoint: { nodeId: string, secretKey: import('../identity/secret-key').SecretKey, onError: (error: unknown) => void
 *   }) => void} [attach] onError: what fails between calls
 * @property {() => void | Promise<void>} [close]
 * @property {() => void} [networkChanged]
 * @property {string} [name] for errors
 */

/** @throws {IrohError} ERR_IROH_INVALID_ARGUMENT */
function checkDiscoveries(list) {
  if (list.length > MAX_DISCOVERIES) throw invalid(`discovery: at most ${MAX_DISCOVERIES}`)
  for (const one of list) {
    const does = one !== null && typeof one === 'object'
    if (!does || (typeof one.resolve !== 'function' && typeof one.publish !== 'function')) {
      throw invalid('each discovery must be an object with resolve(), publish() or both')
    }
  }
}

/** The discoveries of one endpoint as one: asked all at once, each answer kept for a while. */
class Discovery {
  #list
  #resolvers
  #tell
  #clock
  #known = new Map()
  #running = new Map()
  #isClosed = false

  /**
   * @param {DiscoveryLike[]} list
   * @param {{ nodeId: string, secretKey: import('../identity/secret-key').SecretKey }} endpoint
   * @param {(event: object) => void} tell gets 'network' events
   * @param {import('../base/clock').Clock} [clock]
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  constructor(list, endpoint, tell, clock = systemClock) {
    checkDiscoveries(list)
    this.#list = list
    this.#resolvers = list.filter(({ resolve }) => resolve !== undefined)
    this.#tell = tell
    this.#clock = clock
    this.#attach(endpoint)
  }

  /** Whether nothing can be asked. */
  get isEmpty() {
    return this.#resolvers.length === 0
  }

  /** Tells all of them where the endpoint is. What fails is told as an event. @param {object} nodeAddr */
  publish(nodeAddr) {
    for (const one of this.#list) {
      if (one.publish) this.#call(one, () => one.publish(nodeAddr))
    }
  }

  /** The ways to them may have changed, and what was found on another network counts no more. */
  networkChanged() {
    this.#known.clear()
    for (const one of this.#list) {
      if (one.networkChanged) this.#call(one, () => one.networkChanged())
    }
  }

  /**
   * Where a NodeId is. Several callers share one look-up.
   * @param {string} nodeId
   * @param {object} [options]
   * @param {AbortSignal} [options.signal]
   * @param {boolean} [options.fresh] what was found before did not answer; it takes all answers, and not the first
   * @param {(found: { directAddresses: string[], relayUrl?: string }) => boolean} [options.isUsable] whether this endpoint
   *   can dial it: one that cannot be is not taken for the first; default: anything can
   * @returns {Promise<{ directAddresses: string[], relayUrl?: string } | null>} null: nobody knows
   * @throws {unknown} the signal's reason
   */
  async resolve(nodeId, { signal, fresh = false, isUsable = () => true } = {}) {
    signal?.throwIfAborted()
    if (this.#isClosed || this.isEmpty) return null
    const known = this.#known.get(nodeId)
    if (!fresh && known && known.until > this.#clock.now()) return known.found
    return this.#look(nodeId, { fresh, isUsable }).wait(fresh ? 'all' : 'first', signal)
  }

  /** Why a NodeId was not found, as words to put behind others; '' if all of them simply do not know it. */
  whyNot(nodeId) {
    const errors = this.#known.get(nodeId)?.errors ?? []
    return errors.length === 0 ? '' : `: ${errors.map(({ name, error }) => `${name}: ${textOf(error)}`).join('; ')}`
  }

  /** Gives up what is being looked up, and closes all of them, waiting a second at most. Never rejects. */
  async close() {
    this.#isClosed = true
    for (const lookup of this.#running.values()) lookup.stop()
    await within(Promise.all(this.#list.map((one) => this.#call(one, () => one.close?.()))), CLOSE_MS)
  }

  /** Those that are attached are closed when a later one refuses. */
  #attach(endpoint) {
    const attached = []
    try {
      for (const one of this.#list) {
        one.attach?.({ ...endpoint, onError: (error) => this.#failed(one, error) })
        attached.push(one)
      }
    } catch (error) {
      this.#isClosed = true
      for (const one of attached) this.#call(one, () => one.close?.())
      throw error
    }
  }

  #look(nodeId, options) {
    const running = this.#running.get(nodeId)
    if (running && !running.isOver) return running
    const lookup = new Lookup(nodeId, this.#resolvers, this.#clock, options)
    this.#running.set(nodeId, lookup)
    lookup.first.then((found) => this.#keep(nodeId, found, lookup))
    lookup.all.then((found) => {
      if (this.#running.get(nodeId) === lookup) this.#running.delete(nodeId)
      this.#keep(nodeId, found, lookup)
      this.#report(nodeId, found, lookup)
    })
    return lookup
  }

  #keep(nodeId, found, { errors, isDecided, isGivenUp }) {
    if (isGivenUp) return
    this.#known.delete(nodeId)
    this.#known.set(nodeId, { found, errors, until: this.#clock.now() + (isDecided ? TTL_MS : NEGATIVE_TTL_MS) })
    if (this.#known.size > MAX_PEERS) this.#known.delete(this.#known.keys().next().value)
  }

  #report(nodeId, found, { errors, isGivenUp }) {
    if (this.#isClosed) return
    if (found && !isGivenUp) this.#tell({ type: 'discovered', nodeId, ...found })
    for (const { name, error } of errors) this.#tell({ type: 'discovery-failed', nodeId, name, error })
  }

  async #call(one, action) {
    try {
      await action()
    } catch (error) {
      this.#failed(one, error)
    }
  }

  #failed(one, error) {
    if (!this.#isClosed) this.#tell({ type: 'discovery-failed', name: nameOf(one), error })
  }
}

module.exports = { Discovery }
