// SPDX-License-Identifier: MIT
'use strict'

const net = require('node:net')
const { Patience } = require('../../../base/patience')
const { TcpSeats } = require('./tcp-seats')

/** A client has so long for its questions. */
const TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 256
const MAX_CONNECTIONS_PER_IP = 16
const MAX_QUERY_BYTES = 4096
const MAX_ANSWER_BYTES = 65535

/** Takes the whole messages off the front of what has come. @param {Buffer} bytes @returns {[Buffer[], Buffer]} and the rest */
function split(bytes) {
  const messages = []
  let at = 0
  while (bytes.length - at >= 2) {
    const length = bytes.readUInt16BE(at)
    if (bytes.length - at - 2 < length) break
    messages.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return [messages, bytes.subarray(at)]
}

/**
 * A TCP server of DNS (RFC 7766): each message behind its length. A client that sends nonsense, too much at once, or
 * does not read is left.
 * @param {(query: Buffer, maxBytes: number) => Buffer | null} answer
 * @param {(address: string) => boolean} allows whether a sender may be answered once more
 * @returns {net.Server} not listening yet
 */
function dnsOverTcp(answer, allows) {
  const seats = new TcpSeats(MAX_CONNECTIONS_PER_IP, MAX_CONNECTIONS)
  return net.createServer((socket) => {
    let rest = Buffer.alloc(0)
    socket.on('error', () => {})
    if (!seats.take(socket)) return
    const patience = new Patience(TIMEOUT_MS, () => socket.destroy())
    socket.once('close', () => patience.stop())
    socket.on('data', (bytes) => {
      const [messages, left] = split(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]))
      rest = left
      for (const message of messages) {
        const reply = allows(socket.remoteAddress) ? answer(message, MAX_ANSWER_BYTES) : null
        if (!reply || socket.writableLength > MAX_ANSWER_BYTES) {
          socket.destroy()
          return
        }
        const length = Buffer.alloc(2)
        length.writeUInt16BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      }
      if (rest.length > MAX_QUERY_BYTES) socket.destroy()
    })
  })
}

module.exports = { dnsOverTcp, split }
