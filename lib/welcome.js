// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('./close-reason')

/**
 * Connections that have not opened their event stream yet. Each is waited for by itself, for so long, so that none holds up
 * another: one a NodeId, the newest, and so many in all.
 */
class Welcome {
  #max
  #timeoutMs
  #waiting = new Map()

  /** @param {{ max: number, timeoutMs: number }} limits */
  constructor({ max, timeoutMs }) {
    this.#max = max
    this.#timeoutMs = timeoutMs
  }

  /**
   * Waits for the stream of a connection.
   * @param {import('./connection').Connection} connection
   * @returns {Promise<{ send: object, recv: object } | null>} null: the connection is closed, or about to be
   */
  async stream(connection) {
    const nodeId = connection.remoteNodeId()
    const older = this.#waiting.get(nodeId)
    if (older) older.close(CloseCode.REPLACED, 'replaced by a newer connection of the same NodeId')
    else if (this.#waiting.size >= this.#max) {
      connection.close(CloseCode.FULL, 'too many connections begin at once')
      return null
    }
    this.#waiting.set(nodeId, connection)
    const late = setTimeout(
      () => connection.close(CloseCode.NO_STREAM, 'no event stream was opened in time'),
      this.#timeoutMs
    )
    late.unref()
    const stream = await connection.acceptBi().catch(() => null)
    clearTimeout(late)
    if (this.#waiting.get(nodeId) !== connection) return null
    this.#waiting.delete(nodeId)
    return stream
  }

  /** Closes those of which `isMeant(nodeId)` is true. */
  close(code, reason, isMeant = () => true) {
    for (const [nodeId, connection] of this.#waiting) {
      if (!isMeant(nodeId)) continue
      this.#waiting.delete(nodeId)
      connection.close(code, reason)
    }
  }
}

module.exports = { Welcome }
