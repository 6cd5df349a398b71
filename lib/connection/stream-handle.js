// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { Event } = require('../core/events')
const { check, errorFrom } = require('../base/errors')

/**
 * One stream of the core and its two halves. Events go to whoever has taken a half; the handle is released once both
 * halves are done, so that a long-lived connection does not gather old streams.
 *
 * A taker of the sending half has onWritable(), onFinished(), onStopped(code) and onLost(error); one of the receiving half
 * has onReadable(), onFrames(text), onFrameError(error, goesOn), onEnd(), onReset(code) and onLost(error).
 */
class StreamHandle {
  #core
  #sender
  #receiver
  #sends
  #receives
  #onReleased
  #released = false
  /** What can be told only once, for those who take a half after it was: [method, argument]. */
  #sendingOver = null
  #receivingOver = null
  #loss = null

  /**
   * @param {import('../core/core').Core} core
   * @param {object} connection the Connection it belongs to
   * @param {number} handle
   * @param {number} id the QUIC stream id
   * @param {{ sends: boolean, receives: boolean, onReleased: (stream: StreamHandle) => void }} about
   */
  constructor(core, connection, handle, id, { sends, receives, onReleased }) {
    this.#core = core
    this.connection = connection
    this.handle = handle
    this.id = id
    this.#sends = sends
    this.#receives = receives
    this.#onReleased = onReleased
    core.addStream(handle, this)
  }

  get sendLowWater() {
    return this.#core.sendLowWater
  }

  get maxSendBuffer() {
    return this.#core.maxSendBuffer
  }

  get maxSendFrame() {
    return this.#core.maxSendFrame
  }

  /** A taker that comes late hears in a later turn how the half has ended. @returns what had it before */
  takeSender(taker) {
    const before = this.#sender
    this.#sender = taker
    tellLater(taker, this.#loss ?? this.#sendingOver)
    return before
  }

  takeReceiver(taker) {
    const before = this.#receiver
    this.#receiver = taker
    tellLater(taker, this.#loss ?? this.#receivingOver)
    return before
  }

  /** Calls a function of the binding on this stream; what it answers may be a negative error number. */
  tryCall(name, ...args) {
    return binding[name](this.#core.handle, this.handle, ...args)
  }

  /** The same; throws an IrohError instead. */
  call(name, ...args) {
    return check(this.tryCall(name, ...args), { peer: this.connection.remoteNodeId() })
  }

  error(number, about) {
    return errorFrom(number, { peer: this.connection.remoteNodeId(), ...about })
  }

  /** Nothing more is sent, or to be heard about what was. */
  doneSending() {
    this.#sends = false
    this.#releaseIfDone()
  }

  /** Nothing more is received. */
  doneReceiving() {
    this.#receives = false
    this.#releaseIfDone()
  }

  /** The connection is over; the core has dropped the handle or will after this batch. */
  lost(error) {
    if (this.#released) return
    this.#released = true
    this.#loss = ['onLost', error]
    if (this.#receives) this.#receiver?.onLost(error)
    if (this.#sends) this.#sender?.onLost(error)
    this.#core.removeStream(this.handle)
  }

  onEvent(kind, number, error, data) {
    switch (kind) {
      case Event.FRAMES:
        this.#receiver?.onFrames(data)
        break
      case Event.READABLE:
        this.#receiver?.onReadable()
        break
      case Event.WRITABLE:
        this.#sender?.onWritable()
        break
      case Event.FRAME_ERROR:
        this.#receiver?.onFrameError(this.error(error), number === 1)
        break
      case Event.END:
        this.#receiver?.onEnd()
        break
      case Event.RESET:
        this.#receivingOver = ['onReset', number]
        this.#receiver?.onReset(number)
        break
      case Event.FINISHED:
        this.#sendingOver = ['onFinished']
        this.#sender?.onFinished()
        break
      case Event.STOPPED:
        this.#sendingOver = ['onStopped', number]
        this.#sender?.onStopped(number)
        break
    }
  }

  #releaseIfDone() {
    if (this.#released || this.#sends || this.#receives) return
    this.#released = true
    this.#core.removeStream(this.handle)
    this.#onReleased(this)
    this.tryCall('streamRelease')
  }
}

function tellLater(taker, ending) {
  if (ending) setImmediate(() => taker[ending[0]](ending[1]))
}

module.exports = { StreamHandle }
