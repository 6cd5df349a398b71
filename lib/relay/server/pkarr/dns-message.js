// SPDX-License-Identifier: MIT
'use strict'

// DNS messages (RFC 1035) as a server reads and writes them. The bytes of a question go back as they came: names may hold
// any bytes, and some resolvers check that the case of each letter is kept.

const { CLASS_IN, FLAG, HEADER_BYTES, TYPE } = require('../../../dns/codes')
const { DnsFormatError, countsOf, readName } = require('../../../dns/reader')
const { pointerTo, uint16s, writeMessage, writeRecord, writeText } = require('../../../dns/writer')

const RCODE = Object.freeze({ NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 })
/** What a message over UDP may have unless the query says more (RFC 1035, 4.2.1). */
const PLAIN_UDP_BYTES = 512
/** What fits into any path's packet (DNS flag day 2020). */
const MAX_UDP_BYTES = 1232

/** The name of the question, or null. It comes first: there is nothing before it that it could point to. */
function readQuestionName(bytes) {
  try {
    return readName(bytes, HEADER_BYTES)
  } catch (error) {
    if (error instanceof DnsFormatError) return null
    throw error
  }
}

/** The first EDNS record (RFC 6891) of a query's additional records, which begin at `start`. */
function readEdns(bytes, start, count) {
  let at = start
  for (let left = count; left > 0 && bytes[at] === 0 && at + 11 <= bytes.length; left--) {
    if (bytes.readUInt16BE(at + 1) === TYPE.OPT) {
      return { udpBytes: bytes.readUInt16BE(at + 3), version: bytes[at + 6] }
    }
    at += 11 + bytes.readUInt16BE(at + 9)
  }
  return null
}

/**
 * Reads a query.
 * @param {Buffer} bytes
 * @returns {{ id: number, opcode: number, recursionDesired: boolean, question: { labels: string[], type: number,
 *   isInternet: boolean, bytes: Buffer } | null, edns: { udpBytes: number, version: number } | null } | null} null: it is
 *   no query. question: null if there is not just one, well-formed; its labels are in lower case
 */
function readQuery(bytes) {
  if (bytes.length < HEADER_BYTES) return null
  const flags = bytes.readUInt16BE(2)
  if (flags & FLAG.RESPONSE) return null
  const [questions, answers, authorities, additionals] = countsOf(bytes)
  const about = {
    id: bytes.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & FLAG.RECURSION_DESIRED) !== 0
  }
  const name = questions === 1 && answers === 0 && authorities === 0 ? readQuestionName(bytes) : null
  if (!name || name.end + 4 > bytes.length) return { ...about, question: null, edns: null }
  const end = name.end + 4
  const question = {
    labels: name.labels,
    type: bytes.readUInt16BE(name.end),
    isInternet: bytes.readUInt16BE(name.end + 2) === CLASS_IN,
    bytes: bytes.subarray(HEADER_BYTES, end)
  }
  return { ...about, question, edns: readEdns(bytes, end, additionals) }
}

/** A TXT record of the name that was asked for. */
function txtRecord(text, ttl) {
  return writeRecord(pointerTo(HEADER_BYTES), TYPE.TXT, ttl, writeText(text))
}

/** Start of authority: of it, resolvers use how long they may believe that there is nothing (RFC 2308). */
function soaRecord({ labels }, zoneLabels, ttl) {
  const within = labels.slice(0, labels.length - zoneLabels)
  const zoneAt = HEADER_BYTES + within.reduce((sum, label) => sum + 1 + label.length, 0)
  const zone = pointerTo(zoneAt)
  const mailbox = Buffer.concat([Buffer.from('\x0ahostmaster', 'latin1'), zone])
  const [serial, refresh, retry, expire] = [1, 3600, 600, 86_400]
  const times = Buffer.alloc(20)
  for (const [index, value] of [serial, refresh, retry, expire, ttl].entries()) times.writeUInt32BE(value, 4 * index)
  return writeRecord(zone, TYPE.SOA, ttl, zone, mailbox, times)
}

function optRecord(rcode) {
  return Buffer.concat([Buffer.alloc(1), uint16s(TYPE.OPT, MAX_UDP_BYTES, (rcode >> 4) << 8, 0, 0)])
}

/**
 * Writes the answer to a query; if it is too long, without records, and it says so.
 * @param {object} query of readQuery()
 * @param {{ rcode: number, answers?: Buffer[], authorities?: Buffer[], isAuthoritative?: boolean }} said records of
 *   txtRecord() and soaRecord()
 * @param {number} maxBytes without records it is as long as the query, or shorter
 * @returns {Buffer}
 */
function writeAnswer(query, { rcode, answers = [], authorities = [], isAuthoritative = false }, maxBytes) {
  const { id, opcode, recursionDesired, question, edns } = query
  const flags =
    FLAG.RESPONSE |
    (opcode << 11) |
    (isAuthoritative ? FLAG.AUTHORITATIVE : 0) |
    (recursionDesired ? FLAG.RECURSION_DESIRED : 0) |
    (rcode & 15)
  const questions = question ? [question.bytes] : []
  const additionals = edns ? [optRecord(rcode)] : []
  const whole = writeMessage({ id, flags, questions, answers, authorities, additionals })
  if (whole.length <= maxBytes) return whole
  return writeMessage({ id, flags: flags | FLAG.TRUNCATED, questions, additionals })
}

module.exports = { MAX_UDP_BYTES, PLAIN_UDP_BYTES, RCODE, readQuery, soaRecord, txtRecord, writeAnswer }
