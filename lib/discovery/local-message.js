// SPDX-License-Identifier: MIT
'use strict'

const { base32 } = require('../base/base32')
const { addressBytes } = require('../base/ip-bytes')
const { formatAddress, parseAddress } = require('../addresses/node-addr')
const { FLAG, HEADER_BYTES, TYPE } = require('../dns/codes')
const { countsOf } = require('../dns/reader')
const { uint16s, writeMessage, writeName, writeQuestion, writeRecord, writeText } = require('../dns/writer')
const { isNodeId } = require('../identity/node-id')
const { MAX_ADDRESSES, isPeerAddress, readRecords } = require('./records')

/** iroh's service (DNS-SD, RFC 6763). */
const SERVICE = '_irohv1._udp.local'
const TTL_S = 120
/** A message that every iroh reads. */
const MAX_BYTES = 1400
/** A longer one is not read: no iroh writes it. */
const MAX_READ_BYTES = 1472
/** Records and questions of a message; one with more is not read. */
const MAX_RECORDS = 128
/** NodeIds that one message may tell of; iroh's tell of one. To check whether one is a key takes longer than all else. */
const MAX_PEERS = 4
const MAX_RELAY_BYTES = 249
/** Characters of a NodeId in base32. */
const LABEL_LENGTH = 52
/** As it stands in every message of the service. */
const SERVICE_LABEL = Buffer.from('\x07_irohv1')

const SERVICE_NAME = writeName(SERVICE)
/** Real iroh answers to this question alone, ours in their turn. */
const forAll = writeQuestion(SERVICE_NAME, TYPE.PTR)
/** To this one ours answer at once. */
const forAllNow = writeQuestion(SERVICE_NAME, TYPE.ANY)

/**
 * Whether a datagram is worth reading: most of what goes through a network's multicast is not for us.
 * @param {Buffer} datagram
 */
function mayBeOurs(datagram) {
  if (datagram.length < HEADER_BYTES || datagram.length > MAX_READ_BYTES) return false
  return countsOf(datagram).reduce((sum, count) => sum + count) <= MAX_RECORDS && datagram.includes(SERVICE_LABEL)
}

/** A NodeId as the label of its instance. */
function labelOf(nodeId) {
  return base32.encode(Buffer.from(nodeId, 'hex'))
}

/** The NodeId of an instance's name, or null. @param {string} name in lower case */
function nodeIdOf(name) {
  if (name.length !== LABEL_LENGTH + 1 + SERVICE.length || !name.endsWith(`.${SERVICE}`)) return null
  try {
    const nodeId = base32.decode(name.slice(0, LABEL_LENGTH)).toString('hex')
    return isNodeId(nodeId) ? nodeId : null
  } catch {
    return null
  }
}

/** The message that asks for one peer; of ours only that one answers. @param {string} nodeId @returns {Buffer} */
function questionFor(nodeId) {
  const instance = writeName(`${labelOf(nodeId)}.${SERVICE}`)
  return writeMessage({ questions: [forAll, writeQuestion(instance, TYPE.SRV)] })
}

/** The message that asks for all there are. @returns {Buffer} */
function questionForAll() {
  return writeMessage({ questions: [forAll, forAllNow] })
}

/** The NodeIds of some names, as far as one message may tell of so many. @returns {Map<string, string>} by name */
function nodeIdsOf(names) {
  const found = new Map()
  let tries = MAX_PEERS
  for (const name of new Set(names)) {
    if (tries === 0) break
    if (!name.endsWith(`.${SERVICE}`)) continue
    tries--
    const nodeId = nodeIdOf(name)
    if (nodeId) found.set(name, nodeId)
  }
  return found
}

/**
 * Whom a query asks for.
 * @param {{ questions: import('../dns/reader').DnsQuestion[] }} message of readMessage()
 * @returns {'all' | 'all now' | string[] | null} some NodeIds; null: it is not for iroh's service
 * @throws {import('../dns/reader').DnsFormatError}
 */
function readQuery({ questions }) {
  const nodeIds = [...nodeIdsOf(questions.map(({ name }) => name)).values()]
  if (nodeIds.length > 0) return nodeIds
  const types = questions.filter(({ name }) => name === SERVICE).map(({ type }) => type)
  if (types.includes(TYPE.ANY)) return 'all now'
  return types.includes(TYPE.PTR) ? 'all' : null
}

function serviceRecord(owner, port, target) {
  const [priority, weight] = [0, 0]
  return writeRecord(owner, TYPE.SRV, TTL_S, uint16s(priority, weight, port), target)
}

function hostRecord(owner, { family, host }) {
  return writeRecord(owner, family === 6 ? TYPE.AAAA : TYPE.A, TTL_S, addressBytes(host))
}

/**
 * The message that tells where an endpoint is: PTR, SRV for each port and TXT as answers, addresses as additionals.
 * @param {{ nodeId: string, directAddresses: string[], relayUrl?: string }} nodeAddr
 * @returns {Buffer} addresses at the end are left out if it would be too long
 */
function announcement({ nodeId, directAddresses, relayUrl }) {
  const label = labelOf(nodeId)
  const owner = writeName(`${label}.${SERVICE}`)
  const withRelay = relayUrl !== undefined && Buffer.byteLength(relayUrl) <= MAX_RELAY_BYTES
  const answers = [writeRecord(SERVICE_NAME, TYPE.PTR, TTL_S, owner)]
  if (withRelay) answers.push(writeRecord(owner, TYPE.TXT, TTL_S, writeText(`relay=${relayUrl}`)))
  const flags = FLAG.RESPONSE | FLAG.AUTHORITATIVE
  const ports = new Set()
  let message = writeMessage({ flags, answers })
  const additionals = []
  for (const address of directAddresses.map(parseAddress)) {
    const target = writeName(`${label}-${address.port}.local`)
    if (!ports.has(address.port)) answers.push(serviceRecord(owner, address.port, target))
    ports.add(address.port)
    additionals.push(hostRecord(target, address))
    const longer = writeMessage({ flags, answers, additionals })
    if (longer.length > MAX_BYTES) break
    message = longer
  }
  return message
}

/**
 * Who a message tells of. Anybody in the network may have sent it: what is not iroh's is skipped, and what is no peer's
 * address, and NodeIds beyond the first few.
 * @param {{ answers: import('../dns/reader').DnsRecord[], additionals: import('../dns/reader').DnsRecord[] }} message of
 *   readMessage()
 * @returns {{ nodeId: string, directAddresses: string[], relayUrl?: string }[]} those with an address or a relay
 * @throws {import('../dns/reader').DnsFormatError}
 */
function readAnnouncement({ answers, additionals }) {
  const told = answers.filter(({ type }) => type === TYPE.TXT || type === TYPE.SRV)
  const nodeIds = nodeIdsOf(told.map(({ name }) => name))
  const peers = new Map([...nodeIds.values()].map((nodeId) => [nodeId, { nodeId, directAddresses: [] }]))
  const targets = new Map()
  for (const answer of told) {
    const peer = peers.get(nodeIds.get(answer.name))
    if (!peer) continue
    if (answer.type === TYPE.TXT)
      peer.relayUrl ??= readRecords(answer.strings.map(String)).relayUrl // RFC 6763, section 6.3
    else targets.set(answer.service.target, { peer, port: answer.service.port })
  }
  for (const record of additionals) {
    if (record.type !== TYPE.A && record.type !== TYPE.AAAA) continue
    const target = targets.get(record.name)
    if (target) addAddress(target.peer, formatAddress(record.address, target.port))
  }
  return [...peers.values()].filter((peer) => peer.directAddresses.length > 0 || peer.relayUrl !== undefined)
}

/** As many as are kept of a peer whatever finds it. */
function addAddress(peer, address) {
  if (peer.directAddresses.length < MAX_ADDRESSES && isPeerAddress(address)) peer.directAddresses.push(address)
}

module.exports = { announcement, mayBeOurs, questionFor, questionForAll, readAnnouncement, readQuery }
