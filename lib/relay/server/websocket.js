// SPDX-License-Identifier: MIT
'use strict'

const http = require('node:http')
const { Receiver, WebSocket } = require('ws')
const { unmask } = require('./unmask')

/** Below this `ws` is as fast. */
const MIN_BYTES = 32
const NO_MASK = Buffer.alloc(4)

/** What of `ws`, whose version is fixed, has to be there; otherwise it unmasks by itself. */
const INTERNALS = ['_masked', '_payloadLength', '_bufferedBytes', '_buffers', '_mask', 'consume', 'getData']

/** Newer versions of Node bring what `ws` unmasks fast with. */
function isSlow(receiver) {
  return http.websocketUnmask === undefined && INTERNALS.every((name) => name in receiver)
}

/** Takes the mask off before `ws` does, which passes over a mask of zeros. */
function getData(callback) {
  if (this._masked && this._payloadLength >= MIN_BYTES && this._bufferedBytes >= this._payloadLength) {
    const bytes = this.consume(this._payloadLength)
    unmask(bytes, this._mask)
    this._mask = NO_MASK
    this._buffers.unshift(bytes)
    this._bufferedBytes += bytes.length
  }
  Receiver.prototype.getData.call(this, callback)
}

/**
 * A WebSocket of a server that takes masks off fast. Byte by byte, as `ws` does it in plain JavaScript, this is more than
 * half of what forwarding costs.
 */
class RelayWebSocket extends WebSocket {
  setSocket(socket, head, options) {
    super.setSocket(socket, head, options)
    if (isSlow(this._receiver)) this._receiver.getData = getData
  }

  /** Whether masks are taken off here and not by `ws`. */
  get unmasksHere() {
    return this._receiver.getData === getData
  }
}

module.exports = { RelayWebSocket }
