// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { PortMapping } = require('../port-mapping')
const { PublicAddresses } = require('./public-addresses')
const { normalizeRelayUrl } = require('../base/relay-url')
const { foreignRelayUrl } = require('../relay/foreign')
const { RelayManager } = require('../relay/manager')
const { readRelayOption } = require('../relay/option')

const NODE_ID_BYTES = 32
/** The core's numbers of relays are below this. */
const MAX_NUMBERS = 64
/** Of these, for relays that the program did not name. One that was not used for so long makes room for another. */
const MAX_FOREIGN = 24
const FOREIGN_KEPT_MS = 120_000

/**
 * An endpoint's relays as its core sees them: each URL has a number. Takes datagrams from the core to the relay they are
 * to go by, and those that relays bring to the core.
 */
class Relays {
  #core
  #manager
  #publicAddresses
  #portMapping = null
  #mapPort
  #urls = []
  /** Numbers of relays that the program did not name: when each was last asked for. */
  #foreign = new Map()

  /**
   * @param {import('../core/core').Core} core
   * @param {object} options what RelayManager takes; a relay may have a `stunPort` and a `quicPort`.
   *   `portMapping`: { bound, gateway? } as PortMapping takes them; false: no gateway is asked
   * @param {(event: object) => void} tell gets 'network' events
   * @param {() => void} onObserved the public addresses have changed, the gateway's among them
   */
  constructor(core, { relays, portMapping, ...options }, tell, onObserved) {
    this.#core = core
    const read = relays.map(readRelayOption)
    this.#manager = new RelayManager({ ...options, relays: read.map(({ session }) => session) })
    const servers = read
      .filter(({ stunPort }) => stunPort > 0)
      .map(({ hostname, stunPort }) => ({ hostname, port: stunPort }))
    this.#publicAddresses = new PublicAddresses(core, servers, onObserved)
    this.#manager.on('datagrams', (url, source, ecn, segment, bytes) =>
      this.#onDatagrams(url, source, ecn, segment, bytes)
    )
    this.#manager.on('relay', (relayUrl, state, about) => tell({ type: `relay-${state}`, relayUrl, ...about }))
    this.#manager.on('trouble', (relayUrl, kind, about) => tell({ type: `relay-${kind}`, relayUrl, ...about }))
    this.#manager.on('home', (relayUrl) => tell({ type: 'home-relay', relayUrl }))
    core.onRelaySend = (number, ecn, segment, data) => this.#onSend(number, ecn, segment, data)
    core.relayUrl = (number) => this.#urls[number]
    const onMapping = (mapping) => {
      onObserved()
      tell({ type: 'port-mapping', ...mapping })
    }
    this.#mapPort = () => (portMapping ? new PortMapping(portMapping.bound, onMapping, portMapping) : null)
  }

  /** Begins to use the network; nothing is sent before. Once only. */
  start() {
    this.#manager.start()
    this.#publicAddresses.start()
    this.#portMapping = this.#mapPort()
  }

  /** The number of a relay that the program names, as connOpen takes it; -1 if there are too many. */
  numberOf(given) {
    const url = normalizeRelayUrl(given)
    this.#manager.name(url)
    const known = this.#urls.indexOf(url)
    this.#foreign.delete(known)
    if (known >= 0) return known
    return this.#urls.length < MAX_NUMBERS ? this.#urls.push(url) - 1 : this.#reuse(url)
  }

  /** The number of a relay that others name; -1 if it is not to be dialled, or there are too many. */
  foreignNumberOf(given) {
    const named = normalizeRelayUrl(given)
    if (this.#manager.isNamed(named)) return this.numberOf(named)
    const url = foreignRelayUrl(given)
    if (url === null) return -1
    const known = this.#urls.indexOf(url)
    const hasRoom = this.#foreign.size < MAX_FOREIGN && this.#urls.length < MAX_NUMBERS
    const number = known >= 0 ? known : hasRoom ? this.#urls.push(url) - 1 : this.#reuse(url)
    if (number >= 0 && !this.#manager.isNamed(url)) this.#foreign.set(number, performance.now())
    return number
  }

  home() {
    return this.#manager.home()
  }

  /** Where peers outside find this endpoint: 'ip:port', the gateway's port first, then what STUN servers see, newest first. */
  observed() {
    return [...this.#mapped(), ...this.#publicAddresses.list()]
  }

  /** The same as candidates for hole punching: 'ip:port kind'. */
  candidates() {
    return [...this.#mapped().map((address) => `${address} mapped`), ...this.#publicAddresses.candidates()]
  }

  /** A STUN server has answered. */
  onObserved(server, address) {
    this.#publicAddresses.onObserved(server, address)
  }

  online(options) {
    return this.#manager.online(options)
  }

  networkChanged() {
    this.#manager.networkChanged()
    this.#publicAddresses.ask()
    this.#portMapping?.networkChanged()
  }

  ref() {
    this.#manager.ref()
  }

  unref() {
    this.#manager.unref()
  }

  close() {
    this.#publicAddresses.close()
    this.#portMapping?.close()
    return this.#manager.close()
  }

  /** @returns {string[]} one address or none */
  #mapped() {
    const address = this.#portMapping?.address() ?? null
    return address === null ? [] : [address]
  }

  /** Gives a relay the number of a foreign one that nobody uses any more. */
  #reuse(url) {
    const oldest = performance.now() - FOREIGN_KEPT_MS
    for (const [number, at] of this.#foreign) {
      if (at > oldest || this.#manager.isActive(this.#urls[number])) continue
      this.#foreign.delete(number)
      this.#urls[number] = url
      return number
    }
    return -1
  }

  #onSend(number, ecn, segment, data) {
    const datagrams = data.subarray(NODE_ID_BYTES)
    const segmentSize = segment < datagrams.length ? segment : 0
    this.#manager.send(this.#urls[number], data.subarray(0, NODE_ID_BYTES), ecn, segmentSize, datagrams)
  }

  #onDatagrams(url, source, ecn, segment, bytes) {
    const known = this.#urls.indexOf(url)
    const number = known < 0 && this.#manager.isNamed(url) ? this.numberOf(url) : known
    if (number >= 0) binding.relayReceived(this.#core.handle, number, source, ecn, segment, bytes)
  }
}

module.exports = { Relays }
