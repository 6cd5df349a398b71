// SPDX-License-Identifier: MIT
'use strict'

const { ALONE, CHUNK } = require('../event-target/frame-text')

/** Room for the text of a full batch; one that is not ASCII may not fit. */
const LENGTH = CHUNK + ALONE
/** More are not kept for later. */
const MAX_SPARE = 64
/** A text that was cut off has left less than a character's room. */
const MAX_CHARACTER = 4

const spare = []

/**
 * Puts a text where the garbage collector need not copy it: what lives long makes it take more memory for what does not,
 * more than a processor's cache has.
 * @returns {Buffer | null} its UTF-8, to be given back; null: it is too long
 */
function putIntoChunk(text) {
  const chunk = spare.pop() ?? Buffer.allocUnsafeSlow(LENGTH)
  const length = chunk.write(text)
  if (length <= LENGTH - MAX_CHARACTER) return chunk.subarray(0, length)
  giveBackChunk(chunk)
  return null
}

/** Nobody looks into it any more. @param {Buffer} bytes */
function giveBackChunk({ buffer }) {
  if (spare.length < MAX_SPARE) spare.push(Buffer.from(buffer))
}

module.exports = { giveBackChunk, putIntoChunk }
