// SPDX-License-Identifier: MIT
'use strict'

// Writes DNS messages (RFC 1035): names, questions and records as bytes, and messages of them.

const { CLASS_IN, POINTER } = require('./codes')

const MAX_STRING_BYTES = 255

function uint16s(...values) {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index)
  return bytes
}

/** A name in full. @param {string} name labels of 1 to 63 bytes of ASCII, with dots between them */
function writeName(name) {
  const labels = name.split('.').flatMap((label) => [Buffer.of(label.length), Buffer.from(label, 'latin1')])
  return Buffer.concat([...labels, Buffer.alloc(1)])
}

/** A name, or its end, that stands in the message already (RFC 1035, section 4.1.4). @param {number} at */
function pointerTo(at) {
  return uint16s(POINTER | at)
}

/** @param {Buffer} name of writeName() @param {number} type */
function writeQuestion(name, type) {
  return Buffer.concat([name, uint16s(type, CLASS_IN)])
}

/**
 * A record.
 * @param {Buffer} owner of writeName() or pointerTo()
 * @param {number} type
 * @param {number} ttl seconds, below 65,536
 * @param {...Buffer} data
 */
function writeRecord(owner, type, ttl, ...data) {
  const length = data.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([owner, uint16s(type, CLASS_IN, 0, ttl, length), ...data])
}

/** What a TXT record holds: a text, cut into character strings of at most 255 bytes. @returns {Buffer} */
function writeText(text) {
  const bytes = Buffer.from(text)
  const strings = []
  for (let at = 0; at === 0 || at < bytes.length; at += MAX_STRING_BYTES) {
    const part = bytes.subarray(at, at + MAX_STRING_BYTES)
    strings.push(Buffer.of(part.length), part)
  }
  return Buffer.concat(strings)
}

/**
 * A message.
 * @param {{ id?: number, flags?: number, questions?: Buffer[], answers?: Buffer[], authorities?: Buffer[],
 *   additionals?: Buffer[] }} message
 * @returns {Buffer}
 */
function writeMessage({ id = 0, flags = 0, questions = [], answers = [], authorities = [], additionals = [] }) {
  const sections = [questions, answers, authorities, additionals]
  return Buffer.concat([uint16s(id, flags, ...sections.map(({ length }) => length)), ...sections.flat()])
}

module.exports = { pointerTo, uint16s, writeMessage, writeName, writeQuestion, writeRecord, writeText }
