// SPDX-License-Identifier: MIT
'use strict'

// DNS messages (RFC 1035) as a server reads and writes them. The bytes of a question go back as they came: names may hold
// any bytes, and some resolvers check that the case of each letter is kept.

const HEADER_BYTES = 12
const TYPE = Object.freeze({ SOA: 6, TXT: 16, OPT: 41 })
const CLASS_IN = 1
const RCODE = Object.freeze({ NOERROR: 0, FORMERR: 1, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 })
const FLAG = Object.freeze({ RESPONSE: 0x8000, AUTHORITATIVE: 0x0400, TRUNCATED: 0x0200, RECURSION_DESIRED: 0x0100 })
const MAX_NAME_BYTES = 255
const MAX_LABEL_BYTES = 63
const POINTER = 0xc000
/** What a message over UDP may have unless the query says more (RFC 1035, 4.2.1). */
const PLAIN_UDP_BYTES = 512
/** What fits into any path's packet (DNS flag day 2020). */
const MAX_UDP_BYTES = 1232

/**
 * A name without pointers: in a query there is nothing to point at.
 * @returns {{ labels: string[], end: number } | null}
 */
function readName(bytes, start) {
  const labels = []
  let at = start
  for (;;) {
    const length = bytes[at++]
    if (length === 0) return { labels, end: at }
    if (length === undefined || length > MAX_LABEL_BYTES) return null
    if (at + length >= Math.min(bytes.length, start + MAX_NAME_BYTES)) return null
    labels.push(bytes.toString('latin1', at, at + length).toLowerCase())
    at += length
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
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at))
  const about = {
    id: bytes.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & FLAG.RECURSION_DESIRED) !== 0
  }
  const name = questions === 1 && answers === 0 && authorities === 0 ? readName(bytes, HEADER_BYTES) : null
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

function uint16s(...values) {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index)
  return bytes
}

/** A record; its owner is a name that stands in the message already. */
function record(ownerAt, type, ttl, ...data) {
  const length = data.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([uint16s(POINTER | ownerAt, type, CLASS_IN, 0, ttl, length), ...data])
}

/** Texts are cut into character strings, of which each has at most 255 bytes. */
function txtRecord(text, ttl) {
  const bytes = Buffer.from(text)
  const strings = []
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255)
    strings.push(Buffer.from([part.length]), part)
  }
  return record(HEADER_BYTES, TYPE.TXT, ttl, ...strings)
}

/** Start of authority: of it, resolvers use how long they may believe that there is nothing (RFC 2308). */
function soaRecord({ labels }, zoneLabels, ttl) {
  const within = labels.slice(0, labels.length - zoneLabels)
  const zoneAt = HEADER_BYTES + within.reduce((sum, label) => sum + 1 + label.length, 0)
  const zone = uint16s(POINTER | zoneAt)
  const mailbox = Buffer.concat([Buffer.from('\x0ahostmaster', 'latin1'), zone])
  const [serial, refresh, retry, expire] = [1, 3600, 600, 86_400]
  const times = Buffer.alloc(20)
  for (const [index, value] of [serial, refresh, retry, expire, ttl].entries()) times.writeUInt32BE(value, 4 * index)
  return record(zoneAt, TYPE.SOA, ttl, zone, mailbox, times)
}

function optRecord(rcode) {
  return Buffer.concat([Buffer.alloc(1), uint16s(TYPE.OPT, MAX_UDP_BYTES, (rcode >> 4) << 8, 0, 0)])
}

/**
 * Writes the answer to a query; if it is too long, without records, and it says so.
 * @param {object} query of readQuery()
 * @param {{ rcode: number, answers?: Buffer[], authorities?: Buffer[], isAuthoritative?: boolean }} said records of
 *   txtRecord() and soaRecord()
 * @param {number} maxBytes at least 512
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
  const additionals = edns ? [optRecord(rcode)] : []
  const put = (extra, ...sections) => {
    const counts = [question ? 1 : 0, ...sections.map(({ length }) => length)]
    return Buffer.concat([
      uint16s(id, flags | extra, ...counts),
      question?.bytes ?? Buffer.alloc(0),
      ...sections.flat()
    ])
  }
  const whole = put(0, answers, authorities, additionals)
  return whole.length <= maxBytes ? whole : put(FLAG.TRUNCATED, [], [], additionals)
}

module.exports = { MAX_UDP_BYTES, PLAIN_UDP_BYTES, RCODE, TYPE, readQuery, soaRecord, txtRecord, writeAnswer }
