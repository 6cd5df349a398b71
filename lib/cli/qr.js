// SPDX-License-Identifier: MIT
'use strict'

const { renderUnicodeCompact } = require('uqr')

/** Bytes of a QR code of version 40 with the least error correction (ISO/IEC 18004, table 7). */
const MAX_BYTES = 2953
/** Bright on black, so that dark and light are what they are on any terminal. */
const [COLOURS, RESET] = ['\u001b[97;40m', '\u001b[0m']

/**
 * A QR code for the terminal.
 * @param {string} text
 * @param {boolean} isTerminal whether colours are shown
 * @returns {string} lines, or why there is none
 */
function qrText(text, isTerminal) {
  if (Buffer.byteLength(text) > MAX_BYTES) return `(a QR code holds ${MAX_BYTES} bytes, and the ticket is longer)`
  const lines = renderUnicodeCompact(text, { ecc: 'L', border: 2 }).split('\n')
  return lines.map((line) => (isTerminal ? COLOURS + line + RESET : line)).join('\n')
}

module.exports = { qrText }
