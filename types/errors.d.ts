// SPDX-License-Identifier: MIT
import type { EventEnvelope } from './event-target.js'
import type { NodeId } from './identity.js'

/** Every error code of this package; docs/reference/errors.md says what each one means and what to do about it. */
export type IrohErrorCode =
  | 'ERR_IROH_INVALID_ARGUMENT'
  | 'ERR_IROH_NO_MEMORY'
  | 'ERR_IROH_INTERNAL'
  | 'ERR_IROH_SYSTEM'
  | 'ERR_IROH_CLOSED'
  | 'ERR_IROH_INVALID_NODE_ID'
  | 'ERR_IROH_INVALID_ADDRESS'
  | 'ERR_IROH_INVALID_KEY'
  | 'ERR_IROH_KEY_FILE'
  | 'ERR_IROH_ADDRESS_IN_USE'
  | 'ERR_IROH_NO_ADDRESS'
  | 'ERR_IROH_SELF_CONNECT'
  | 'ERR_IROH_LIMIT'
  | 'ERR_IROH_STREAM_LIMIT'
  | 'ERR_IROH_BUFFER_FULL'
  | 'ERR_IROH_TIMEOUT'
  | 'ERR_IROH_ABORTED'
  | 'ERR_IROH_UNREACHABLE'
  | 'ERR_IROH_ALPN_MISMATCH'
  | 'ERR_IROH_WRONG_PEER'
  | 'ERR_IROH_REFUSED'
  | 'ERR_IROH_HANDSHAKE'
  | 'ERR_IROH_VERSION'
  | 'ERR_IROH_IDLE_TIMEOUT'
  | 'ERR_IROH_PEER_CLOSED'
  | 'ERR_IROH_PEER_RESET'
  | 'ERR_IROH_PROTOCOL'
  | 'ERR_IROH_LOCALLY_CLOSED'
  | 'ERR_IROH_DENIED'
  | 'ERR_IROH_STREAM_RESET'
  | 'ERR_IROH_STREAM_STOPPED'
  | 'ERR_IROH_STREAM_FINISHED'
  | 'ERR_IROH_UNEXPECTED_END'
  | 'ERR_IROH_TOO_LONG'
  | 'ERR_IROH_DATAGRAM_TOO_LARGE'
  | 'ERR_IROH_DATAGRAM_UNSUPPORTED'
  | 'ERR_IROH_FRAME_TOO_LONG'
  | 'ERR_IROH_FRAME_TRUNCATED'
  | 'ERR_IROH_NOT_JSON'
  | 'ERR_IROH_TOO_DEEP'
  | 'ERR_IROH_FORBIDDEN_KEY'
  | 'ERR_IROH_NOT_ENVELOPE'
  | 'ERR_IROH_NOT_SERIALIZABLE'
  | 'ERR_IROH_BUSY'
  | 'ERR_IROH_UNSUPPORTED'
  | 'ERR_IROH_RELAY'
  | 'ERR_IROH_DISCOVERY'
  | 'ERR_IROH_INVALID_TICKET'
  | 'ERR_IROH_NOT_CONNECTED'
  | 'ERR_IROH_SESSION_LOST'
  | 'ERR_IROH_SPOOL'
  | 'ERR_IROH_GOSSIP'
  | 'ERR_IROH_LOG_FILE'
  | 'ERR_IROH_NO_VIABLE_PATH'
  | 'ERR_IROH_PROXY'
  | 'ERR_IROH_KEY_IN_USE'

/**
 * Every error that this package throws, rejects with or emits.
 * @example
 * ```js
 * try {
 *   await endpoint.connect(peer, 'my-protocol/1')
 * } catch (error) {
 *   if (error instanceof IrohError && error.class === 'transient') retryLater()
 *   else throw error
 * }
 * ```
 */
export class IrohError extends Error {
  /**
   * @param code one of the codes; it decides the class and the beginning of the message
   * @param about `detail` follows in the message; the other members become those of the error
   */
  constructor(code: IrohErrorCode, about?: { detail?: string; peer?: NodeId; quicError?: number; cause?: unknown })
  /** Always `'IrohError'`. */
  readonly name: 'IrohError'
  /** What went wrong. Codes are stable; messages may change. */
  readonly code: IrohErrorCode
  /**
   * What the error affects: `usage`, the caller's mistake; `transient`, another attempt may succeed; `stream`, one
   * stream; `conn`, the connection; `fatal`, the program cannot repair it.
   */
  readonly class: 'usage' | 'transient' | 'stream' | 'conn' | 'fatal'
  /** The peer that the error is about. */
  readonly peer?: NodeId
  /** The QUIC error code: of the close, the reset or the stop. */
  readonly quicError?: number
  /** From `hub.broadcast()`: the spokes that did not get the event. */
  readonly peers?: NodeId[]
  /**
   * With `ERR_IROH_SESSION_LOST`: the envelopes that the peer may or may not have dispatched. With `ERR_IROH_SPOOL`:
   * those that the peer did not receive.
   */
  readonly unacknowledged?: EventEnvelope[]
}
