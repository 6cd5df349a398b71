// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { isEpochLost } = require('./epoch')
const { findGateway } = require('./gateway')
const { GatewaySocket } = require('./gateway-socket')
const { isPrivate, isPublic } = require('../base/ip-scope')
const natPmp = require('./nat-pmp')
const pcp = require('./pcp')

/** Asked for, in seconds (RFC 6886, section 3.3). */
const LIFETIME_S = 7200
/** After a refusal, or without a gateway that answers. */
const RETRY_MS = 5 * 60_000
/** A mapping is renewed at half its lifetime, between these. */
const MIN_RENEW_MS = 500
const MAX_RENEW_MS = 60 * 60_000

/** The bound IPv4 address a gateway can map to: a wildcard or a private one; null: there is none. */
function internalOf(bound) {
  for (const one of bound) {
    const [, address, port] = /^([\d.]+):(\d+)$/.exec(one) ?? []
    if (address === '0.0.0.0' || isPrivate(address ?? '')) return { address, port: Number(port) }
  }
  return null
}

/** NAT-PMP takes two questions. */
async function askNatPmp(socket, { internalPort, externalPort, lifetime }) {
  const where = await socket.ask(natPmp.writeExternalAddressRequest(), natPmp.readExternalAddressResponse)
  if (where === null || where.resultCode !== natPmp.ResultCode.SUCCESS) return where
  const question = natPmp.writeMapRequest({ internalPort, externalPort, lifetime })
  const map = await socket.ask(question, (datagram) => natPmp.readMapResponse(datagram, internalPort))
  return map && { ...map, externalAddress: where.externalAddress }
}

/** 'other version': the gateway speaks NAT-PMP, if anything. */
function askPcp(socket, wish) {
  const question = pcp.writeMapRequest({ clientAddress: socket.localAddress, ...wish })
  return socket.ask(question, (datagram) =>
    pcp.isVersionRefused(datagram) ? 'other version' : pcp.readMapResponse(datagram, wish)
  )
}

/** The epoch a gateway tells unasked (RFC 6886, section 3.2.1; RFC 6887, section 14.1), or null. */
function epochOf(datagram) {
  const said = pcp.readAnnounceResponse(datagram) ?? natPmp.readExternalAddressResponse(datagram)
  return said !== null && said.resultCode === 0 ? said.epoch : null
}

/**
 * A port of the gateway that leads to an endpoint's IPv4 socket, as long as it is open: asked for by PCP, by NAT-PMP
 * where the gateway does not speak that, renewed at half its lifetime. Four datagrams a question at most; whatever fails
 * is tried again after 5 minutes. Holds one socket and one timer, neither of which keeps the process alive.
 */
class PortMapping {
  #bound
  #onChange
  #gateway
  #round = 0
  #isAsking = false
  #closed = false
  #timer
  #socket = null
  #place = null
  #nonce
  #protocol = null
  #mapping = null
  #epoch = null

  /**
   * Begins to ask.
   * @param {() => string[]} bound the addresses the endpoint is bound to, 'ip:port'
   * @param {(mapping: { address: string | null, protocol: 'pcp' | 'nat-pmp' }) => void} onChange the address others can
   *   send to, 'ip:port'; null: it is gone
   * @param {{ gateway?: { address: string, port: number } }} [options] default: that of the default route
   */
  constructor(bound, onChange, { gateway } = {}) {
    this.#bound = bound
    this.#onChange = onChange
    this.#gateway = gateway
    this.#run()
  }

  /** @returns {string | null} the address others can send to, 'ip:port' */
  address() {
    return this.#mapping?.address ?? null
  }

  /** Asks anew: the gateway, the socket's port or its address may be another. */
  networkChanged() {
    if (!this.#closed) this.#run()
  }

  /** Gives the port back with one datagram, and does not wait for the answer. */
  close() {
    this.#closed = true
    this.#round++
    clearTimeout(this.#timer)
    this.#release()
  }

  /** One round: finds out where to ask, asks, and sets the timer of the next one. A later round takes over. */
  async #run() {
    clearTimeout(this.#timer)
    const round = ++this.#round
    const isStale = () => round !== this.#round
    this.#isAsking = true
    const internal = internalOf(this.#bound())
    const gateway = internal && (this.#gateway ?? (await findGateway()))
    if (isStale()) return
    const place = gateway && JSON.stringify([internal, gateway])
    if (place === null || place !== this.#place) this.#release()
    const answer = place && (await this.#askAt(place, internal, gateway, isStale))
    if (isStale()) return
    this.#isAsking = false
    this.#later(this.#settle(answer))
  }

  async #askAt(place, internal, gateway, isStale) {
    if (this.#place === null) this.#nonce = crypto.randomBytes(pcp.NONCE_BYTES)
    this.#place = place
    const onOther = (datagram) => this.#onOther(datagram)
    const socket = await GatewaySocket.open(gateway, internal.address, onOther).catch(() => null)
    if (isStale()) socket?.close()
    if (isStale() || socket === null) return null
    this.#socket?.close()
    this.#socket = socket
    return this.#ask(socket, internal.port)
  }

  /** A mapping is renewed by the protocol that made it. */
  async #ask(socket, internalPort) {
    const { externalAddress, externalPort } = this.#mapping ?? {}
    const wish = { nonce: this.#nonce, internalPort, externalAddress, externalPort, lifetime: LIFETIME_S }
    if (this.#mapping?.protocol !== 'nat-pmp') {
      this.#protocol = 'pcp'
      const answer = await askPcp(socket, wish)
      if (answer !== 'other version') return answer
    }
    this.#protocol = 'nat-pmp'
    return askNatPmp(socket, wish)
  }

  /** Takes the answer of a round, or its absence. @returns {number} when to ask again, in milliseconds */
  #settle(answer) {
    if (answer === null) return this.#onSilence()
    this.#epoch = { epoch: answer.epoch, atMs: performance.now() }
    const { resultCode, lifetime, externalAddress, externalPort } = answer
    if (resultCode !== 0 || lifetime === 0 || externalPort === 0 || !isPublic(externalAddress ?? '')) {
      this.#release()
      return RETRY_MS
    }
    const before = this.#mapping?.address
    const address = `${externalAddress}:${externalPort}`
    const expiresAt = performance.now() + lifetime * 1000
    this.#mapping = { protocol: this.#protocol, address, externalAddress, externalPort, expiresAt }
    if (address !== before) this.#onChange({ address, protocol: this.#protocol })
    return this.#renewIn()
  }

  /** A mapping lasts until its lifetime is over, whether or not the gateway answers. */
  #onSilence() {
    if (this.#mapping && performance.now() < this.#mapping.expiresAt) return Math.min(this.#renewIn(), RETRY_MS)
    this.#release()
    return RETRY_MS
  }

  #renewIn() {
    const halfMs = (this.#mapping.expiresAt - performance.now()) / 2
    return Math.min(Math.max(halfMs, MIN_RENEW_MS), MAX_RENEW_MS)
  }

  #later(ms) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#run(), ms).unref()
  }

  /** A gateway that has lost its mappings is asked at once, twice a second at most. */
  #onOther(datagram) {
    const epoch = epochOf(datagram)
    if (epoch === null || this.#epoch === null || this.#isAsking) return
    const now = { epoch, atMs: performance.now() }
    const isLost = isEpochLost(this.#epoch, now)
    this.#epoch = now
    if (isLost) this.#later(MIN_RENEW_MS)
  }

  /** Gives back what there is or may be, and shuts the socket. */
  #release() {
    this.#socket?.close(this.#deletion())
    this.#socket = null
    const { protocol } = this.#mapping ?? {}
    this.#mapping = null
    this.#place = null
    this.#epoch = null
    if (protocol && !this.#closed) this.#onChange({ address: null, protocol })
  }

  #deletion() {
    const [{ port: internalPort }] = JSON.parse(this.#place)
    if (this.#protocol === 'nat-pmp') return natPmp.writeMapRequest({ internalPort, lifetime: 0 })
    const { localAddress: clientAddress } = this.#socket
    return pcp.writeMapRequest({ clientAddress, nonce: this.#nonce, internalPort, lifetime: 0 })
  }
}

module.exports = { PortMapping }
