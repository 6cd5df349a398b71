// SPDX-License-Identifier: MIT
'use strict'

const MAX_ADDRESSES = 16

/** Where peers are, as far as someone said. The latest said comes first. */
class AddressBook {
  #peers = new Map()

  /** @param {{ nodeId: string, directAddresses: string[] }} peer as parsePeer gives it */
  add({ nodeId, directAddresses }) {
    const known = this.#peers.get(nodeId) ?? []
    this.#peers.set(nodeId, [...new Set([...directAddresses, ...known])].slice(0, MAX_ADDRESSES))
  }

  /** @returns {string[]} */
  addresses(nodeId) {
    return this.#peers.get(nodeId) ?? []
  }

  has(nodeId) {
    return this.#peers.has(nodeId)
  }
}

module.exports = { AddressBook }
