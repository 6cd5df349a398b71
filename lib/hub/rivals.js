// SPDX-License-Identifier: MIT
'use strict'

const { performance } = require('node:perf_hooks')
const { isHeard } = require('./sign-of-life')

/** Replacements of one NodeId's connection that count together. */
const WINDOW_MS = 600_000
/** So many of them are a spoke that comes back; from then on it is asked whether the one that is there still answers. */
const MAX_REPLACED = 3
/** How long it may take to answer: three round trips, within these bounds. */
const MIN_ANSWER_MS = 300
const MAX_ANSWER_MS = 1500
/** NodeIds whose replacements are remembered; the one that was replaced longest ago is forgotten beyond them. */
const MAX_NODES = 1024

/** Whether the other end still answers. */
function answers(connection) {
  return isHeard(connection, Math.min(Math.max(3 * connection.rtt(), MIN_ANSWER_MS), MAX_ANSWER_MS))
}

/**
 * Tells two programs with one key from one that comes back. The newest connection of a NodeId replaces the older one, which
 * may be a ghost; programs that a supervisor starts again whenever they are replaced would do so for ever. After three
 * replacements within ten minutes the older connection is asked, and stays if it answers.
 */
class Rivals {
  /** NodeId to { times, isTold }. */
  #replaced = new Map()

  /**
   * A connection of a NodeId has come that has one already.
   * @param {import('../connection/connection').Connection | null | undefined} older
   * @returns {Promise<boolean>} whether the older one stays: another program uses the key
   */
  async keep(older) {
    if (!older || older.closeReason() !== null || older.side() === 'client') return false
    const nodeId = older.remoteNodeId()
    const now = performance.now()
    const known = this.#replaced.get(nodeId)
    const times = known?.times.filter((at) => now - at < WINDOW_MS) ?? []
    const isTold = times.length > 0 && known.isTold
    const isContested = times.length >= MAX_REPLACED
    const stays = isContested && (await answers(older))
    // One that does not answer was a ghost: a spoke that often loses its connection counts from the beginning.
    const before = isContested && !stays ? [] : times
    this.#replaced.delete(nodeId)
    this.#replaced.set(nodeId, { times: [...before, now].slice(-MAX_REPLACED), isTold })
    if (this.#replaced.size > MAX_NODES) this.#replaced.delete(this.#replaced.keys().next().value)
    return stays
  }

  /** Whether it is to be told that a NodeId has two programs: once, until it has been quiet. */
  isNews(nodeId) {
    const known = this.#replaced.get(nodeId)
    if (!known || known.isTold) return false
    known.isTold = true
    return true
  }
}

module.exports = { Rivals }
