// SPDX-License-Identifier: MIT
'use strict'

const { TYPE } = require('../../../dns/codes')
const { hexOfZ32, recordsOf } = require('../../../discovery/signed-packet')
const { MAX_UDP_BYTES, PLAIN_UDP_BYTES, RCODE, readQuery, soaRecord, txtRecord, writeAnswer } = require('./dns-message')

const QUERY_OPCODE = 0
/** As short as iroh's own records live: who moves is found again soon. */
const TTL_S = 30
const NEGATIVE_TTL_S = 5

/**
 * Splits a name at its zone.
 * @param {string[]} labels
 * @param {string[] | null} origin
 * @returns {{ inside: string[], zoneLabels: number } | null} null: it is of another zone
 */
function splitName(labels, origin) {
  if (origin === null) {
    const keyAt = labels.findIndex((label, index) => index < 2 && hexOfZ32(label) !== null)
    return keyAt < 0 ? { inside: labels, zoneLabels: 0 } : splitAt(labels, keyAt + 1)
  }
  const at = labels.length - origin.length
  return at >= 0 && origin.every((label, index) => label === labels[at + index]) ? splitAt(labels, at) : null
}

function splitAt(labels, at) {
  return { inside: labels.slice(0, at), zoneLabels: labels.length - at }
}

/** The texts of a packet; none if it is signed, but no DNS message. They are read once. */
function textsOf(nodeId, known) {
  if (!known.texts) {
    try {
      known.texts = recordsOf(nodeId, known.dns)
    } catch {
      known.texts = []
    }
  }
  return known.texts
}

/**
 * The texts of `_iroh.<key>` inside of a zone, none for the names above it, and null for a name there is not. Nothing else
 * of a packet is shown: whoever makes a key would have a web site below this zone.
 */
function lookUp(store, inside) {
  if (inside.length === 0) return []
  const nodeId = hexOfZ32(inside.at(-1))
  const known = nodeId && store.get(nodeId)
  if (!known) return null
  if (inside.length === 1) return []
  return inside.length === 2 && inside[0] === '_iroh' ? textsOf(nodeId, known) : null
}

function answerQuestion(store, origin, question) {
  const name = question.isInternet ? splitName(question.labels, origin) : null
  if (!name) return { rcode: RCODE.REFUSED }
  const texts = lookUp(store, name.inside)
  const soa = () => [soaRecord(question, name.zoneLabels, NEGATIVE_TTL_S)]
  const said = { rcode: texts ? RCODE.NOERROR : RCODE.NXDOMAIN, isAuthoritative: true }
  if (question.type === TYPE.SOA && name.inside.length === 0) return { ...said, answers: soa() }
  if (question.type !== TYPE.TXT || !texts?.length) return { ...said, authorities: soa() }
  return { ...said, answers: texts.map((text) => txtRecord(text, TTL_S)) }
}

/**
 * Answers one DNS query (RFC 1035) from a store of signed packets: TXT records of `_iroh.<key>.<origin>`.
 * @param {import('./packet-store').PacketStore} store
 * @param {string[] | null} origin the zone's labels in lower case; null: any
 * @param {Buffer} bytes
 * @param {number} [maxBytes] of an answer; default: what the query says it takes, 512 to 1232. A longer one is left out,
 *   and the asker told to ask over TCP
 * @returns {Buffer | null} null: no query, nothing is to be answered
 */
function answerDns(store, origin, bytes, maxBytes) {
  const query = readQuery(bytes)
  if (!query) return null
  const { opcode, question, edns } = query
  const room = maxBytes ?? Math.min(MAX_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, edns?.udpBytes ?? 0))
  if (opcode !== QUERY_OPCODE) return writeAnswer(query, { rcode: RCODE.NOTIMP }, room)
  if (!question) return writeAnswer(query, { rcode: RCODE.FORMERR }, room)
  if (edns && edns.version > 0) return writeAnswer(query, { rcode: RCODE.BADVERS }, room)
  return writeAnswer(query, answerQuestion(store, origin, question), room)
}

module.exports = { answerDns }
