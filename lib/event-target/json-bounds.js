// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

/** How deep arrays and objects of an envelope may nest, the envelope counted; the default of `maxDepth`. */
const MAX_DEPTH = 256
const FORBIDDEN_KEY = '__proto__'
const BACKSLASH = 0x5c
const [QUOTE, BRACE, END_BRACE, BRACKET, END_BRACKET] = Buffer.from('"{}[]')

/**
 * Refuses what every receiver refuses, before it is sent. The texts of ordinary events cost a search or three: none of fewer
 * characters, or fewer brackets, nests too deep, and what holds no such word has no such key.
 * @param {string} json as JSON.stringify() writes it
 * @param {number} maxDepth
 * @throws {IrohError} ERR_IROH_TOO_DEEP, ERR_IROH_FORBIDDEN_KEY
 */
function checkAccepted(json, maxDepth) {
  if (json.length > 2 * maxDepth && opensMore(json, maxDepth) && nestsDeeper(json, maxDepth)) throw tooDeep(maxDepth)
  if (json.includes(FORBIDDEN_KEY) && hasForbiddenKey(json)) throw new IrohError('ERR_IROH_FORBIDDEN_KEY')
}

/** @returns {IrohError} */
function tooDeep(maxDepth, cause) {
  return new IrohError('ERR_IROH_TOO_DEEP', { detail: `at most ${maxDepth}`, cause })
}

/** Whether there are more than `max` opening brackets, be it in strings. */
function opensMore(json, max) {
  let count = 0
  for (const bracket of ['{', '[']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) if (++count > max) return true
  }
  return false
}

function nestsDeeper(json, max) {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at)
    if (character === QUOTE) at = endOfString(json, at)
    else if (character === BRACE || character === BRACKET) {
      if (++depth > max) return true
    } else if (character === END_BRACE || character === END_BRACKET) depth--
  }
  return false
}

/** Where the quote is that ends the string which begins at `start`. */
function endOfString(json, start) {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end
}

/** Whether an odd number of backslashes is in front of it. */
function isEscaped(json, at) {
  let first = at
  while (json.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

function hasForbiddenKey(json) {
  let isFound = false
  JSON.parse(json, (key, value) => {
    isFound ||= key === FORBIDDEN_KEY
    return value
  })
  return isFound
}

module.exports = { MAX_DEPTH, checkAccepted, tooDeep }
