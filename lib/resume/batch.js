// SPDX-License-Identifier: MIT
'use strict'

const { MARK, isFrames, splitFrames } = require('../event-target/frame-text')
const { giveBackChunk, putIntoChunk } = require('./chunks')

/**
 * Events that were sent one after another, and are kept, stored and transmitted together.
 * @typedef {object} Batch
 * @property {number} first the number of the first of them
 * @property {number} last
 * @property {number} size characters of JSON
 * @property {string | Buffer} content a text of frames, see frame-text.js, or its UTF-8; or the JSON of one long event
 */

/** @param {number} first @param {number} count @param {string} text of so many frames @returns {Batch} */
function framesBatch(first, count, text) {
  const size = text.length - count * MARK.length
  return { first, last: first + count - 1, size, content: putIntoChunk(text) ?? text }
}

/** @returns {Batch} */
function longBatch(number, json) {
  return { first: number, last: number, size: json.length, content: json }
}

/** A batch of which the text was kept. @returns {Batch} */
function readBatch(first, text) {
  return isFrames(text) ? framesBatch(first, splitFrames(text).length, text) : longBatch(first, text)
}

/** Its text, which outlives it. @param {Batch} batch @returns {string} */
function textOf({ content }) {
  return typeof content === 'string' ? content : content.toString()
}

/** The JSON of its events from number `first` to `last`. @param {Batch} batch @returns {string[]} */
function eventsOf(batch, first = batch.first, last = batch.last) {
  const text = textOf(batch)
  const events = isFrames(text) ? splitFrames(text) : [text]
  return events.slice(Math.max(first - batch.first, 0), Math.max(last - batch.first + 1, 0))
}

/** The batch without the events before number `first`. @param {Batch} batch @returns {Batch} */
function batchFrom(batch, first) {
  const events = eventsOf(batch, first)
  return framesBatch(first, events.length, MARK + events.join(MARK))
}

/** Nobody looks at it any more. @param {Batch} batch */
function releaseBatch({ content }) {
  if (typeof content !== 'string') giveBackChunk(content)
}

module.exports = { batchFrom, eventsOf, framesBatch, longBatch, readBatch, releaseBatch, textOf }
