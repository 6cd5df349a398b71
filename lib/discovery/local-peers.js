// SPDX-License-Identifier: MIT
'use strict'

const { MAX_ADDRESSES } = require('./records')

/** Peers remembered; the one heard longest ago is forgotten beyond them. */
const MAX_PEERS = 1024
/** Of those, one sender may tell of half. */
const MAX_PEERS_OF_SENDER = 512
/** Senders that are believed of one peer, the last ones: anybody may tell of anybody. */
const MAX_SENDERS = 4

/** Takes one of each list in turn, until there are enough. */
function inTurn(lists, most) {
  const taken = new Set()
  for (let index = 0; lists.some(({ length }) => length > index); index++) {
    for (const list of lists) {
      if (taken.size < most && index < list.length) taken.add(list[index])
    }
  }
  return [...taken]
}

/**
 * Who was heard, and where each is said to be. What one sender says does not take the place of what another has said: a
 * false answer adds addresses, and hides none.
 */
class LocalPeers {
  /** nodeId -> sender -> { addr, at }, both in the order in which they were heard last. */
  #peers = new Map()
  #countOfSender = new Map()

  get size() {
    return this.#peers.size
  }

  /**
   * @param {{ nodeId: string, directAddresses: string[], relayUrl?: string }} addr
   * @param {string} sender its IP address
   * @param {number} now milliseconds
   */
  heard(addr, sender, now) {
    const claims = this.#peers.get(addr.nodeId) ?? new Map()
    const count = this.#countOfSender.get(sender) ?? 0
    if (!claims.has(sender)) {
      if (count >= MAX_PEERS_OF_SENDER) return
      this.#countOfSender.set(sender, count + 1)
    }
    claims.delete(sender)
    claims.set(sender, { addr, at: now })
    if (claims.size > MAX_SENDERS) this.#forgetClaim(claims, claims.keys().next().value)
    this.#peers.delete(addr.nodeId)
    this.#peers.set(addr.nodeId, claims)
    if (this.#peers.size > MAX_PEERS) this.#forget(this.#peers.keys().next().value)
  }

  /** Where a peer is said to be since then, the last sender's words first; or null. */
  since(time, nodeId) {
    const claims = [...(this.#peers.get(nodeId)?.values() ?? [])].filter(({ at }) => at > time).reverse()
    if (claims.length === 0) return null
    const said = claims.map(({ addr }) => addr)
    const directAddresses = inTurn(
      said.map((addr) => addr.directAddresses),
      MAX_ADDRESSES
    )
    const relayUrl = said.find((addr) => addr.relayUrl !== undefined)?.relayUrl
    return { nodeId, directAddresses, ...(relayUrl !== undefined && { relayUrl }) }
  }

  /** All of whom something was heard since then; the others are forgotten. */
  allSince(time) {
    this.forgetBefore(time)
    return [...this.#peers.keys()].map((nodeId) => this.since(time, nodeId))
  }

  /** Forgets those of whom nothing was heard since then. */
  forgetBefore(time) {
    for (const [nodeId, claims] of this.#peers) {
      const last = [...claims.values()].at(-1)
      if (last.at > time) return
      this.#forget(nodeId)
    }
  }

  #forget(nodeId) {
    const claims = this.#peers.get(nodeId)
    for (const sender of [...claims.keys()]) this.#forgetClaim(claims, sender)
    this.#peers.delete(nodeId)
  }

  #forgetClaim(claims, sender) {
    claims.delete(sender)
    const left = this.#countOfSender.get(sender) - 1
    if (left === 0) this.#countOfSender.delete(sender)
    else this.#countOfSender.set(sender, left)
  }
}

module.exports = { LocalPeers }
