// SPDX-License-Identifier: MIT
'use strict'

const { dispatch } = require('../codec')
const { open } = require('./number0-iroh')

const HEADER_BYTES = 4

/** One write an envelope. */
class PlainWriter {
  #frames = []
  /** Bytes waiting. */
  length = 0

  add(envelope) {
    const json = Buffer.from(JSON.stringify(envelope))
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(json.length)
    this.#frames.push(Buffer.concat([header, json]))
    this.length += HEADER_BYTES + json.length
  }

  next() {
    const frame = this.#frames.shift()
    this.length -= frame.length
    return frame
  }
}

/** Two reads an envelope: its length, then as many bytes. */
async function readExactly(recv, target) {
  for (;;) {
    const header = Buffer.from(await recv.readExact(HEADER_BYTES))
    const json = Buffer.from(await recv.readExact(header.readUInt32BE()))
    dispatch(target, json.toString())
  }
}

/** @number0/iroh as its examples use it. */
module.exports = { open: () => open({ read: readExactly, Writer: PlainWriter }) }
