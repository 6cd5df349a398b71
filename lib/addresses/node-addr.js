// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { IrohError, invalid } = require('../base/errors')
const { parseNodeId } = require('../identity/node-id')

const ADDRESS = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/

/** Splits 'ip:port' or '[ip]:port'. @returns {{ host: string, port: number, family: 4 | 6 } | null} null: it is neither */
function matchAddress(text) {
  const match = typeof text === 'string' ? ADDRESS.exec(text) : null
  const family = match ? net.isIP(match[1] ?? match[2]) : 0
  const bracketed = match?.[1] !== undefined
  if (family === 0 || bracketed !== (family === 6) || Number(match[3]) > 65535) return null
  return { host: match[1] ?? match[2], port: Number(match[3]), family }
}

/** The same. @throws {IrohError} ERR_IROH_INVALID_ADDRESS */
function parseAddress(text) {
  const parsed = matchAddress(text)
  if (!parsed) throw new IrohError('ERR_IROH_INVALID_ADDRESS', { detail: String(text) })
  return parsed
}

function formatAddress(host, port) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Reads a NodeId, or a NodeAddr `{ nodeId, relayUrl?, directAddresses? }`.
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }}
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
 */
function readNodeAddr(peer) {
  if (typeof peer === 'string') return { nodeId: parseNodeId(peer), directAddresses: [] }
  if (peer === null || typeof peer !== 'object') throw invalid('a peer is a NodeId, a NodeAddr or an endpoint ticket')
  const { nodeId, relayUrl, directAddresses = [] } = peer
  if (relayUrl !== undefined && typeof relayUrl !== 'string') throw invalid('relayUrl must be a string')
  if (typeof directAddresses === 'string' || typeof directAddresses?.[Symbol.iterator] !== 'function') {
    throw invalid('directAddresses must be an array of strings')
  }
  const addresses = [...directAddresses]
  for (const address of addresses) parseAddress(address)
  const parsed = { nodeId: parseNodeId(nodeId), directAddresses: addresses }
  if (relayUrl !== undefined) parsed.relayUrl = relayUrl
  return parsed
}

module.exports = { formatAddress, matchAddress, parseAddress, readNodeAddr }
