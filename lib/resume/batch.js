// SPDX-License-Identifier: MIT
'use strict'

const { MARK, isFrames, splitFrames } = require('../event-target/frame-text')
const { giveBackChunk, putIntoChunk } = require('./chunks')

/**
 * Events that were sent one after another, and are stored, transmitted and forgotten together.
 * @typedef {object} Batch
 * @property {number} first the number of the first of them
 * @property {number} last
 * @property {number} size characters of JSON
 * @property {string[] | string | Buffer} content the JSON of each, as all have it who were sent the same; a text of frames,
 *   see frame-text.js, or of a single event its JSON; a text of frames in UTF-8
 */

/** @param {number} first @param {string[]} events the JSON of each @returns {Batch} */
function batchOf(first, events) {
  const size = events.reduce((sum, { length }) => sum + length, 0)
  return { first, last: first + events.length - 1, size, content: events }
}

/** A batch of which the text was kept. @returns {Batch} */
function readBatch(first, text) {
  return { ...batchOf(first, splitFrames(text)), content: text }
}

/** Its text, which outlives it: of frames, or of a single event its JSON. @param {Batch} batch @returns {string} */
function textOf({ content }) {
  if (!Array.isArray(content)) return content.toString()
  return content.length === 1 ? content[0] : MARK + content.join(MARK)
}

/** The JSON of its events from number `first` to `last`. @param {Batch} batch @returns {string[]} */
function eventsOf(batch, first = batch.first, last = batch.last) {
  const events = Array.isArray(batch.content) ? batch.content : splitFrames(textOf(batch))
  return events.slice(Math.max(first - batch.first, 0), Math.max(last - batch.first + 1, 0))
}

/** What of it goes to a channel. It is kept so from now on: outside of the heap if it is long. @param {Batch} batch */
function packBatch(batch) {
  if (Array.isArray(batch.content)) {
    const text = textOf(batch)
    batch.content = (isFrames(text) && putIntoChunk(text)) || text
  }
  return batch.content
}

/** Nobody looks at it any more. @param {Batch} batch */
function releaseBatch({ content }) {
  if (Buffer.isBuffer(content)) giveBackChunk(content)
}

module.exports = { batchOf, eventsOf, packBatch, readBatch, releaseBatch, textOf }
