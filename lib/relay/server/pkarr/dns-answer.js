// SPDX-License-Identifier: MIT
'use strict'

const dnsPacket = require('dns-packet')
const { fromZ32, recordsOf } = require('../../../discovery/signed-packet')

const TTL_S = 30
/** What fits into any path's packet (DNS flag day 2020). */
const MAX_UDP_BYTES = 1232
const PLAIN_UDP_BYTES = 512
const HEADER_BYTES = 12
const QUERY_OPCODE = 0
const RCODE = Object.freeze({ NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 })

/** Of a query's header, as it was sent: its flags may be of any kind. */
function readHeader(query) {
  if (query.length < HEADER_BYTES) return null
  const flags = query.readUInt16BE(2)
  return {
    id: query.readUInt16BE(0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    rd: flags & 0x0100
  }
}

function decode(query) {
  try {
    return dnsPacket.decode(query)
  } catch {
    return null
  }
}

/** 'a._iroh.KEY.origin' without the origin and its dot; null: of another zone. */
function withoutOrigin(name, origin) {
  if (origin === null) return name
  return name.endsWith(`.${origin}`) ? name.slice(0, -origin.length - 1) : null
}

/** The texts under a name, 'unknown', or 'elsewhere' for a name of another zone. */
function lookUp(store, origin, name) {
  const inside = withoutOrigin(name, origin)
  if (inside === null) return name === origin ? [] : 'elsewhere'
  const [label, key] = inside.split('.')
  const nodeId = label === '_iroh' && key ? fromZ32(key) : null
  const isWhole = origin === null || inside.split('.').length === 2
  const known = nodeId && isWhole ? store.get(nodeId) : null
  if (!known) return 'unknown'
  try {
    return recordsOf(nodeId, known.dns)
  } catch {
    return 'unknown' // signed, but no DNS message
  }
}

/** Texts are cut into character strings, of which each has at most 255 bytes. */
function toAnswer(name, text) {
  const bytes = Buffer.from(text)
  const data = []
  for (let at = 0; at < bytes.length; at += 255) data.push(bytes.subarray(at, at + 255))
  return { type: 'TXT', name, ttl: TTL_S, data: data.length > 0 ? data : [Buffer.alloc(0)] }
}

function encode({ id, rd }, { rcode, questions = [], answers = [], hasOpt }, maxBytes) {
  const flags = dnsPacket.AUTHORITATIVE_ANSWER | rd | rcode
  const additionals = hasOpt ? [{ type: 'OPT', name: '.', udpPayloadSize: MAX_UDP_BYTES, flags: 0, options: [] }] : []
  const whole = dnsPacket.encode({ type: 'response', id, flags, questions, answers, additionals })
  if (whole.length <= maxBytes) return whole
  return dnsPacket.encode({ type: 'response', id, flags: flags | dnsPacket.TRUNCATED_RESPONSE, questions, additionals })
}

/**
 * Answers one DNS query (RFC 1035) from a store of signed packets: TXT records of `_iroh.<key>.<origin>`.
 * @param {import('./packet-store').PacketStore} store
 * @param {string | null} origin in lower case, without a dot at its end; null: any
 * @param {Buffer} query
 * @param {number} [maxBytes] of an answer; default: what the query says it takes, at most 1232
 * @returns {Buffer | null} null: no query, nothing is to be answered
 */
function answerDns(store, origin, query, maxBytes) {
  const header = readHeader(query)
  if (!header || header.isResponse) return null
  if (header.opcode !== QUERY_OPCODE) return encode(header, { rcode: RCODE.NOTIMP }, PLAIN_UDP_BYTES)
  const read = decode(query)
  if (read?.questions.length !== 1) return encode(header, { rcode: RCODE.FORMERR }, PLAIN_UDP_BYTES)
  const [question] = read.questions
  const opt = read.additionals.find(({ type }) => type === 'OPT')
  const room = maxBytes ?? Math.min(MAX_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, opt?.udpPayloadSize ?? 0))
  const found = lookUp(store, origin, question.name.toLowerCase())
  const said = { questions: [question], hasOpt: opt !== undefined }
  if (found === 'elsewhere') return encode(header, { ...said, rcode: RCODE.REFUSED }, room)
  if (found === 'unknown') return encode(header, { ...said, rcode: RCODE.NXDOMAIN }, room)
  const answers = question.type === 'TXT' ? found.map((text) => toAnswer(question.name, text)) : []
  return encode(header, { ...said, rcode: RCODE.NOERROR, answers }, room)
}

module.exports = { answerDns }
