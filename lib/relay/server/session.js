// SPDX-License-Identifier: MIT
'use strict'

const crypto = require('node:crypto')
const { performance } = require('node:perf_hooks')
const protocol = require('../protocol')
const { CloseReason } = require('./close-reason')
const { Outbox } = require('./outbox')
const { TokenBucket } = require('../../base/token-bucket')

const { BATCH_HEADER, DATAGRAM_HEADER, FrameType, ID_BYTES, MAX_SEND_FRAME, Status } = protocol
const ID_AT = 1
const ID_END = ID_AT + ID_BYTES
/** From SEND to RECV, from SEND_BATCH to RECV_BATCH. */
const SEND_TO_RECV = FrameType.RECV - FrameType.SEND
const REFILL_MS = 100
const MIN_PONG_TIMEOUT_MS = 500

const HEALTHY_AGAIN = 'The connection is healthy and has recovered from previous problems'
const REPLACED = 'Another endpoint connected with the same endpoint id. No more messages will be received.'

/** One authenticated client: takes its frames, and sends it what others send to its NodeId. */
class Session {
  #ws
  #version
  #registry
  #limits
  #metrics
  #onEnd
  #outbox
  #node
  #ended = false
  /** The node this client sent to last: most send to the same one again. */
  #lastPeer = null
  #lastId = Buffer.alloc(ID_BYTES)
  #bucket = null
  #resumeTimer = null
  #toldOfLimit = false
  // Silence and stalled writes, on the clock of the server's sweeps.
  #frames = 0
  #framesSeen = 0
  #heardAt
  #pingAfterMs
  #ping = null
  #rttMs = Number.POSITIVE_INFINITY
  #writtenSeen = 0
  #writtenAt

  /**
   * @param {{ ws: import('ws').WebSocket, socket: import('node:net').Socket, nodeId: string, version: 1 | 2 }} client
   * @param {{ registry: object, queues: object, limits: object, metrics: object, clock: number, onEnd: (session: Session) => void }} relay
   */
  constructor({ ws, socket, nodeId, version }, { registry, queues, limits, metrics, clock, onEnd }) {
    this.nodeId = nodeId
    this.id = Buffer.from(nodeId, 'hex')
    this.#ws = ws
    this.#version = version
    this.#registry = registry
    this.#limits = limits
    this.#metrics = metrics
    this.#onEnd = onEnd
    this.#outbox = new Outbox(ws, socket, { limits, metrics, queues })
    this.#heardAt = clock
    this.#writtenAt = clock
    this.#drawPingTime()
    if (limits.bytesPerSecond > 0) {
      this.#bucket = new TokenBucket(limits.bytesPerSecond, limits.burstBytes)
      socket.on('data', this.#onBytes)
    }
    ws.on('message', this.#onMessage)
    ws.on('error', () => this.end(CloseReason.BAD_FRAME)) // WebSocket rules broken
    ws.on('close', () => this.#finish())
  }

  /** Confirms the client and makes it reachable. */
  open() {
    this.#outbox.sendControl(protocol.encodeConfirm())
    this.#node = this.#registry.add(this)
  }

  /** Sends a datagram frame whose id is its sender's. */
  deliver(frame) {
    this.#outbox.sendPacket(frame)
  }

  /** Another connection with this NodeId took over. */
  replaced() {
    this.#tell(Status.REPLACED, REPLACED)
  }

  /** The other connection went, and this one is active again. */
  promoted() {
    this.#tell(Status.HEALTHY, HEALTHY_AGAIN)
  }

  /** A node that had sent to this one left. */
  gone(id) {
    this.#metrics.goneSent++
    this.#outbox.sendControl(protocol.encodeGone(id))
  }

  restarting(reconnectInMs, tryForMs) {
    this.#outbox.sendControl(protocol.encodeRestarting(reconnectInMs, tryForMs))
  }

  /** Ends the session with a closing handshake. @param {[number, string]} reason of CloseReason */
  end([code, text]) {
    if (this.#ended) return
    if (code === CloseReason.BAD_FRAME[0]) this.#metrics.badFrames++
    this.#finish()
    this.#ws.close(code, text)
  }

  /** Ends the session at once. */
  terminate() {
    this.#finish()
    this.#ws.terminate()
  }

  /** Looks after silence and stalled writes. @param {number} clock in ms; it advances with the sweeps */
  sweep(clock) {
    if (this.#outbox.pending === 0 || this.#outbox.completed !== this.#writtenSeen) {
      this.#writtenSeen = this.#outbox.completed
      this.#writtenAt = clock
    } else if (clock - this.#writtenAt >= this.#limits.writeTimeoutMs) {
      this.#metrics.writeTimeouts++
      this.terminate()
      return
    }
    if (this.#frames !== this.#framesSeen || this.#resumeTimer) {
      this.#framesSeen = this.#frames
      this.#heardAt = clock
      this.#ping = null
    } else if (this.#ping) {
      if (clock < this.#ping.deadline) return
      this.#metrics.clientsSilent++
      this.terminate()
    } else if (clock - this.#heardAt >= this.#pingAfterMs) this.#sendPing(clock)
  }

  #sendPing(clock) {
    const timeout = Math.min(Math.max(3 * this.#rttMs, MIN_PONG_TIMEOUT_MS), this.#limits.pongTimeoutMs)
    const data = crypto.randomBytes(protocol.PING_BYTES)
    this.#ping = { data, deadline: clock + timeout, sentAt: performance.now() }
    this.#drawPingTime()
    this.#metrics.pingsSent++
    this.#outbox.sendControl(protocol.encodePing(data))
  }

  /** At random, so that not all clients are pinged at once. */
  #drawPingTime() {
    this.#pingAfterMs = this.#limits.pingAfterMs * (16 / 15 + Math.random() * (4 / 15))
  }

  #tell(status, problem) {
    this.#outbox.sendControl(this.#version === 1 ? protocol.encodeHealth(problem) : protocol.encodeStatus(status))
  }

  #onMessage = (frame, isBinary) => {
    if (!isBinary || this.#ended) return
    this.#frames++
    const type = frame[0]
    if (type === FrameType.SEND && frame.length > DATAGRAM_HEADER) this.#forward(frame)
    else if (type === FrameType.SEND_BATCH && frame.length > BATCH_HEADER) this.#forward(frame)
    else this.#onControl(frame)
  }

  /** Makes the frame its receiver's in place: the bytes are not copied. */
  #forward(frame) {
    this.#metrics.framesReceived++
    this.#metrics.bytesReceived += frame.length
    const peer = this.#peerOf(frame)
    if (!peer) {
      this.#metrics.droppedUnknown++
      return
    }
    if (frame.length > MAX_SEND_FRAME) {
      this.#metrics.droppedTooLong++
      return
    }
    frame[0] += SEND_TO_RECV
    frame.set(this.id, ID_AT)
    peer.active.deliver(frame)
  }

  #peerOf(frame) {
    if (this.#lastPeer?.active && this.#lastId.compare(frame, ID_AT, ID_END) === 0) return this.#lastPeer
    const peer = this.#registry.find(frame, ID_AT, ID_END)
    if (!peer) return null
    this.#registry.link(this.#node, peer)
    this.#lastPeer = peer
    frame.copy(this.#lastId, 0, ID_AT, ID_END)
    return peer
  }

  #onControl(bytes) {
    try {
      const frame = protocol.decodeFromClient(bytes)
      if (frame.type === FrameType.PING) {
        this.#metrics.pingsReceived++
        this.#outbox.sendControl(protocol.encodePong(frame.data))
      } else if (this.#ping?.data.equals(frame.data)) this.#rttMs = performance.now() - this.#ping.sentAt
    } catch {
      this.end(CloseReason.BAD_FRAME)
    }
  }

  /** Too many bytes are not read until they are due; none is dropped. */
  #onBytes = (chunk) => {
    const waitMs = this.#bucket.take(chunk.length)
    if (waitMs === 0 || this.#resumeTimer) return
    this.#metrics.rateLimited++
    this.#ws.pause()
    this.#resumeTimer = setTimeout(this.#onRefilled, Math.ceil(waitMs / REFILL_MS) * REFILL_MS)
    if (this.#toldOfLimit || this.#version === 1) return
    this.#toldOfLimit = true
    this.#outbox.sendControl(protocol.encodeStatus(Status.RATE_LIMITED))
  }

  #onRefilled = () => {
    this.#resumeTimer = null
    this.#ws.resume()
  }

  #finish() {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#resumeTimer)
    if (this.#resumeTimer) this.#ws.resume() // to see it close
    this.#outbox.clear()
    this.#registry.remove(this, this.#node)
    this.#onEnd(this)
  }
}

module.exports = { Session }
