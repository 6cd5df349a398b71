// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { toBytes } = require('../base/check')
const { IrohError, check } = require('../base/errors')

/**
 * A NodeId in its one form: 64 lower-case hex characters.
 * @param {string} text 64 hex or 52 base32 characters, either case
 * @returns {string}
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID
 */
function parseNodeId(text) {
  if (typeof text !== 'string') throw new IrohError('ERR_IROH_INVALID_NODE_ID')
  return check(binding.nodeIdParse(text))
}

/** Whether `value` is a string that parseNodeId takes. */
function isNodeId(value) {
  return typeof value === 'string' && typeof binding.nodeIdParse(value) === 'string'
}

/**
 * Whether `signature` is the NodeId's own over the bytes (Ed25519, RFC 8032).
 * @param {string} nodeId
 * @param {Uint8Array | string} bytes
 * @param {Uint8Array} signature
 * @returns {boolean}
 */
function verifySignature(nodeId, bytes, signature) {
  return binding.keyVerify(parseNodeId(nodeId), toBytes(bytes), toBytes(signature, 'signature'))
}

module.exports = { isNodeId, parseNodeId, verifySignature }
