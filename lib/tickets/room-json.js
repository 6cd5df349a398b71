// SPDX-License-Identifier: MIT
'use strict'

// Room tickets as JSON, as chat programs of iroh write them: { topic, peers }, the peers also called nodes or endpoints,
// and each in one of the forms that iroh's addresses have had in JSON.

const { parseNodeId } = require('../identity/node-id')
const { addressSet, canonicalAddress, checkRelayUrl, MAX_ADDRESSES } = require('./endpoint-addr')
const { malformed } = require('./malformed')

const TOPIC_BYTES = 32
/** JSON has no lower bytes than tab; a room ticket in postcard always has one: a count of 0, or a kind of address. */
const LOWEST_JSON_BYTE = 9

/** Whether a room ticket's bytes are the JSON form. @param {Buffer} bytes */
function isJsonRoom(bytes) {
  return bytes[0] === 0x7b && bytes.every((byte) => byte >= LOWEST_JSON_BYTE)
}

function isByte(value) {
  return Number.isInteger(value) && value >= 0 && value <= 0xff
}

function decodeTopic(topic) {
  if (Array.isArray(topic) && topic.length === TOPIC_BYTES && topic.every(isByte)) return Buffer.from(topic)
  if (typeof topic === 'string' && /^[0-9a-f]{64}$/i.test(topic)) return Buffer.from(topic, 'hex')
  throw malformed(`topic is neither an array of ${TOPIC_BYTES} bytes nor 64 hex characters`)
}

function checkList(value, name) {
  if (!Array.isArray(value) || value.length > MAX_ADDRESSES) {
    throw malformed(`${name} is not an array of at most ${MAX_ADDRESSES} elements`)
  }
  return value
}

function decodeNodeId(value, name) {
  try {
    return parseNodeId(value)
  } catch {
    throw malformed(`${name} is not a NodeId`)
  }
}

function decodeUrl(value, name) {
  if (typeof value !== 'string') throw malformed(`${name} is not a string`)
  return checkRelayUrl(Buffer.from(value), name)
}

function decodeAddress(value, name) {
  try {
    return canonicalAddress(value)
  } catch {
    throw malformed(`${name} is not an IP address with a port`)
  }
}

/** iroh before 0.94: { node_id, relay_url, direct_addresses }, the latter two, before 0.30, in `info`. */
function decodeNode(node, name) {
  const where = node.info ?? node
  if (typeof where !== 'object') throw malformed(`${name}.info is not an object`)
  const { relay_url: relayUrl = null, direct_addresses: direct = [] } = where
  return addressSet(
    decodeNodeId(node.node_id, `${name}.node_id`),
    relayUrl === null ? [] : [decodeUrl(relayUrl, `${name}.relay_url`)],
    checkList(direct, `${name}.direct_addresses`).map((each) => decodeAddress(each, `${name}.direct_addresses`))
  )
}

/** iroh from 0.94 on: { id, addrs: [{ Relay: url } | { Ip: address } | { Custom: … }] }. */
function decodeEndpoint({ id, addrs }, name) {
  const relayUrls = []
  const directAddresses = []
  for (const each of checkList(addrs, `${name}.addrs`)) {
    const [[kind, value], ...more] = Object.entries(each ?? {}).concat([[]])
    if (kind === 'Relay') relayUrls.push(decodeUrl(value, `${name}.addrs`))
    else if (kind === 'Ip') directAddresses.push(decodeAddress(value, `${name}.addrs`))
    else if (kind !== 'Custom' || more.length > 1) throw malformed(`${name}.addrs has something that is no address`)
  }
  return addressSet(decodeNodeId(id, `${name}.id`), relayUrls, directAddresses)
}

/**
 * @param {Buffer} bytes
 * @returns {{ topic: Buffer, peers: object[] }} peers as address sets
 * @throws {IrohError} ERR_IROH_INVALID_TICKET
 */
function decodeJsonRoom(bytes) {
  let room
  try {
    room = JSON.parse(bytes.toString())
  } catch (error) {
    throw malformed(`it begins as JSON and is none: ${error.message}`)
  }
  const list = ['peers', 'nodes', 'endpoints'].find((name) => Object.hasOwn(room, name))
  if (list === undefined) throw malformed('the JSON has no peers, nodes or endpoints')
  const peers = checkList(room[list], list).map((peer, index) => {
    const name = `${list}[${index}]`
    if (peer === null || typeof peer !== 'object') throw malformed(`${name} is not an object`)
    return Object.hasOwn(peer, 'id') ? decodeEndpoint(peer, name) : decodeNode(peer, name)
  })
  return { topic: decodeTopic(room.topic), peers }
}

module.exports = { decodeJsonRoom, isJsonRoom }
