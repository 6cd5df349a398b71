// SPDX-License-Identifier: MIT
'use strict'

/** The socket gets at most this many bytes ahead; the rest waits here, where control frames can pass it. */
const MAX_IN_FLIGHT_BYTES = 64 * 1024
const MAX_CONTROL = 1024
const SEND_OPTIONS = { binary: true, compress: false }

/** A view of a much larger buffer keeps all of it: what has to wait gets its own memory. */
function detached(frame) {
  return frame.length * 2 < frame.buffer.byteLength ? Buffer.from(frame) : frame
}

/**
 * What goes to one client: datagram frames in order, bounded, and control frames, which pass them. What one turn of the
 * event loop sends leaves in one write.
 */
class Outbox {
  #ws
  #socket
  #limits
  #metrics
  #control = []
  #packets = []
  #packetBytes = 0
  #corked = false
  /** Frames given to the socket and not yet taken by the system. */
  pending = 0
  /** Frames the system took, ever. */
  completed = 0

  constructor(ws, socket, limits, metrics) {
    this.#ws = ws
    this.#socket = socket
    this.#limits = limits
    this.#metrics = metrics
  }

  sendControl(frame) {
    if (!this.#mustWait()) this.#write(frame)
    else if (this.#control.length < MAX_CONTROL) this.#control.push(frame)
    else this.#metrics.controlDropped++
  }

  /** Sends or queues a datagram frame, or drops it when the queue is full. Keeps the frame. */
  sendPacket(frame) {
    if (!this.#mustWait()) this.#write(frame)
    else if (this.#packets.length >= this.#limits.queueFrames || this.#packetBytes >= this.#limits.queueBytes) {
      this.#metrics.droppedQueueFull++
      return
    } else {
      this.#packets.push(detached(frame))
      this.#packetBytes += frame.length
    }
    this.#metrics.framesSent++
    this.#metrics.bytesSent += frame.length
  }

  #mustWait() {
    return this.#packets.length > 0 || this.#control.length > 0 || !this.#mayWrite()
  }

  #mayWrite() {
    return this.#socket.writableLength < MAX_IN_FLIGHT_BYTES
  }

  #write(frame) {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(this.#uncork)
    }
    this.pending++
    this.#ws.send(frame, SEND_OPTIONS, this.#onWritten)
  }

  #uncork = () => {
    this.#corked = false
    this.#socket.uncork()
  }

  #onWritten = () => {
    this.pending--
    this.completed++
    while (this.#control.length > 0 && this.#mayWrite()) this.#write(this.#control.shift())
    while (this.#packets.length > 0 && this.#mayWrite()) {
      const frame = this.#packets.shift()
      this.#packetBytes -= frame.length
      this.#write(frame)
    }
  }

  /** Forgets what waits. */
  clear() {
    this.#control = []
    this.#packets = []
    this.#packetBytes = 0
  }
}

module.exports = { Outbox }
