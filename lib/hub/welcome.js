// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('../core/close-reason')
const { Patience } = require('../base/patience')
const { kRefuse } = require('../base/symbols')

/** Of one NodeId: a dialler may try several ways at once, and keeps the first that answers. */
const MAX_OF_ONE = 4

/**
 * Connections that have not opened their event stream yet. Each is waited for by itself, for so long, so that none holds up
 * another: so many in all, and the four newest of a NodeId.
 */
class Welcome {
  #max
  #timeoutMs
  /** NodeId to its connections, the oldest first. */
  #waiting = new Map()
  #count = 0

  /** @param {{ max: number, timeoutMs: number }} limits */
  constructor({ max, timeoutMs }) {
    this.#max = max
    this.#timeoutMs = timeoutMs
  }

  /**
   * Waits for the stream of a connection.
   * @param {import('../connection/connection').Connection} connection
   * @returns {Promise<{ send: object, recv: object } | null>} null: the connection is closed, or about to be
   */
  async stream(connection) {
    if (!this.#makeRoom(connection.remoteNodeId())) {
      connection.close(CloseCode.FULL, 'too many connections begin at once')
      return null
    }
    this.#add(connection)
    const tooLate = () => connection.close(CloseCode.NO_STREAM, 'no event stream was opened in time')
    const patience = new Patience(this.#timeoutMs, tooLate).unref()
    connection[kRefuse]() // but for the one that is waited for
    const stream = await connection.acceptBi().catch(() => null)
    connection[kRefuse]()
    patience.stop()
    return this.#remove(connection) ? stream : null
  }

  /** Closes those of which `isMeant(nodeId)` is true. */
  close(code, reason, isMeant = () => true) {
    for (const [nodeId, connections] of this.#waiting) {
      if (!isMeant(nodeId)) continue
      for (const connection of connections) this.#dismiss(connection, code, reason)
    }
  }

  /** A NodeId with many makes room for itself. */
  #makeRoom(nodeId) {
    const own = this.#waiting.get(nodeId)
    if (own?.size >= MAX_OF_ONE) {
      const [oldest] = own
      this.#dismiss(oldest, CloseCode.FULL, 'too many connections of one NodeId begin at once')
    }
    return this.#count < this.#max
  }

  #dismiss(connection, code, reason) {
    this.#remove(connection)
    connection.close(code, reason)
  }

  #add(connection) {
    const nodeId = connection.remoteNodeId()
    const own = this.#waiting.get(nodeId) ?? new Set()
    this.#waiting.set(nodeId, own.add(connection))
    this.#count++
  }

  /** @returns {boolean} whether it was waiting */
  #remove(connection) {
    const nodeId = connection.remoteNodeId()
    const own = this.#waiting.get(nodeId)
    if (!own?.delete(connection)) return false
    if (own.size === 0) this.#waiting.delete(nodeId)
    this.#count--
    return true
  }
}

module.exports = { Welcome }
