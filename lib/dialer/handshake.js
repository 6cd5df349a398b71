// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { closeError } = require('../core/close-reason')
const { Event } = require('../core/events')
const { deferred } = require('../base/deferred')
const { IrohError, bySystem, check } = require('../base/errors')
const { onAbort } = require('../base/on-abort')
const { kEvent } = require('../base/symbols')

/** A handshake until it is a connection: takes the one event that decides it. */
class Dial {
  #settle
  #peer

  constructor(peer, settle) {
    this.#peer = peer
    this.#settle = settle
  }

  [kEvent](kind, _stream, _number, data) {
    if (kind === Event.CONNECTED) this.#settle(null)
    else if (kind === Event.CLOSED) this.#settle(closeError(data, this.#peer))
  }
}

/** Why a dial is given up: when it has taken too long, with what the system said of its packets. */
function endedBy(reason, peer, said) {
  if (reason.code !== 'ERR_IROH_TIMEOUT' || !Array.isArray(said)) return reason
  return new IrohError(reason.code, { peer, ...bySystem(said) })
}

/**
 * One handshake with a peer, at all of its addresses at once.
 * @param {import('../core/core').Core} core
 * @param {{ nodeId: string, addresses: string[], alpn: string, timeoutMs: number, onHearsay: boolean }} dial addresses as
 *   connOpen takes them, at least one; timeoutMs 0: the endpoint's; onHearsay: others named them, and not the program
 * @param {AbortSignal} signal ends it with its reason; it is not aborted yet
 * @param {(handle: number) => import('../connection/connection').Connection} hold makes the connection, before its first event
 * @returns {Promise<import('../connection/connection').Connection>}
 * @throws {IrohError} why there is no connection
 */
async function openConnection(core, { nodeId, addresses, alpn, timeoutMs, onHearsay }, signal, hold) {
  const opened = binding.connOpen(core.handle, nodeId, addresses, alpn, timeoutMs, onHearsay)
  const handle = check(opened, { peer: nodeId })
  const { promise, resolve, reject } = deferred()
  const settle = (error) => {
    forget() // a connection is not closed by the signal of its dial
    core.removeConnection(handle)
    if (error) reject(error)
    else resolve(hold(handle))
  }
  const forget = onAbort(signal, () => {
    const error = endedBy(signal.reason, nodeId, binding.connSystemError(core.handle, handle))
    binding.connClose(core.handle, handle, 0, '')
    settle(error)
  })
  core.addConnection(handle, new Dial(nodeId, settle))
  return promise
}

module.exports = { openConnection }
