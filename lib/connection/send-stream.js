// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger, toBytes } = require('../base/check')
const { deferred, quietDeferred } = require('../base/deferred')
const { IrohError } = require('../base/errors')
const { kBusy, kStream } = require('../base/symbols')

const PRIORITY = 2 ** 31

/** The sending half of a stream. */
class SendStream {
  #stream
  #error = null
  #writer = null
  /** Told to #outcome, once stopped() was called: most programs never do. */
  #verdict = null
  #outcome = null
  #over = false
  #writable

  /** @private */
  constructor(stream) {
    this.#stream = stream
    stream.takeSender(this)
  }

  get [kBusy]() {
    return Boolean(this.#writer)
  }

  /** @private */
  get [kStream]() {
    return this.#stream
  }

  /** The QUIC stream id. */
  get id() {
    return this.#stream.id
  }

  /**
   * Sends bytes. Waits while the send buffer is full.
   * @param {Uint8Array | string} bytes copied before it resolves; a string is sent as UTF-8
   * @returns {Promise<number>} how many bytes were taken, at least one
   * @throws {IrohError} ERR_IROH_STREAM_STOPPED, _STREAM_FINISHED, _BUSY, or why the connection ended
   */
  async write(bytes) {
    const data = toBytes(bytes)
    if (this.#writer) throw new IrohError('ERR_IROH_BUSY')
    for (;;) {
      if (this.#error) throw this.#error
      const taken = this.#stream.call('streamWrite', data)
      if (taken > 0 || data.length === 0) return taken
      await this.#room()
    }
  }

  /** Sends all the bytes; see write(). */
  async writeAll(bytes) {
    let left = toBytes(bytes)
    do left = left.subarray(await this.write(left))
    while (left.length > 0)
  }

  /** Ends the stream after what was written. Resolves at once: stopped() tells when all of it was acknowledged. */
  async finish() {
    if (this.#error) throw this.#error
    this.#stream.call('streamFinish')
    this.#error = new IrohError('ERR_IROH_STREAM_FINISHED')
  }

  /** Ends the stream at once with an application error code; what is unsent is dropped. */
  reset(code = 0) {
    checkInteger(code, 'code')
    if (this.#over) return
    this.#stream.call('streamReset', code)
    this.#end(new IrohError('ERR_IROH_STREAM_FINISHED', { detail: 'it was reset by this side' }))
    this.#decide((outcome) => outcome.resolve(null))
  }

  /**
   * Resolves with null once everything and the end was acknowledged (or this side reset the stream), or with the peer's
   * code if it stopped reading. Rejects with why the connection ended, if it ends before.
   * @returns {Promise<number | null>}
   */
  stopped() {
    if (!this.#outcome) {
      this.#outcome = quietDeferred()
      this.#verdict?.(this.#outcome)
    }
    return this.#outcome.promise
  }

  /** Streams of a higher priority send first; the default is 0. */
  setPriority(priority) {
    checkInteger(priority, 'priority', { min: -PRIORITY, max: PRIORITY - 1 })
    if (!this.#over) this.#stream.call('streamSetPriority', priority)
  }

  /** The same as a WHATWG WritableStream of bytes. */
  get writable() {
    this.#writable ??= new WritableStream({
      write: (chunk) => this.writeAll(chunk),
      close: () => this.finish(),
      abort: () => this.reset()
    })
    return this.#writable
  }

  /** @private */
  onWritable() {
    this.#writer?.resolve()
    this.#writer = null
  }

  /** @private */
  onFinished() {
    this.#end(this.#error)
    this.#decide((outcome) => outcome.resolve(null))
  }

  /** @private */
  onStopped(code) {
    this.#end(
      new IrohError('ERR_IROH_STREAM_STOPPED', { quicError: code, peer: this.#stream.connection.remoteNodeId() })
    )
    this.#decide((outcome) => outcome.resolve(code))
  }

  /** @private */
  onLost(error) {
    this.#end(error)
    this.#decide((outcome) => outcome.reject(error))
  }

  #room() {
    this.#writer = deferred()
    return this.#writer.promise
  }

  #decide(verdict) {
    if (this.#verdict) return
    this.#verdict = verdict
    if (this.#outcome) verdict(this.#outcome)
  }

  #end(error) {
    if (this.#over) return
    this.#over = true
    this.#error = error
    this.#writer?.reject(error)
    this.#writer = null
    this.#stream.doneSending()
  }
}

module.exports = { SendStream }
