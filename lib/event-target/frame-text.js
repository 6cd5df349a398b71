// SPDX-License-Identifier: MIT
'use strict'

/** What is before each frame's JSON in a text of frames: the core makes the length of these. JSON has no raw newline. */
const MARK = '\n\n\n\n'
/** From this many characters on, a text of frames goes to the core before the turn ends. */
const CHUNK = 24 * 1024
/** From this many characters on, a JSON text is not joined with others: that would copy it once more. */
const ALONE = 8 * 1024

/** Whether it is a text of frames, and not the JSON of one. */
function isFrames(text) {
  return text.startsWith(MARK)
}

/** The JSON of each frame; a text that is the JSON of one is that. */
function splitFrames(text) {
  return isFrames(text) ? text.slice(MARK.length).split(MARK) : [text]
}

module.exports = { ALONE, CHUNK, MARK, isFrames, splitFrames }
