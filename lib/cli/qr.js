// SPDX-License-Identifier: MIT
'use strict'

const { renderUnicodeCompact } = require('uqr')

/** Bytes of a QR code of version 40 with the least error correction (ISO/IEC 18004, table 7). */
const MAX_BYTES = 2953
/** Bright on black, so that dark and light are what they are on any terminal. */
const [COLOURS, RESET] = ['\u001b[97;40m', '\u001b[0m']

/**
 * A QR code as text. Without colours it is drawn as print is: dark on light.
 * @param {string} text
 * @param {boolean} hasColours whether who shows it shows colours
 * @returns {string} lines, or why there is none
 */
function qrText(text, hasColours) {
  if (Buffer.byteLength(text) > MAX_BYTES) return `(a QR code holds ${MAX_BYTES} bytes, and the ticket is longer)`
  const lines = renderUnicodeCompact(text, { ecc: 'L', border: 2, invert: !hasColours }).split('\n')
  return lines.map((line) => (hasColours ? COLOURS + line + RESET : line)).join('\n')
}

/** Whether a stream shows colours: a terminal does, and a pager if FORCE_COLOR says so, as for Node itself. */
function showsColours({ isTTY }) {
  return isTTY === true || ['', '1', 'true', '2', '3'].includes(process.env.FORCE_COLOR)
}

module.exports = { qrText, showsColours }
