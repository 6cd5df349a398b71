// SPDX-License-Identifier: MIT
'use strict'

// Reads DNS messages (RFC 1035) that anybody may have written, in time and memory linear in their length:
// - The header's counts are compared with the length first: a question takes 5 bytes at least, a record 11.
// - Records are found by one walk that passes over every byte once. What a record holds is read when it is asked for, and
//   never beyond its own bytes.
// - Names alone may stand for more than their own bytes, by pointers. A pointer leads strictly backwards, and all names
//   that are read of one message together have a budget in proportion to its length.

const { addressText } = require('../base/ip-bytes')
const { FLAG, HEADER_BYTES, MAX_LABEL_BYTES, MAX_NAME_BYTES, POINTER } = require('./codes')

const MIN_QUESTION_BYTES = 5
const MIN_RECORD_BYTES = 11
/** The name budget for each byte of a message. Records of iroh that point to their owner's name take up to 7. */
const NAME_BUDGET = 16
const SRV_HEADER_BYTES = 6
const ADDRESS_BYTES = new Set([4, 16])

/** A message that cannot be read; the text says why. */
class DnsFormatError extends Error {}

function fail(detail) {
  throw new DnsFormatError(detail)
}

/**
 * Reads a name.
 * @param {Buffer} bytes of a whole message
 * @param {number} start where the name begins
 * @returns {{ labels: string[], end: number, cost: number }} labels: their bytes as latin1, in lower case; end: behind the
 *   name; cost: bytes and pointers that were looked at
 * @throws {DnsFormatError}
 */
function readName(bytes, start) {
  const labels = []
  let end = null
  let at = start
  let lowest = start
  let size = 1
  let cost = 1
  for (;;) {
    const length = bytes[at]
    if (length === undefined) fail('a name goes on beyond the end')
    if (length === 0) return { labels, end: end ?? at + 1, cost }
    if (length <= MAX_LABEL_BYTES) {
      const next = at + 1 + length
      size += 1 + length
      if (size > MAX_NAME_BYTES) fail('a name is too long')
      if (next > bytes.length) fail('a name goes on beyond the end')
      labels.push(bytes.latin1Slice(at + 1, next).toLowerCase())
      cost += 1 + length
      at = next
    } else {
      if (length < POINTER >> 8 || at + 2 > bytes.length) fail('a name has a label of no known kind')
      const target = bytes.readUInt16BE(at) & ~POINTER
      if (target >= lowest || target < HEADER_BYTES) fail('a name points to where no earlier name can be')
      end ??= at + 2
      lowest = target
      at = target
      cost++
    }
  }
}

/** Where a name ends, without looking at what it points to. */
function skipName(bytes, start) {
  let at = start
  for (;;) {
    const length = bytes[at]
    if (length === undefined) fail('a name goes on beyond the end')
    if (length === 0) return at + 1
    if (length > MAX_LABEL_BYTES) {
      if (length < POINTER >> 8 || at + 2 > bytes.length) fail('a name has a label of no known kind')
      return at + 2
    }
    at += 1 + length
  }
}

/** Reads the names of one message, as long as its budget lasts. */
class Names {
  #bytes
  #left

  constructor(bytes) {
    this.#bytes = bytes
    this.#left = NAME_BUDGET * bytes.length
  }

  get bytes() {
    return this.#bytes
  }

  /**
   * A name as text, in lower case. A dot or a backslash within a label has a backslash before it.
   * @param {number} start
   * @param {number} [end] where the bytes of what it belongs to end
   */
  read(start, end = this.#bytes.length) {
    const name = readName(this.#bytes, start)
    this.#left -= name.cost
    if (this.#left < 0) fail('its names stand for too much')
    if (name.end > end) fail('a name goes on beyond its record')
    return name.labels.map((label) => label.replace(/[.\\]/g, '\\$&')).join('.')
  }
}

/** A question, or what a record is about. Its name is read when it is asked for, and that may throw DnsFormatError. */
class DnsQuestion {
  #names
  #at
  #name
  type

  constructor(names, at, type) {
    this.#names = names
    this.#at = at
    this.type = type
  }

  get name() {
    this.#name ??= this.#names.read(this.#at)
    return this.#name
  }
}

/**
 * A record. Which of its contents there is follows from its type, which the caller looks at first; all of them throw
 * DnsFormatError when it is not there.
 */
class DnsRecord extends DnsQuestion {
  #names
  #start
  #end
  #service

  constructor(names, at, type, start, end) {
    super(names, at, type)
    this.#names = names
    this.#start = start
    this.#end = end
  }

  /** Of TXT: its character strings, but for empty ones. @returns {Buffer[]} */
  get strings() {
    const { bytes } = this.#names
    const strings = []
    let at = this.#start
    while (at < this.#end) {
      const next = at + 1 + bytes[at]
      if (next > this.#end) fail('a text goes on beyond its record')
      if (next > at + 1) strings.push(bytes.subarray(at + 1, next))
      at = next
    }
    return strings
  }

  /** Of TXT: its character strings as one text (RFC 7208 does so, and iroh's DNS records). */
  get text() {
    return Buffer.concat(this.strings).toString()
  }

  /** Of A and AAAA: the IP address. */
  get address() {
    if (!ADDRESS_BYTES.has(this.#end - this.#start)) fail('an address of neither 4 nor 16 bytes')
    return addressText(this.#names.bytes.subarray(this.#start, this.#end))
  }

  /** Of SRV: { port, target }. */
  get service() {
    this.#service ??= this.#readService()
    return this.#service
  }

  #readService() {
    if (this.#end - this.#start <= SRV_HEADER_BYTES) fail('a service without a target')
    const target = this.#names.read(this.#start + SRV_HEADER_BYTES, this.#end)
    return { port: this.#names.bytes.readUInt16BE(this.#start + 4), target }
  }
}

function readQuestions(names, count, start) {
  const { bytes } = names
  const questions = []
  let at = start
  for (let left = count; left > 0; left--) {
    const end = skipName(bytes, at)
    if (end + 4 > bytes.length) fail('it is cut short')
    questions.push(new DnsQuestion(names, at, bytes.readUInt16BE(end)))
    at = end + 4
  }
  return [questions, at]
}

function readRecords(names, count, start) {
  const { bytes } = names
  const records = []
  let at = start
  for (let left = count; left > 0; left--) {
    const head = skipName(bytes, at)
    const data = head + 10
    if (data > bytes.length) fail('it is cut short')
    const end = data + bytes.readUInt16BE(head + 8)
    if (end > bytes.length) fail('a record goes on beyond the end')
    records.push(new DnsRecord(names, at, bytes.readUInt16BE(head), data, end))
    at = end
  }
  return [records, at]
}

/**
 * The questions and records that a header promises: [questions, answers, authorities, additionals].
 * @param {Buffer} bytes at least 12
 */
function countsOf(bytes) {
  return [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at))
}

/**
 * Reads a message. Bytes behind its last record are ignored.
 * @param {Buffer} bytes which the result refers to
 * @returns {{ isResponse: boolean, questions: DnsQuestion[], answers: DnsRecord[], authorities: DnsRecord[],
 *   additionals: DnsRecord[] }}
 * @throws {DnsFormatError}
 */
function readMessage(bytes) {
  if (bytes.length < HEADER_BYTES) fail('it is shorter than a header')
  const [questionCount, ...counts] = countsOf(bytes)
  const recordCount = counts.reduce((sum, count) => sum + count)
  if (questionCount * MIN_QUESTION_BYTES + recordCount * MIN_RECORD_BYTES > bytes.length - HEADER_BYTES) {
    fail('it promises more than it has')
  }
  const names = new Names(bytes)
  let [questions, at] = readQuestions(names, questionCount, HEADER_BYTES)
  const sections = counts.map((count) => {
    const [records, end] = readRecords(names, count, at)
    at = end
    return records
  })
  const [answers, authorities, additionals] = sections
  return { isResponse: (bytes.readUInt16BE(2) & FLAG.RESPONSE) !== 0, questions, answers, authorities, additionals }
}

module.exports = { DnsFormatError, countsOf, readMessage, readName }
