// SPDX-License-Identifier: MIT
'use strict'

const { knownInterfaces } = require('../base/interfaces')
const { addressBytes } = require('../base/ip-bytes')

/** To ask the system takes as long as to read some messages: what it said is used for so long. */
const KEEP_MS = 1000

/** An IPv4 address as a number. */
function numberOf(address) {
  return addressBytes(address).readUInt32BE()
}

/** The addresses of one interface, with the networks they are in. */
function readInterface(items) {
  return items
    .filter(({ family }) => family === 'IPv4')
    .map(({ address, netmask, internal }) => {
      const mask = numberOf(netmask)
      return { address, internal, mask, network: numberOf(address) & mask }
    })
}

/** The IPv4 networks this host is in, as its interfaces tell them. */
class LocalNetworks {
  #read
  #now
  #interfaces = []
  #readAt = Number.NEGATIVE_INFINITY

  /**
   * @param {() => NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} [read]
   * @param {() => number} [now] milliseconds
   */
  constructor(read = knownInterfaces, now = () => performance.now()) {
    this.#read = read
    this.#now = now
  }

  /** What was known may be wrong from now on. */
  changed() {
    this.#readAt = Number.NEGATIVE_INFINITY
  }

  /** The addresses of all interfaces but the loopback, and of that one if there is no other. @returns {string[]} */
  addresses() {
    const all = this.#all().flat()
    const outside = all.filter(({ internal }) => !internal)
    return [...new Set((outside.length > 0 ? outside : all).map(({ address }) => address))]
  }

  /** Whether it is an address of this host. */
  isOwn(address) {
    return this.#all().some((one) => one.some((each) => each.address === address))
  }

  /**
   * Whether a sender is on the link of an interface: in one of the networks that the interface is in (RFC 6762, section
   * 11).
   * @param {string} sender IPv4
   * @param {string} [address] of the interface; default: of any
   */
  isOnLink(sender, address) {
    const number = numberOf(sender)
    return this.#all()
      .filter((one) => address === undefined || one.some((each) => each.address === address))
      .some((one) => one.some(({ mask, network }) => (number & mask) === network))
  }

  #all() {
    const now = this.#now()
    if (now - this.#readAt >= KEEP_MS) {
      this.#interfaces = Object.values(this.#read()).map(readInterface)
      this.#readAt = now
    }
    return this.#interfaces
  }
}

module.exports = { LocalNetworks }
