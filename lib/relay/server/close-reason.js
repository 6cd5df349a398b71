// SPDX-License-Identifier: MIT
'use strict'

/** Why the relay ends a connection, as the WebSocket close frame says it: [code, reason] (RFC 6455, section 7.4.1). */
const CloseReason = Object.freeze({
  DENIED: [1008, 'denied'],
  BAD_FRAME: [1002, 'bad frame'],
  REPLACED: [1008, 'too many connections with this id'],
  SHUTDOWN: [1001, 'the relay is going away']
})

module.exports = { CloseReason }
