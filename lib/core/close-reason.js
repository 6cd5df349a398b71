// SPDX-License-Identifier: MIT
'use strict'

const { CLOSE_KINDS } = require('./events')
const { bySystem, errorCode, errorFrom } = require('../base/errors')

/**
 * Codes this package closes connections and streams with on its own account. Connections: an application error code of
 * CONNECTION_CLOSE; streams: the code of RESET_STREAM and STOP_SENDING (RFC 9000, section 20.2).
 */
const CloseCode = Object.freeze({
  /** All is well. */
  NORMAL: 0,
  /** Connection: a newer connection of the same NodeId took its place at the hub. */
  REPLACED: 1,
  /** Connection: no event stream was opened in time. */
  NO_STREAM: 2,
  /** Connection: nobody serves this ALPN any more. */
  WRONG_ALPN: 3,
  /** Stream: a frame that cannot be skipped came from the peer. */
  BAD_FRAME: 4,
  /** Connection: requireDirect, and no direct path was found in time. */
  RELAYED: 5,
  /** Connection: the spoke does not read as fast as the hub sends. */
  SLOW: 6,
  /** Connection: the NodeId is no longer on the hub's allowlist. */
  NOT_ALLOWED: 7,
  /** Connection: too many begin at once, or as many as there may be are there. */
  FULL: 8,
  /** Connection: the handler of a router failed. */
  HANDLER_FAILED: 9,
  /** Connection: what was said of a session on it cannot be, or came too late. */
  SESSION: 10,
  /** Connection: too much that the peer sent was unread, and it had sent most. */
  OVERFLOW: 11,
  /** Stream: nobody here takes it, or as many wait to be taken as may. */
  UNWANTED: 12,
  /** Connection: another one of the same NodeId answers, and has been replaced often: two programs have one key. */
  IN_USE: 13
})

/**
 * A connection's end, from what the binding says of it: [kind, error, code, reason, what the system said]. The reason is the
 * peer's, or why nothing gets there.
 */
function readClose([kind, error, code, reason, said]) {
  return Object.freeze({
    kind: CLOSE_KINDS[kind] ?? 'transport-error',
    code,
    reason: reason || (bySystem(said).detail ?? ''),
    errorCode: errorCode(error)
  })
}

/** The error that calls waiting on a closed connection reject with. */
function closeError([, number, code, reason, said], peer) {
  return errorFrom(number, { detail: reason || undefined, peer, quicError: code, ...bySystem(said) })
}

module.exports = { CloseCode, closeError, readClose }
