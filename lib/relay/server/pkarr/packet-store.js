// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../../../base/errors')
const { isNewer, openPacket } = require('../../../discovery/signed-packet')

/** Publishers come back every five minutes; who does not is forgotten after a week. */
const KEEP_MS = 7 * 24 * 3600_000
/** How far a publisher's clock may be ahead. */
const MAX_AHEAD_MS = 3600_000

/** What came may be a small part of a large buffer, which would be kept with it. */
function ownCopy(packet, dns) {
  const copy = Buffer.allocUnsafeSlow(packet.length)
  packet.copy(copy)
  return { packet: copy, dns: copy.subarray(packet.length - dns.length) }
}

/**
 * Signed packets by NodeId, the newest of each. Bounded: beyond `maxPackets` the one that was published longest ago goes,
 * so that those who publish now and then stay.
 */
class PacketStore {
  #maxPackets
  #now
  /** In the order of their last publication. */
  #packets = new Map()

  /** @param {number} maxPackets @param {() => number} [now] milliseconds since 1970 */
  constructor(maxPackets, now = Date.now) {
    this.#maxPackets = maxPackets
    this.#now = now
  }

  get size() {
    return this.#packets.size
  }

  /**
   * Takes a packet, unless a newer one is there.
   * @param {string} nodeId
   * @param {Buffer} packet as it is sent to a pkarr relay
   * @param {() => boolean} [mayAdd] asked, once the packet has proved to be the key's own, for a NodeId of which none is
   *   held
   * @returns {'taken' | 'held' | 'refused'} held: what was there is as new or newer; refused: by mayAdd()
   * @throws {IrohError} ERR_IROH_DISCOVERY: it is malformed, forged, or of another time
   */
  put(nodeId, packet, mayAdd = () => true) {
    const { timestamp, dns } = openPacket(nodeId, packet)
    this.#checkTime(timestamp, nodeId)
    const known = this.get(nodeId)
    if (known && !this.#isAhead(known.timestamp) && !isNewer({ timestamp, dns }, known)) return 'held'
    if (!known && !mayAdd()) return 'refused'
    this.#packets.delete(nodeId)
    this.#packets.set(nodeId, { timestamp, ...ownCopy(packet, dns), texts: null })
    if (this.#packets.size > this.#maxPackets) this.#packets.delete(this.#packets.keys().next().value)
    return 'taken'
  }

  /**
   * What is held of a NodeId, or null.
   * @param {string} nodeId
   * @returns {{ timestamp: bigint, dns: Buffer, packet: Buffer, texts: string[] | null } | null} texts: null until
   *   somebody has read the message, and leaves there what it has read
   */
  get(nodeId) {
    const known = this.#packets.get(nodeId)
    if (!known || !this.#isOld(known.timestamp)) return known ?? null
    this.#packets.delete(nodeId)
    return null
  }

  #isOld(timestamp) {
    return timestamp < BigInt(this.#now() - KEEP_MS) * 1000n
  }

  /** Of what is held: it was taken when this host's clock was ahead, and must not keep out what is published since. */
  #isAhead(timestamp) {
    return timestamp > BigInt(this.#now() + MAX_AHEAD_MS) * 1000n
  }

  #checkTime(timestamp, peer) {
    if (this.#isOld(timestamp))
      throw new IrohError('ERR_IROH_DISCOVERY', { peer, detail: 'the packet is over a week old' })
    if (!this.#isAhead(timestamp)) return
    throw new IrohError('ERR_IROH_DISCOVERY', { peer, detail: 'the packet is over an hour ahead of time' })
  }
}

module.exports = { PacketStore }
