// SPDX-License-Identifier: MIT
'use strict'

// Control characters (C0, DEL, C1), format characters (bidi controls, zero-width ones, tags), line and paragraph separators,
// halves of surrogate pairs, and whatever else is drawn as nothing: they move the cursor, forge lines, or hide.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu

/** What most texts are. */
const PLAIN = /^[ -~]*$/

/** As JSON has it: one escape for each UTF-16 unit. */
function escaped(character) {
  let text = ''
  for (let at = 0; at < character.length; at++) text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
  return text
}

/**
 * A text that others had a hand in, fit for a terminal or a log: it stays in its line, and shows what it is. What would
 * not be seen, or would do something, is written as in JSON, \u001b.
 * @param {unknown} text
 * @returns {string}
 */
function printable(text) {
  const words = String(text)
  return PLAIN.test(words) ? words : words.replace(HIDDEN, escaped)
}

/** Of what a server or a peer said, in an error. */
const MAX_SAID = 300

/** What others said, fit to be seen and not longer than people read. @param {unknown} text */
function brief(text, max = MAX_SAID) {
  const words = String(text)
  return printable(words.length > max ? `${words.slice(0, max)}…` : words)
}

/**
 * A value as a line of JSON that is as fit to be seen, and parses to the same.
 * @param {unknown} value what JSON can hold
 * @returns {string}
 */
function printableJson(value) {
  return printable(JSON.stringify(value))
}

/** A value whose texts, however deep, are all fit to be printed. */
function printableTexts(value) {
  if (typeof value === 'string') return printable(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(printableTexts)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printableTexts(inner)]))
}

module.exports = { brief, printable, printableJson, printableTexts }
