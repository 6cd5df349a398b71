// SPDX-License-Identifier: MIT
'use strict'

// A relay client that costs the load generator next to nothing: ready-made bytes go out, and of what comes in only the
// frames are counted. WebSocket frames: RFC 6455, section 5.

const crypto = require('node:crypto')
const net = require('node:net')
const { SecretKey } = require('../..')
const { sleep } = require('../meter')
const { signChallenge } = require('../../lib/relay/auth')
const { FrameType, SUBPROTOCOLS, decodeRelayHandshake, encodeAuth, encodeSend } = require('../../lib/relay/protocol')

const BINARY = 0x82
const MASKED = 0x80
const LENGTH_16 = 126
const MASK_BYTES = 4
const KNOWN_AFTER_MS = 50
const HEAD_END = '\r\n\r\n'
/** What is read is looked at before anything else is read, so that one buffer does for all. */
const READ_BUFFER = Buffer.alloc(256 * 1024)

/** One binary message as a client sends it. The mask is random: servers may pass over one that is zero. */
function clientMessage(content) {
  const long = content.length >= LENGTH_16
  const header = Buffer.alloc(long ? 4 : 2)
  header[0] = BINARY
  header[1] = MASKED | (long ? LENGTH_16 : content.length)
  if (long) header.writeUInt16BE(content.length, 2)
  const mask = crypto.randomBytes(MASK_BYTES)
  const masked = content.map((byte, at) => byte ^ mask[at % MASK_BYTES])
  return Buffer.concat([header, mask, masked])
}

/**
 * The bytes of several messages for one receiver, to be written again and again.
 * @param {Buffer} id the receiver's
 * @param {{ payloadBytes: number, segmentSize: number }} about
 * @param {number} count
 */
function messagesFor(id, { payloadBytes, segmentSize }, count) {
  const message = () => clientMessage(encodeSend({ id, segmentSize, payload: crypto.randomBytes(payloadBytes) }))
  return Buffer.concat(Array.from({ length: count }, message))
}

/** One authenticated connection. */
class LoadClient {
  #socket
  #secretKey = SecretKey.generate()
  #begun = Buffer.alloc(0)
  #isUp = false
  #settle
  // The frame that is coming in.
  #left = 0
  #isDatagram = false

  /** Datagram frames received. */
  received = 0
  /** Called for each. */
  onDatagram = () => {}

  /** @param {string} url http */
  static open(url) {
    return new Promise((resolve, reject) => new LoadClient(new URL(url), resolve, reject))
  }

  /** @private use LoadClient.open() */
  constructor({ hostname, port, host }, resolve, reject) {
    this.id = Buffer.from(this.#secretKey.nodeId(), 'hex')
    this.#settle = resolve
    const onread = { buffer: READ_BUFFER, callback: (length) => this.#onBytes(length) }
    this.#socket = net.connect({ host: hostname, port, noDelay: true, onread })
    this.#socket.on('error', reject)
    this.#socket.on('close', () => reject(new Error('the relay closed the connection')))
    this.#socket.write(
      `GET /relay HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Protocol: ${SUBPROTOCOLS[0]}\r\n\r\n`
    )
  }

  /** @param {Buffer} bytes of messagesFor() */
  write(bytes) {
    this.#socket.write(bytes)
  }

  /** Resolves once the socket is gone. */
  close() {
    return new Promise((resolve) => {
      this.#socket.once('close', resolve)
      this.#socket.destroy()
    })
  }

  #onBytes(length) {
    if (this.#isUp) this.#count(READ_BUFFER.subarray(0, length))
    else this.#shakeHands(Buffer.concat([this.#begun, READ_BUFFER.subarray(0, length)]))
  }

  #shakeHands(bytes) {
    let at = 0
    if (bytes[0] !== BINARY) {
      const head = bytes.indexOf(HEAD_END)
      at = head < 0 ? bytes.length + 1 : head + HEAD_END.length
    }
    this.#begun = bytes
    for (; at + 2 <= bytes.length && !this.#isUp; this.#begun = bytes.subarray(at)) {
      const end = at + 2 + bytes[at + 1]
      if (end > bytes.length) break
      this.#onHandshake(decodeRelayHandshake(bytes.subarray(at + 2, end)))
      at = end
    }
  }

  #onHandshake(frame) {
    if (frame.type === FrameType.CHALLENGE) {
      this.write(clientMessage(encodeAuth(this.id, signChallenge(this.#secretKey, frame.challenge))))
    } else if (frame.type === FrameType.CONFIRM) {
      this.#isUp = true
      this.#settle(this)
    } else this.#socket.destroy(new Error(frame.reason))
  }

  #count(chunk) {
    let bytes = chunk
    if (this.#begun.length > 0) {
      bytes = Buffer.concat([this.#begun, chunk])
      this.#begun = Buffer.alloc(0)
    }
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === 0) {
        const long = bytes[at + 1] === LENGTH_16
        const body = at + (long ? 4 : 2)
        if (body >= bytes.length) {
          this.#begun = Buffer.from(bytes.subarray(at))
          return
        }
        this.#left = long ? bytes.readUInt16BE(at + 2) : bytes[at + 1]
        this.#isDatagram = bytes[body] === FrameType.RECV || bytes[body] === FrameType.RECV_BATCH
        at = body
      }
      const taken = Math.min(this.#left, bytes.length - at)
      at += taken
      this.#left -= taken
      if (this.#left === 0 && this.#isDatagram) {
        this.received++
        this.onDatagram()
      }
    }
  }
}

/**
 * Two clients, of which one can be sent to: a relay of several threads may confirm a client before it finds it.
 * @param {string} url
 */
async function openPair(url) {
  const pair = { sender: await LoadClient.open(url), receiver: await LoadClient.open(url) }
  await sleep(KNOWN_AFTER_MS)
  return pair
}

module.exports = { LoadClient, messagesFor, openPair }
