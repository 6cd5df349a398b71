// SPDX-License-Identifier: MIT
'use strict'

const MAX_ADDRESSES = 16

/** Where peers are, as far as someone said. The latest said comes first. */
class AddressBook {
  #peers = new Map()

  /** @param {{ nodeId: string, directAddresses: string[], relayUrl?: string }} peer as parsePeer gives it */
  add({ nodeId, directAddresses, relayUrl }) {
    const known = this.#peers.get(nodeId)
    this.#peers.set(nodeId, {
      directAddresses: [...new Set([...directAddresses, ...this.addresses(nodeId)])].slice(0, MAX_ADDRESSES),
      relayUrl: relayUrl ?? known?.relayUrl
    })
  }

  /** @returns {string[]} */
  addresses(nodeId) {
    return this.#peers.get(nodeId)?.directAddresses ?? []
  }

  /** @returns {string | undefined} */
  relayUrl(nodeId) {
    return this.#peers.get(nodeId)?.relayUrl
  }

  has(nodeId) {
    return this.#peers.has(nodeId)
  }
}

module.exports = { AddressBook }
