// SPDX-License-Identifier: MIT
'use strict'

const { checkInteger } = require('../base/check')
const { EMPTY, END } = require('../core/events')
const { deferred } = require('../base/deferred')
const { IrohError, errorCode } = require('../base/errors')
const { kBusy, kStream } = require('../base/symbols')

const DEFAULT_READ = 64 * 1024

/** The receiving half of a stream. */
class RecvStream {
  #stream
  #reading = false
  #waiter = null
  #left = []
  #ended = false
  #error = null
  #resetCode
  #readable

  /** @private */
  constructor(stream) {
    this.#stream = stream
    stream.takeReceiver(this)
  }

  get [kBusy]() {
    return this.#reading
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
   * The next bytes, as many as there are.
   * @param {number} [max] at most so many; default 65536
   * @returns {Promise<Buffer | null>} null at the end
   * @throws {IrohError} ERR_IROH_STREAM_RESET, _BUSY while another read waits, or why the connection ended
   */
  read(max = DEFAULT_READ) {
    return this.#exclusive(() => this.#next(checkInteger(max, 'max', { min: 1 })))
  }

  /**
   * Exactly `length` bytes.
   * @throws {IrohError} ERR_IROH_UNEXPECTED_END if the stream ends first; else as read()
   */
  readExact(length) {
    return this.#exclusive(async () => {
      const chunks = []
      for (let missing = checkInteger(length, 'length'); missing > 0; ) {
        const chunk = await this.#next(missing)
        if (chunk === null)
          throw new IrohError('ERR_IROH_UNEXPECTED_END', { detail: `${missing} of ${length} bytes missing` })
        chunks.push(chunk)
        missing -= chunk.length
      }
      return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    })
  }

  /**
   * Everything up to the end.
   * @param {number} max
   * @throws {IrohError} ERR_IROH_TOO_LONG if there are more than `max` bytes (the stream is stopped); else as read()
   */
  readToEnd(max) {
    return this.#exclusive(async () => {
      checkInteger(max, 'max')
      const chunks = []
      let total = 0
      for (;;) {
        const chunk = await this.#next(DEFAULT_READ)
        if (chunk === null) return Buffer.concat(chunks)
        total += chunk.length
        if (total > max) {
          this.stop()
          throw new IrohError('ERR_IROH_TOO_LONG', { detail: `max is ${max}` })
        }
        chunks.push(chunk)
      }
    })
  }

  /** Tells the peer to stop sending; what has arrived is dropped, and reading gives the end. */
  stop(code = 0) {
    checkInteger(code, 'code')
    this.#left = []
    if (this.#ended || this.#error) return
    this.#stream.call('streamStop', code)
    this.#end()
  }

  /** Yields chunks up to the end. Leaving the loop early stops the stream. */
  async *[Symbol.asyncIterator]() {
    try {
      for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk
    } finally {
      this.stop()
    }
  }

  /** The same as a WHATWG ReadableStream of bytes. */
  get readable() {
    this.#readable ??= new ReadableStream(
      {
        pull: async (controller) => {
          const chunk = await this.read()
          if (chunk === null) controller.close()
          else controller.enqueue(chunk)
        },
        cancel: () => this.stop()
      },
      { highWaterMark: 0 }
    )
    return this.#readable
  }

  /** @private */
  onReadable() {
    this.#wake()
  }

  /** @private */
  onReset(code) {
    this.#resetCode = code
    this.#wake()
  }

  /** @private the connection is over: what arrived is kept, so that it is read before the error. */
  onLost(error) {
    for (;;) {
      const result = this.#stream.tryCall('streamRead', Number.MAX_SAFE_INTEGER)
      if (typeof result !== 'number') this.#left.push(result)
      else if (result === END) return this.#end()
      else
        return this.#fail(result === EMPTY || errorCode(result) === 'ERR_IROH_CLOSED' ? error : this.#readError(result))
    }
  }

  async #exclusive(read) {
    if (this.#reading) throw new IrohError('ERR_IROH_BUSY')
    this.#reading = true
    try {
      return await read()
    } finally {
      this.#reading = false
    }
  }

  async #next(max) {
    for (;;) {
      if (this.#left.length > 0) return this.#takeLeft(max)
      if (this.#ended) return null
      if (this.#error) throw this.#error
      const result = this.#stream.tryCall('streamRead', max)
      if (typeof result !== 'number') return result
      if (result === END) this.#end()
      else if (result === EMPTY) await this.#arrival()
      else this.#fail(this.#readError(result))
    }
  }

  #takeLeft(max) {
    const [first] = this.#left
    if (first.length <= max) return this.#left.shift()
    this.#left[0] = first.subarray(max)
    return first.subarray(0, max)
  }

  #readError(number) {
    return this.#stream.error(number, { quicError: this.#resetCode })
  }

  #arrival() {
    this.#waiter = deferred()
    return this.#waiter.promise
  }

  #wake() {
    this.#waiter?.resolve()
    this.#waiter = null
  }

  #end() {
    this.#ended = true
    this.#wake()
    this.#stream.doneReceiving()
  }

  #fail(error) {
    this.#error = error
    this.#wake()
    this.#stream.doneReceiving()
  }
}

module.exports = { RecvStream }
