// SPDX-License-Identifier: MIT
'use strict'

const { senderOf } = require('../../base/senders')

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
 * event loop sends leaves in one write. All that waits, in the socket too, counts into the queues of the relay; when those
 * are full the newest frame is dropped.
 */
class Outbox {
  #ws
  #socket
  #limits
  #metrics
  #queues
  #sender
  #control = []
  #controlBytes = 0
  /** Given to the socket and not yet taken by the system. */
  #inFlightBytes = 0
  #cleared = false
  #packets = []
  #packetBytes = 0
  #corked = false
  /** Frames given to the socket and not yet taken by the system. */
  pending = 0
  /** Frames the system took, ever. */
  completed = 0

  constructor(ws, socket, { limits, metrics, queues }) {
    this.#ws = ws
    this.#socket = socket
    this.#limits = limits
    this.#metrics = metrics
    this.#queues = queues
    this.#sender = senderOf(socket.remoteAddress)
  }

  sendControl(frame) {
    if (this.#cleared) return
    if (this.#control.length >= MAX_CONTROL || !this.#queues.admitsControl(frame.length)) {
      this.#metrics.controlDropped++
      return
    }
    if (!this.#mustWait()) {
      this.#write(frame)
      return
    }
    this.#control.push(frame)
    this.#controlBytes += frame.length
    this.#queues.add(this.#sender, frame.length)
  }

  /** Sends or queues a datagram frame, or drops it when the queue is full. Keeps the frame. */
  sendPacket(frame) {
    const isFull = this.#packets.length >= this.#limits.queueFrames || this.#packetBytes >= this.#limits.queueBytes
    const waits = this.#mustWait()
    if ((waits && isFull) || this.#cleared || !this.#queues.admits(this.#sender, frame.length)) {
      this.#metrics.droppedQueueFull++
      return
    }
    if (!waits) this.#write(frame)
    else {
      this.#packets.push(detached(frame))
      this.#packetBytes += frame.length
      this.#queues.add(this.#sender, frame.length)
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
    this.#inFlightBytes += frame.length
    this.#queues.add(this.#sender, frame.length)
    this.#ws.send(frame, SEND_OPTIONS, this.#onWritten)
  }

  #uncork = () => {
    this.#corked = false
    this.#socket.uncork()
  }

  #onWritten = () => {
    this.pending--
    this.completed++
    if (this.#cleared) return
    const inFlight = Math.min(this.#inFlightBytes, this.#socket.writableLength)
    this.#queues.add(this.#sender, inFlight - this.#inFlightBytes)
    this.#inFlightBytes = inFlight
    while (this.#control.length > 0 && this.#mayWrite()) {
      const frame = this.#control.shift()
      this.#controlBytes -= frame.length
      this.#queues.add(this.#sender, -frame.length)
      this.#write(frame)
    }
    while (this.#packets.length > 0 && this.#mayWrite()) {
      const frame = this.#packets.shift()
      this.#packetBytes -= frame.length
      this.#queues.add(this.#sender, -frame.length)
      this.#write(frame)
    }
  }

  /** Forgets what waits, for good. */
  clear() {
    this.#cleared = true
    this.#queues.add(this.#sender, -(this.#controlBytes + this.#packetBytes + this.#inFlightBytes))
    this.#control = []
    this.#packets = []
    this.#controlBytes = this.#packetBytes = this.#inFlightBytes = 0
  }
}

module.exports = { Outbox }
