// SPDX-License-Identifier: MIT
'use strict'

const { AsyncQueue } = require('../base/async-queue')
const binding = require('../binding')
const { check } = require('../base/errors')
const { NetworkChanges } = require('./network-changes')
const { dialableAddresses } = require('../addresses/host-addresses')
const { Relays } = require('./relays')

/**
 * Where an endpoint may be reached: its sockets, its relays, what STUN servers and the gateway say. Tells it to the peers
 * that are relayed, to discovery and to who watches. Until start() it sends nothing.
 */
class Whereabouts {
  #core
  #nodeId
  #discovery
  #tell
  #relays = null
  #networkChanges
  #onNetworkChanged
  #isStarted = false
  #isPublished = false
  #isClosed = false
  #told = null
  #watchers = new Set()

  /**
   * @param {import('../core/core').Core} core
   * @param {object} about
   * @param {import('../identity/secret-key').SecretKey} about.secretKey
   * @param {unknown[]} about.relays as the option has them
   * @param {unknown} about.relayCa
   * @param {import('../outbound/proxies').Proxies} about.proxies
   * @param {boolean} about.portMapping
   * @param {import('../discovery').Discovery} about.discovery
   * @param {(event: object) => void} about.tell gets 'network' events
   * @param {() => void} about.onNetworkChanged this host's addresses or routes are others now
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
   */
  constructor(core, { secretKey, relays, relayCa, proxies, portMapping, discovery, tell, onNetworkChanged }) {
    this.#core = core
    this.#nodeId = secretKey.nodeId()
    this.#discovery = discovery
    this.#tell = tell
    this.#onNetworkChanged = onNetworkChanged
    this.#networkChanges = new NetworkChanges((addresses) => this.#changed(addresses), {
      onError: (error) => this.#tell({ type: 'system-error', error })
    })
    if (relays.length === 0) return
    const mapping = portMapping && { bound: () => this.bound() }
    const options = { relays, secretKey, ca: relayCa, proxies, portMapping: mapping }
    this.#relays = new Relays(
      core,
      options,
      (event) => this.#onRelay(event),
      () => this.#update()
    )
  }

  /** Begins to use the network: relays are measured, the gateway and STUN servers asked. */
  start() {
    if (this.#isStarted || this.#isClosed) return
    this.#isStarted = true
    this.#relays?.start()
    this.#update()
  }

  /** From now on discovery tells others where this endpoint is. */
  publish() {
    this.start()
    if (this.#isPublished) return
    this.#isPublished = true
    this.#discovery.publish(this.addr())
  }

  /** The sockets' own addresses, wildcards as they are. */
  bound() {
    return this.#isClosed ? [] : check(binding.addresses(this.#core.handle))
  }

  /** { nodeId, relayUrl?, directAddresses }, as far as it is known. */
  addr() {
    const relayUrl = this.#relays?.home()
    const observed = this.#relays?.observed() ?? []
    const directAddresses = [...new Set([...dialableAddresses(this.bound()), ...observed])]
    const addr = { nodeId: this.#nodeId, directAddresses }
    return relayUrl ? { ...addr, relayUrl } : addr
  }

  /** addr() now and whenever it is another; a slow reader gets the latest. Ends with stop(). */
  async *watch() {
    const changes = new AsyncQueue(1)
    this.#watchers.add(changes)
    changes.push(this.addr())
    if (this.#isClosed) changes.end()
    try {
      for (let addr = await changes.take(); addr !== null; addr = await changes.take()) yield addr
    } finally {
      this.#watchers.delete(changes)
    }
  }

  /** Resolves when the home relay is connected. @param {{ signal?: AbortSignal, timeoutMs?: number }} options */
  async online(options) {
    this.start()
    await this.#relays?.online(options)
  }

  /**
   * Addresses as the core dials them. A relay is left out if this endpoint has none, and if others name one that they may
   * not (docs/design/hearsay.md).
   * @param {{ directAddresses: string[], relayUrl?: string }} where
   * @param {boolean} isForeign others say so, and not the program
   * @returns {string[]}
   */
  dialable({ directAddresses, relayUrl }, isForeign) {
    const relay = relayUrl !== undefined && this.#relays ? this.#numberOf(relayUrl, isForeign) : -1
    return relay >= 0 ? [...directAddresses, `relay:${relay}`] : [...directAddresses]
  }

  /** A STUN server has answered: 'server address'. */
  observed(text) {
    this.#relays?.onObserved(...text.split(' '))
  }

  /** The core noted that the network may be another. */
  noted(what) {
    this.#networkChanges.noted(what)
  }

  /** The sockets are others, or the ways to the relays. */
  refresh() {
    if (!this.#isStarted) return
    this.#relays?.networkChanged()
    this.#update()
  }

  ref() {
    this.#relays?.ref()
  }

  unref() {
    this.#relays?.unref()
  }

  /** Tells nothing any more. Relays go on to carry what the core has to send. */
  stop() {
    this.#isClosed = true
    this.#networkChanges.close()
    for (const changes of this.#watchers) changes.end()
  }

  /** After stop(): resolves when nothing of it is open any more; never rejects. */
  async close() {
    await Promise.all([this.#relays?.close(), this.#discovery.close()])
  }

  #numberOf(relayUrl, isForeign) {
    return isForeign ? this.#relays.foreignNumberOf(relayUrl) : this.#relays.numberOf(relayUrl)
  }

  #changed(addresses) {
    if (this.#isClosed) return
    check(binding.networkChanged(this.#core.handle))
    this.#onNetworkChanged()
    this.#discovery.networkChanged()
    this.refresh()
    this.#tell({ type: 'network-changed', addresses })
  }

  #onRelay(event) {
    this.#tell(event)
    if (event.type === 'home-relay') this.#update()
  }

  #update() {
    if (this.#isClosed) return
    const addr = this.addr()
    if (this.#relays) this.#tellCandidates()
    const text = JSON.stringify(addr)
    if (text === this.#told) return
    this.#told = text
    this.#tell({ type: 'addresses', directAddresses: addr.directAddresses })
    for (const changes of this.#watchers) changes.push(addr)
    if (this.#isPublished) this.#discovery.publish(addr)
  }

  /** The core tells relayed peers where to try. */
  #tellCandidates() {
    const own = dialableAddresses(this.bound()).map((address) => `${address} local`)
    check(binding.setCandidates(this.#core.handle, [...this.#relays.candidates(), ...own]))
  }
}

module.exports = { Whereabouts }
