// SPDX-License-Identifier: MIT
'use strict'

const NEWLINE = 0x0a
const RETURN = 0x0d

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A line of the input that cannot be used; the message says why. */
class LineError extends Error {}

/** @throws {LineError} */
function decode(bytes) {
  try {
    return utf8.decode(bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes)
  } catch {
    throw new LineError('not UTF-8')
  }
}

/**
 * The lines of a stream, which is read no faster than they are taken.
 * @param {AsyncIterable<Buffer>} stream
 * @param {number} max bytes of a line; of longer ones no more than this is held
 * @returns {AsyncGenerator<{ number: number, read: () => string }>} `read` throws LineError
 */
async function* readLines(stream, max) {
  let pieces = []
  let held = 0
  let number = 0
  const take = () => {
    const bytes = Buffer.concat(pieces)
    const isTooLong = held > max
    pieces = []
    held = 0
    number++
    return {
      number,
      read() {
        if (isTooLong) throw new LineError(`longer than ${max} bytes`)
        return decode(bytes)
      }
    }
  }
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); ; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end < 0 ? undefined : end)
      held += piece.length
      if (held > max) pieces = []
      else pieces.push(piece)
      if (end < 0) break
      yield take()
      start = end + 1
    }
  }
  if (held > 0) yield take()
}

module.exports = { LineError, readLines }
