// SPDX-License-Identifier: MIT
'use strict'

const { ALONE, CHUNK, MARK } = require('../event-target/frame-text')

/** A text that was cut off has left less than a character's room. */
const MAX_CHARACTER = 4
/** The largest has room for every batch that is ASCII; half of the smallest is the least that is put into one. */
const SIZES = [8 * 1024, 16 * 1024, CHUNK + ALONE + MARK.length + MAX_CHARACTER]
/** More of a size are not kept for later. */
const MAX_SPARE = 64

/** @type {Map<number, ArrayBuffer[]>} */
const spare = new Map(SIZES.map((size) => [size, []]))

/**
 * Puts a text where the garbage collector need not copy it: what lives long makes V8 take more memory for what does not,
 * more than a processor's cache has.
 * @param {string} text
 * @returns {Buffer | null} its UTF-8, to be given back; null: it is too short or too long
 */
function putIntoChunk(text) {
  if (text.length < SIZES[0] / 2) return null
  for (const size of SIZES) {
    const chunk = text.length <= size - MAX_CHARACTER && tryChunk(text, size)
    if (chunk) return chunk
  }
  return null
}

function tryChunk(text, size) {
  const buffer = spare.get(size).pop() ?? new ArrayBuffer(size)
  const length = Buffer.from(buffer).write(text)
  const chunk = Buffer.from(buffer, 0, length)
  if (length <= size - MAX_CHARACTER) return chunk
  giveBackChunk(chunk)
  return null
}

/** Nobody looks into it any more. @param {Buffer} chunk */
function giveBackChunk({ buffer }) {
  const others = spare.get(buffer.byteLength)
  if (others.length < MAX_SPARE) others.push(buffer)
}

module.exports = { giveBackChunk, putIntoChunk }
