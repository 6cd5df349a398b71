// SPDX-License-Identifier: MIT
'use strict'

const dnsPacket = require('dns-packet')
const { base32 } = require('../base32')
const { formatAddress, parseAddress } = require('../node-addr')
const { isNodeId } = require('../node-id')
const { readRecords } = require('./records')
const { textsOf } = require('./signed-packet')

/** iroh's service (DNS-SD, RFC 6763). */
const SERVICE = '_irohv1._udp.local'
const TTL_S = 120
/** A message that every iroh reads. */
const MAX_BYTES = 1400
/** Records looked at of one message. */
const MAX_RECORDS = 64
const MAX_RELAY_BYTES = 249

const query = Object.freeze({ questions: [{ type: 'PTR', name: SERVICE }] })

/** Whether a message asks for iroh's service. */
function isQuery({ questions }) {
  return questions.some(({ type, name }) => type === 'PTR' && name.toLowerCase() === SERVICE)
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
 * Who a message tells of. Anybody in the network may have sent it: what is none of iroh's is skipped.
 * @param {{ answers: object[], additionals: object[] }} message
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }[]} those with an address or a relay
 */
function readAnnouncement({ answers, additionals }) {
  const peers = new Map()
  const targets = new Map()
  for (const answer of answers.slice(0, MAX_RECORDS)) {
    const nodeId = nodeIdOf(answer.name)
    if (!nodeId) continue
    if (!peers.has(nodeId)) peers.set(nodeId, { nodeId, directAddresses: [] })
    const peer = peers.get(nodeId)
    if (answer.type === 'TXT') peer.relayUrl ??= readRecords(textsOf([answer])).relayUrl
    else if (answer.type === 'SRV') targets.set(answer.data.target.toLowerCase(), { peer, port: answer.data.port })
  }
  for (const { type, name, data } of additionals.slice(0, MAX_RECORDS)) {
    const target = type === 'A' || type === 'AAAA' ? targets.get(name.toLowerCase()) : undefined
    if (target) target.peer.directAddresses.push(formatAddress(data, target.port))
  }
  return [...peers.values()].filter((peer) => peer.directAddresses.length > 0 || peer.relayUrl !== undefined)
}

module.exports = { announcement, isQuery, query, readAnnouncement }
