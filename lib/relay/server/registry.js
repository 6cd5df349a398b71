// SPDX-License-Identifier: MIT
'use strict'

const { CloseReason } = require('./close-reason')
const { Shares } = require('../../base/shares')

/** A client may have a 64th of what is free of maxPeersTotal. */
const PEERS_PART = 64
/** So many whom it sent to are remembered of every client, however many there are. */
const LEAST_PEERS = 4

/**
 * The clients of a relay by their NodeId. Of several connections with one NodeId the newest is active and gets what is
 * sent to it; the others may send. Of those a client sent to, which are told when it leaves, the latest are remembered.
 */
class Registry {
  #nodes = new Map()
  #maxPerNode
  #maxPeers
  #peers
  #metrics

  constructor({ maxConnectionsPerNode, maxPeersPerNode, maxPeersTotal }, metrics) {
    this.#maxPerNode = maxConnectionsPerNode
    this.#maxPeers = maxPeersPerNode
    this.#peers = new Shares(maxPeersTotal, PEERS_PART)
    this.#metrics = metrics
  }

  /** @returns {object} the node of the session, which from now on is the active one of its NodeId */
  add(session) {
    const key = session.id.toString('latin1')
    let node = this.#nodes.get(key)
    if (!node) {
      node = { key, active: null, inactive: [], sentTo: new Set(), heardFrom: new Set() }
      this.#nodes.set(key, node)
    }
    const previous = node.active
    node.active = session
    if (previous) {
      node.inactive.push(previous)
      previous.replaced()
      this.#metrics.clientsReplaced++
      if (node.inactive.length >= this.#maxPerNode) node.inactive[0].end(CloseReason.REPLACED)
    }
    this.#count()
    return node
  }

  remove(session, node) {
    if (node.active !== session) {
      node.inactive.splice(node.inactive.indexOf(session), 1)
      return
    }
    node.active = node.inactive.pop() ?? null
    if (node.active) node.active.promoted()
    else this.#forget(node, session.id)
  }

  /** The node whose id is in the frame at `start`, or undefined. */
  find(frame, start, end) {
    return this.#nodes.get(frame.toString('latin1', start, end))
  }

  /** Remembers that `from` sent to `to`, who will be told when it leaves; forgets to whom it sent longest ago. */
  link(from, to) {
    if (from.sentTo.has(to)) return
    from.sentTo.add(to)
    to.heardFrom.add(from)
    this.#peers.add(1)
    const most = Math.min(this.#maxPeers, Math.max(LEAST_PEERS, this.#peers.most))
    while (from.sentTo.size > most) {
      const [oldest] = from.sentTo
      from.sentTo.delete(oldest)
      oldest.heardFrom.delete(from)
      this.#peers.add(-1)
    }
    this.#metrics.peersRemembered = this.#peers.used
  }

  #forget(node, id) {
    this.#nodes.delete(node.key)
    this.#peers.add(-(node.sentTo.size + node.heardFrom.size - (node.sentTo.has(node) ? 1 : 0)))
    for (const peer of node.heardFrom) peer.sentTo.delete(node)
    for (const peer of node.sentTo) {
      peer.heardFrom.delete(node)
      if (peer !== node) peer.active?.gone(id)
    }
    this.#count()
  }

  #count() {
    this.#metrics.nodes = this.#nodes.size
    this.#metrics.peersRemembered = this.#peers.used
  }
}

module.exports = { Registry }
