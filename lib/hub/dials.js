// SPDX-License-Identifier: MIT
'use strict'

const { checkOptions, checkSignal } = require('../base/check')
const { CloseCode } = require('../core/close-reason')
const { deferred } = require('../base/deferred')
const { IrohError } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { announced } = require('../event-target/event-target')
const { kRefuse } = require('../base/symbols')

const NOT_NEEDED = 'the peer is a spoke already'

/**
 * The dials of a hub. Each gives the spoke that its peer is, however it has become one: who is a spoke is not dialled, and
 * a dial whose peer comes by itself meanwhile is given up.
 */
class Dials {
  #connect
  #spokeOf
  #add
  /** NodeId to what ends the dials of it. */
  #running = new Map()

  /**
   * @param {object} hub
   * @param {(peer: string | object, options: object) => Promise<import('../connection/connection').Connection>} hub.connect
   * @param {(nodeId: string) => object | undefined} hub.spokeOf
   * @param {(connection: import('../connection/connection').Connection, stream: object) => object} hub.add makes a spoke of it
   */
  constructor({ connect, spokeOf, add }) {
    this.#connect = connect
    this.#spokeOf = spokeOf
    this.#add = add
  }

  /**
   * @returns {Promise<object>} the spoke
   * @throws {IrohError} as endpoint.connect(), if no other dial of the NodeId that runs meanwhile succeeds
   */
  async dial(nodeId, peer, options) {
    const { signal, timeoutMs } = checkOptions(options, ['signal', 'timeoutMs'], 'dial')
    checkSignal(signal)
    const life = new AbortController()
    const stop = () => life.abort(signal.reason)
    const forget = onAbort(signal, stop)
    if (signal?.aborted) stop()
    const mine = { life, attempt: null }
    const running = this.#running.get(nodeId) ?? new Set()
    this.#running.set(nodeId, running.add(mine))
    try {
      const there = this.#spokeOf(nodeId)
      if (there) return there
      mine.attempt = this.#reach(nodeId, peer, { timeoutMs, signal: life.signal })
      return await mine.attempt
    } catch (error) {
      running.delete(mine)
      if (signal?.aborted) throw error
      if (error.code !== 'ERR_IROH_TIMEOUT') await ended(running, life.signal)
      const there = this.#spokeOf(nodeId)
      if (!there) throw error
      return there
    } finally {
      forget()
      running.delete(mine)
      if (running.size === 0 && this.#running.get(nodeId) === running) this.#running.delete(nodeId)
    }
  }

  /** A NodeId is a spoke now. */
  arrived(nodeId) {
    for (const { life } of this.#running.get(nodeId) ?? []) life.abort(new IrohError('ERR_IROH_ABORTED'))
  }

  /** Up to the stream the peer knows of no spoke, so that a dial that lost the race leaves no trace. */
  async #reach(nodeId, peer, options) {
    const connection = await this.#connect(peer, options)
    connection[kRefuse]()
    try {
      const stream = await connection.openBi()
      if (!this.#spokeOf(nodeId) && !options.signal.aborted) return this.#add(connection, announced(stream))
    } catch (error) {
      connection.close()
      throw error
    }
    connection.close(CloseCode.NORMAL, NOT_NEEDED)
    const { aborted, reason } = options.signal
    if (aborted) throw new IrohError('ERR_IROH_ABORTED', { peer: nodeId, cause: reason })
    return this.#spokeOf(nodeId)
  }
}

/** Resolves when all attempts are over, or the signal is aborted. */
async function ended(running, signal) {
  if (signal.aborted) return
  const aborted = deferred()
  const forget = onAbort(signal, aborted.resolve)
  await Promise.race([aborted.promise, Promise.allSettled([...running].map(({ attempt }) => attempt))])
  forget()
}

module.exports = { Dials }
