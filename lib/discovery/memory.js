// SPDX-License-Identifier: MIT
'use strict'

const { parsePeer } = require('../tickets/peer')

/** Peers kept; the one told longest ago is forgotten beyond them. */
const MAX_PEERS = 65536

/**
 * A map the program fills. Endpoints of one process that share it find each other by themselves, as each publishes where
 * it is.
 */
class MemoryDiscovery {
  name = 'memory'
  #peers = new Map()

  /** Tells where a NodeId is; what was told before is replaced. @throws {IrohError} as for a peer */
  add(nodeAddr) {
    const peer = parsePeer(nodeAddr)
    this.#peers.delete(peer.nodeId)
    this.#peers.set(peer.nodeId, peer)
    if (this.#peers.size > MAX_PEERS) this.#peers.delete(this.#peers.keys().next().value)
  }

  /** Forgets a NodeId. @returns {boolean} whether it was there */
  remove(nodeId) {
    return this.#peers.delete(parsePeer(nodeId).nodeId)
  }

  publish(nodeAddr) {
    this.add(nodeAddr)
  }

  resolve(nodeId) {
    return this.#peers.get(nodeId) ?? null
  }
}

/** A discovery that the program fills with add(); see MemoryDiscovery in index.d.ts. */
function memoryDiscovery() {
  return new MemoryDiscovery()
}

module.exports = { memoryDiscovery }
