// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('../core/close-reason')
const { Patience } = require('../base/patience')
const { kAdopt, kHearFirst, kMove } = require('../base/symbols')
const { isHeard } = require('./sign-of-life')
const { within } = require('../base/within')

/**
 * A peer that dialled while we did opens its stream at most so long after ours: it would have seen ours otherwise. Long
 * enough for packets that are lost again and again.
 */
const CROSSING_MS = 30_000
/** Without loss it opens it so soon, and in some round trips. */
const EARLY = { ms: 250, roundTrips: 4 }
/** How long the peer has to show that it is there on the first connection: it may be busy, or have restarted. */
const SIGN_EARLY = { ms: 2000, roundTrips: 8 }
const SIGN_LATE = { ms: 250, roundTrips: 6 }
/** A peer that knows nothing of this keeps the newest connection, and closes the other at once. */
const OTHER_WAY = { ms: 50, roundTrips: 1 }
/** How long it has to leave the second one, longer than it takes for that (SENT_MS of channel.js). */
const LEFT_MS = 10_000
const SETTLED = 'the two sides have dialled each other, and keep the other connection'

/**
 * Two that dial each other have two connections, and keep the one that the smaller NodeId has dialled. It is seen by the
 * second one that comes: accepted, with a stream, soon after the stream of our own dial. A peer that has restarted and
 * dials us looks the same. But it does not answer on the connection it does not know.
 */
class Crossings {
  #nodeId
  #replace
  /** Spokes whose connection was dialled lately. */
  #fresh = new Map()

  /**
   * @param {string} nodeId ours
   * @param {(channel: object, isGreeted: boolean) => void} replace the channel is that of another spoke of the NodeId
   */
  constructor(nodeId, replace) {
    this.#nodeId = nodeId
    this.#replace = replace
  }

  /** A spoke was made by a dial. */
  dialled(target) {
    const patience = new Patience(CROSSING_MS, () => this.#fresh.delete(target)).unref()
    this.#fresh.set(target, { patience, since: performance.now() })
    target.closed.then(() => this.#forget(target))
  }

  /**
   * The peer has opened a stream on a connection of its own.
   * @param {object | undefined} target the spoke it is
   * @returns {boolean} false: that connection is to take the place of this one
   */
  take(target, channel, isGreeted) {
    if (!this.#fresh.has(target)) return false
    const rtt = channel.connection.rtt()
    const isEarly = performance.now() - this.#fresh.get(target).since <= timeOf(EARLY, rtt)
    this.#forget(target)
    target[kAdopt](channel)
    const signMs = timeOf(isEarly ? SIGN_EARLY : SIGN_LATE, rtt)
    // What it rejects with is the end of a connection, of which its target tells.
    this.#settle(target, channel, { isGreeted, signMs }).catch(() => {})
    return true
  }

  #forget(target) {
    this.#fresh.get(target)?.patience.stop()
    this.#fresh.delete(target)
  }

  async #settle(target, channel, { isGreeted, signMs }) {
    const own = target.connection
    const other = channel.connection
    let isOpen = true
    target.closed.then(({ kind }) => {
      if (!isOpen) return
      isOpen = false
      if (kind === 'locally-closed') other.close(CloseCode.NORMAL, SETTLED)
      else this.#replace(channel, isGreeted)
    })
    const isThere = await isHeard(own, signMs)
    if (!isOpen || target.connection !== own) return
    if (!isThere) {
      isOpen = false
      this.#replace(channel, isGreeted)
      return
    }
    target[kHearFirst](channel)
    const isLeft = this.#nodeId < target.remoteNodeId ? await isLeftByPeer(channel) : await isOverSoon(other)
    if (!isOpen || target.connection !== own) return
    isOpen = false
    if (isLeft || channel.isEnding) other.close(CloseCode.NORMAL, SETTLED)
    else await goOnOver(target, channel, isGreeted, own)
  }
}

async function goOnOver(target, channel, isGreeted, older) {
  await target[kMove](channel, isGreeted)
  older.close(CloseCode.NORMAL, SETTLED)
}

/** Whether the peer ends its half of a channel in time, or is not there. */
async function isLeftByPeer(channel) {
  let isEnded = false
  const ended = channel.ended.then(() => {
    isEnded = true
  })
  await within(ended, LEFT_MS)
  return isEnded || !(await isHeard(channel.connection, timeOf(SIGN_EARLY, channel.connection.rtt())))
}

async function isOverSoon(connection) {
  await within(connection.closed(), timeOf(OTHER_WAY, connection.rtt()))
  return connection.closeReason() !== null
}

function timeOf({ ms, roundTrips }, rtt) {
  return ms + roundTrips * rtt
}

module.exports = { Crossings }
