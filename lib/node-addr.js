// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const os = require('node:os')
const { IrohError, invalid } = require('./errors')
const { parseNodeId } = require('./node-id')

const ADDRESS = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/

/** Splits 'ip:port' or '[ip]:port'. @throws {IrohError} ERR_IROH_INVALID_ADDRESS */
function parseAddress(text) {
  const match = typeof text === 'string' ? ADDRESS.exec(text) : null
  const family = match ? net.isIP(match[1] ?? match[2]) : 0
  const bracketed = match?.[1] !== undefined
  if (family === 0 || bracketed !== (family === 6) || Number(match[3]) > 65535) {
    throw new IrohError('ERR_IROH_INVALID_ADDRESS', { detail: String(text) })
  }
  return { host: match[1] ?? match[2], port: Number(match[3]), family }
}

/**
 * Reads whatever names a peer: a NodeId, or a NodeAddr `{ nodeId, relayUrl?, directAddresses? }`.
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }}
 * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_INVALID_ADDRESS, ERR_IROH_INVALID_ARGUMENT
 */
function parsePeer(peer) {
  if (typeof peer === 'string') return { nodeId: parseNodeId(peer), directAddresses: [] }
  if (peer === null || typeof peer !== 'object') throw invalid('a peer is a NodeId or a NodeAddr')
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

function isWildcard(host) {
  return host === '0.0.0.0' || host === '::'
}

function isLinkLocal(host) {
  return /^fe[89ab]/i.test(host)
}

function formatAddress(host, port) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The addresses of this host's interfaces a wildcard stands for. */
function hostAddresses(family, internal) {
  return Object.values(os.networkInterfaces())
    .flat()
    .filter((item) => item.family === `IPv${family}` && item.internal === internal && !isLinkLocal(item.address))
    .map((item) => item.address)
}

/** This host's addresses, but for those of the loopback and of one link only. */
function outsideAddresses() {
  return [4, 6].flatMap((family) => hostAddresses(family, false))
}

/** Whether an interface that is up has this address, as a socket tells it. @param {string} address */
function isOwnAddress(address) {
  const bare = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  return Object.values(os.networkInterfaces())
    .flat()
    .some((item) => item.address === bare)
}

/**
 * Bound addresses as others can dial them: a wildcard becomes the host's addresses, loopback ones only where there is
 * nothing else.
 * @param {string[]} bound
 * @returns {string[]}
 */
function dialableAddresses(bound) {
  const expand = (internal) =>
    bound.map(parseAddress).flatMap(({ host, port, family }) => {
      const hosts = isWildcard(host) ? hostAddresses(family, internal) : [host]
      return hosts.map((item) => formatAddress(item, port))
    })
  const outside = expand(false)
  return [...new Set(outside.length > 0 ? outside : expand(true))]
}

module.exports = { dialableAddresses, formatAddress, isOwnAddress, outsideAddresses, parseAddress, parsePeer }
