// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')
const { IrohEventTarget } = require('../event-target/event-target')
const { parsePeer } = require('../tickets/peer')

/** Who does not get a broadcast. @returns {Set<string>} NodeIds */
function readExcept(except) {
  if (except === undefined) return new Set()
  const several = typeof except === 'object' && typeof except[Symbol.iterator] === 'function'
  const list = several ? [...except] : [except]
  return new Set(list.map((one) => (one instanceof IrohEventTarget ? one.remoteNodeId : parsePeer(one).nodeId)))
}

/** @param {{ nodeId: string, error: IrohError }[]} failures @throws {IrohError} with `peers`, if there are any */
function throwUnsent(failures) {
  if (failures.length === 0) return
  const peers = failures.map(({ nodeId }) => nodeId)
  const [{ error }] = failures
  const summary = new IrohError(error.code, {
    peer: peers[0],
    detail: `${peers.length} spokes did not get it`,
    cause: error
  })
  summary.peers = peers
  throw summary
}

module.exports = { readExcept, throwUnsent }
