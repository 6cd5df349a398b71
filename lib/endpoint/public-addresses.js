// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { names } = require('../outbound/names')

/** Often enough for the mapping of a NAT to stay. */
const ASK_EVERY_MS = 20_000
/** An address that no server has confirmed for this long is forgotten. */
const FORGET_AFTER_MS = 3 * ASK_EVERY_MS
/** Servers asked. */
const MAX_SERVERS = 4
/** Answers kept: of both families, and of servers whose address has changed. */
const MAX_ANSWERS = 4 * MAX_SERVERS
/** A NAT that gives one port after the other: at most this much between what two servers saw. */
const MAX_PORT_STEP = 8
/** How many of its next ports are named to peers. */
const PREDICTED_PORTS = 14
const MAX_PORT = 65535

function splitAddress(address) {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
}

/** The ports of addresses that differ in nothing else, in order; null if they do. */
function portsOf(addresses) {
  const split = addresses.map(splitAddress)
  if (split.some(({ host }) => host !== split[0].host)) return null
  return split.map(({ port }) => port).sort((a, b) => a - b)
}

/**
 * What peers are told of one family's addresses (docs/design/disco.md), newest first. Several ports mean that the NAT
 * gives each destination another (address-dependent mapping, RFC 4787 section 4.1).
 */
function describe(addresses) {
  const observed = addresses.map((address) => `${address} observed`)
  const ports = portsOf(addresses)
  if (addresses.length < 2 || !ports) return observed
  const { host } = splitAddress(addresses[0])
  const varying = [`${addresses[0]} varying`]
  const last = ports.at(-1)
  if (last - ports[0] > MAX_PORT_STEP * (ports.length - 1) || last + PREDICTED_PORTS > MAX_PORT) return varying
  const predicted = Array.from({ length: PREDICTED_PORTS }, (_, n) => `${host}:${last + 1 + n} predicted`)
  return [...predicted, ...varying]
}

/** What a NAT does shows in two answers: a lone server is asked at its second port too, the next one with our relays. */
function atTwoPlaces(servers) {
  if (servers.length !== 1 || servers[0].port === MAX_PORT) return servers.slice(0, MAX_SERVERS)
  const [{ hostname, port }] = servers
  return [servers[0], { hostname, port: port + 1 }]
}

/** Where STUN servers see this endpoint. Asks them now and then, as long as it is open. */
class PublicAddresses {
  #core
  #servers
  #onChange
  #timer
  #seen = new Map()
  #end = new AbortController()

  /**
   * @param {import('../core/core').Core} core
   * @param {{ hostname: string, port: number }[]} servers
   * @param {() => void} onChange
   */
  constructor(core, servers, onChange) {
    this.#core = core
    this.#servers = atTwoPlaces(servers)
    this.#onChange = onChange
  }

  /** Asks for the first time. Once only. */
  start() {
    this.#timer = setInterval(() => this.ask(), ASK_EVERY_MS)
    this.#timer.unref()
    this.ask()
  }

  /** @returns {string[]} 'ip:port', the newest first */
  list() {
    const oldest = performance.now() - FORGET_AFTER_MS
    const fresh = [...this.#seen.values()].filter(({ at }) => at > oldest).sort((a, b) => b.at - a.at)
    return [...new Set(fresh.map(({ address }) => address))]
  }

  /** The same for peers that are to be met by hole punching: each with how it was learnt. */
  candidates() {
    const addresses = this.list()
    const isV6 = (address) => address.startsWith('[')
    return [...describe(addresses.filter((address) => !isV6(address))), ...describe(addresses.filter(isV6))]
  }

  ask() {
    for (const server of this.#servers) this.#askOne(server)
  }

  /** A server ('ip:port') has answered: what it said before no longer holds. */
  onObserved(server, address) {
    const isNew = this.#seen.get(server)?.address !== address
    this.#seen.delete(server)
    this.#seen.set(server, { address, at: performance.now() })
    if (this.#seen.size > MAX_ANSWERS) this.#seen.delete(this.#seen.keys().next().value)
    if (isNew) this.#onChange()
  }

  close() {
    this.#end.abort()
    clearInterval(this.#timer)
  }

  /** A name that cannot be resolved now is asked for again in the next round. */
  async #askOne({ hostname, port }) {
    const found = await names.addresses(hostname, this.#end.signal).catch(() => [])
    if (this.#end.signal.aborted) return
    for (const family of [4, 6]) {
      const address = found.find((one) => one.family === family)?.address
      if (address) binding.askAddress(this.#core.handle, family === 6 ? `[${address}]:${port}` : `${address}:${port}`)
    }
  }
}

module.exports = { PublicAddresses }
