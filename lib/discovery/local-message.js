// SPDX-License-Identifier: MIT
'use strict'

const dnsPacket = require('dns-packet')
const { base32 } = require('../base/base32')
const { formatAddress, parseAddress } = require('../addresses/node-addr')
const { isNodeId } = require('../identity/node-id')
const { isPeerAddress, readRecords } = require('./records')
const { textsOf } = require('./signed-packet')

/** iroh's service (DNS-SD, RFC 6763). */
const SERVICE = '_irohv1._udp.local'
const TTL_S = 120
const HEADER_BYTES = 12
/** A message that every iroh reads. */
const MAX_BYTES = 1400
/** A longer one is not read: no iroh writes it. */
const MAX_READ_BYTES = 1472
/** Records and questions of a message; one with more is not read. */
const MAX_RECORDS = 128
const MAX_RELAY_BYTES = 249
/** As it stands in every message of the service. */
const SERVICE_LABEL = Buffer.from('\x07_irohv1')

/** Real iroh answers to this question alone, ours in their turn. */
const forAll = Object.freeze({ type: 'PTR', name: SERVICE })
/** To this one ours answer at once. */
const forAllNow = Object.freeze({ type: 'ANY', name: SERVICE })

/**
 * Whether a datagram is worth decoding. Most of what goes through a network's multicast is not for us; and a few bytes of
 * a header can promise a quarter of a million records.
 * @param {Buffer} datagram
 */
function mayBeOurs(datagram) {
  if (datagram.length < HEADER_BYTES || datagram.length > MAX_READ_BYTES) return false
  const counts = [4, 6, 8, 10].map((at) => datagram.readUInt16BE(at))
  return counts.reduce((sum, count) => sum + count) <= MAX_RECORDS && datagram.includes(SERVICE_LABEL)
}

/** A NodeId as the label of its instance. */
function labelOf(nodeId) {
  return base32.encode(Buffer.from(nodeId, 'hex'))
}

/** The NodeId of an instance's name, or null. */
function nodeIdOf(name) {
  const [label, ...service] = name.toLowerCase().split('.')
  if (service.join('.') !== SERVICE || label.length !== 52) return null
  try {
    const nodeId = base32.decode(label).toString('hex')
    return isNodeId(nodeId) ? nodeId : null
  } catch {
    return null
  }
}

/** The question for one peer; of ours only that one answers. @param {string} nodeId */
function questionFor(nodeId) {
  return { questions: [forAll, { type: 'SRV', name: `${labelOf(nodeId)}.${SERVICE}` }] }
}

/** The question for all there are. */
function questionForAll() {
  return { questions: [forAll, forAllNow] }
}

/**
 * Whom a query asks for.
 * @param {{ questions: object[] }} message
 * @returns {'all' | 'all now' | string[] | null} some NodeIds; null: it is not for iroh's service
 */
function readQuery({ questions }) {
  const names = questions.map(({ name }) => name.toLowerCase())
  const nodeIds = names.map(nodeIdOf).filter(Boolean)
  if (nodeIds.length > 0) return nodeIds
  const types = questions.filter((_, index) => names[index] === SERVICE).map(({ type }) => type)
  if (types.includes(forAllNow.type)) return 'all now'
  return types.includes(forAll.type) ? 'all' : null
}

function hostRecord(name, { family, host }) {
  return { type: family === 6 ? 'AAAA' : 'A', name, ttl: TTL_S, data: host }
}

/**
 * The message that tells where an endpoint is: PTR, SRV for each port and TXT as answers, addresses as additionals.
 * @param {{ nodeId: string, directAddresses: string[], relayUrl?: string }} nodeAddr
 * @returns {object} as dns-packet encodes it; addresses at the end are left out if it would be too long
 */
function announcement({ nodeId, directAddresses, relayUrl }) {
  const label = labelOf(nodeId)
  const name = `${label}.${SERVICE}`
  const withRelay = relayUrl !== undefined && Buffer.byteLength(relayUrl) <= MAX_RELAY_BYTES
  const common = [{ type: 'PTR', name: SERVICE, ttl: TTL_S, data: name }]
  if (withRelay) common.push({ type: 'TXT', name, ttl: TTL_S, data: `relay=${relayUrl}` })
  const message = { answers: common, additionals: [] }
  const ports = new Set()
  for (const address of directAddresses.map(parseAddress)) {
    const target = `${label}-${address.port}.local`
    const service = { type: 'SRV', name, ttl: TTL_S, data: { port: address.port, target } }
    const longer = {
      answers: ports.has(address.port) ? message.answers : [...message.answers, service],
      additionals: [...message.additionals, hostRecord(target, address)]
    }
    if (dnsPacket.encodingLength({ questions: [], authorities: [], ...longer }) > MAX_BYTES) break
    ports.add(address.port)
    Object.assign(message, longer)
  }
  return message
}

/**
 * Who a message tells of. Anybody in the network may have sent it: what is none of iroh's is skipped, and what is no
 * peer's address.
 * @param {{ answers: object[], additionals: object[] }} message
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }[]} those with an address or a relay
 */
function readAnnouncement({ answers, additionals }) {
  const peers = new Map()
  const targets = new Map()
  for (const answer of answers) {
    const nodeId = nodeIdOf(answer.name)
    if (!nodeId) continue
    if (!peers.has(nodeId)) peers.set(nodeId, { nodeId, directAddresses: [] })
    const peer = peers.get(nodeId)
    if (answer.type === 'TXT') peer.relayUrl ??= readRecords(textsOf([answer])).relayUrl
    else if (answer.type === 'SRV') targets.set(answer.data.target.toLowerCase(), { peer, port: answer.data.port })
  }
  for (const { type, name, data } of additionals) {
    const target = type === 'A' || type === 'AAAA' ? targets.get(name.toLowerCase()) : undefined
    const address = target && formatAddress(data, target.port)
    if (target && isPeerAddress(address)) target.peer.directAddresses.push(address)
  }
  return [...peers.values()].filter((peer) => peer.directAddresses.length > 0 || peer.relayUrl !== undefined)
}

module.exports = { announcement, mayBeOurs, questionFor, questionForAll, readAnnouncement, readQuery }
