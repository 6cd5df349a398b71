// SPDX-License-Identifier: MIT
'use strict'

const { Duplex } = require('node:stream')
const { RecvStream } = require('./recv-stream')
const { SendStream } = require('./send-stream')
const { invalid } = require('../base/errors')

/** A node:stream over both halves. Destroying it resets the one and stops the other. */
class IrohDuplex extends Duplex {
  #send
  #recv

  constructor(send, recv) {
    super({ allowHalfOpen: true })
    this.#send = send
    this.#recv = recv
  }

  _read(size) {
    this.#recv.read(size).then(
      (chunk) => this.push(chunk),
      (error) => this.destroy(error)
    )
  }

  _write(chunk, _encoding, done) {
    this.#send.writeAll(chunk).then(() => done(), done)
  }

  _final(done) {
    this.#send.finish().then(() => done(), done)
  }

  _destroy(error, done) {
    if (!this.writableFinished) this.#send.reset()
    this.#recv.stop()
    done(error)
  }
}

/**
 * A node:stream Duplex over a bidirectional stream.
 * @param {{ send: SendStream, recv: RecvStream }} stream
 * @returns {Duplex}
 */
function toDuplex({ send, recv } = {}) {
  if (!(send instanceof SendStream && recv instanceof RecvStream)) throw invalid('toDuplex takes { send, recv }')
  return new IrohDuplex(send, recv)
}

module.exports = { toDuplex }
