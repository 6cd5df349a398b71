// SPDX-License-Identifier: MIT
import type { IrohErrorCode } from './errors.js'
import type { Bytes, NodeId } from './identity.js'
import type { BidiStream, RecvStream, SendStream } from './streams.js'

/**
 * Codes with which this package closes connections (all but BAD_FRAME and UNWANTED) and streams (NORMAL, BAD_FRAME,
 * UNWANTED).
 */
export const CloseCode: Readonly<{
  /** All is well. */
  NORMAL: 0
  /** Connection: a newer connection of the same NodeId took its place at the hub. */
  REPLACED: 1
  /** Connection: no event stream was opened in time. */
  NO_STREAM: 2
  /** Connection: this ALPN is no longer served. */
  WRONG_ALPN: 3
  /** Stream: the peer sent a frame that cannot be skipped. */
  BAD_FRAME: 4
  /** Connection: with `requireDirect`, no direct path was found in time. */
  RELAYED: 5
  /** Connection: the spoke does not read as fast as the hub sends. */
  SLOW: 6
  /** Connection: the NodeId is not, or no longer, allowed. */
  NOT_ALLOWED: 7
  /** Connection: too many connections, or too many that have only begun. */
  FULL: 8
  /** Connection: the handler of a router failed. */
  HANDLER_FAILED: 9
  /** Connection: the peer's session messages were invalid or late. */
  SESSION: 10
  /** Connection: too many bytes were unread, and this peer had sent the most. */
  OVERFLOW: 11
  /** Stream: the receiver accepts no such stream, or too many wait to be accepted. */
  UNWANTED: 12
  /** Connection: another program with the same key is connected; the two have replaced each other repeatedly. */
  IN_USE: 13
}>

/** What ended a connection. */
export type CloseKind =
  | 'locally-closed'
  | 'application-closed'
  | 'connection-closed'
  | 'timed-out'
  | 'reset'
  | 'transport-error'

/** How a connection ended. */
export interface CloseReason {
  /**
   * What ended it: this side, the peer's application, the peer's QUIC, silence, a stateless reset, or a protocol error.
   */
  readonly kind: CloseKind
  /** The application's code, or QUIC's. */
  readonly code: number
  /**
   * The peer's text. After a time-out: what the operating system reported about packets that could not be sent, if
   * anything.
   */
  readonly reason: string
  /** The code of the error with which pending calls reject. */
  readonly errorCode: IrohErrorCode
}

/** Counters and gauges of a connection. */
export interface ConnectionStats {
  /** The smoothed round-trip time, in milliseconds. */
  rttMs: number
  /** The smallest round-trip time seen, in milliseconds. */
  minRttMs: number
  /** The variation of the round-trip time, in milliseconds. */
  rttVarMs: number
  /** Bytes that may be in flight. */
  congestionWindow: number
  /** Bytes sent and not yet acknowledged. */
  bytesInFlight: number
  /** Bytes of the window at which slow start ends. */
  slowStartThreshold: number
  /** Bytes sent, in QUIC packets. */
  bytesSent: number
  /** Bytes received, in QUIC packets. */
  bytesReceived: number
  /** QUIC packets sent. */
  packetsSent: number
  /** QUIC packets received. */
  packetsReceived: number
  /** The largest UDP payload sent now, in bytes. It follows the path, and `maxDatagramSize` follows it. */
  maxUdpPayload: number
  /** The largest datagram that fits now, in bytes; 0: the peer accepts none. */
  maxDatagramSize: number
  /** Bidirectional streams that the peer still lets this side open. */
  streamsBidiLeft: number
  /** Unidirectional streams that the peer still lets this side open. */
  streamsUniLeft: number
}

/** A network path under a connection. */
export interface Path {
  /** Identifies the path within the connection. */
  id: number
  /** `'ip:port'`, or the URL of the relay. */
  remoteAddress: string
  /** `'ip:port'`; a relayed path has none. */
  localAddress?: string
  /** Whether a relay forwards it. */
  isRelay: boolean
  /** Whether the connection sends over it. */
  isSelected: boolean
  /** The smoothed round-trip time, in milliseconds. */
  rttMs: number
  /** Counters and gauges, those of the whole connection. */
  stats: ConnectionStats
}

/**
 * A QUIC connection whose two ends have proved their NodeIds to each other.
 * @example
 * ```js
 * const connection = await endpoint.connect(peer, 'my-protocol/1')
 * const { send, recv } = await connection.openBi()
 * await send.writeAll('hello')
 * await send.finish()
 * console.log(String(await recv.readToEnd(1024)))
 * connection.close()
 * ```
 */
export class Connection {
  private constructor()
  /** The NodeId that the peer proved. */
  remoteNodeId(): NodeId
  /** The protocol that both sides agreed on. */
  alpn(): string
  /** `'client'` if this side dialled, else `'server'`. */
  side(): 'client' | 'server'
  /**
   * Opens a bidirectional stream; waits while the peer allows no more. The peer learns of the stream with its first
   * bytes.
   * @throws {IrohError} why the connection ended
   */
  openBi(): Promise<BidiStream>
  /**
   * Waits for the next bidirectional stream that the peer opens.
   * @throws {IrohError} why the connection ended
   */
  acceptBi(): Promise<BidiStream>
  /**
   * Opens a stream that only this side writes; waits while the peer allows no more.
   * @throws {IrohError} why the connection ended
   */
  openUni(): Promise<SendStream>
  /**
   * Waits for the next stream that the peer opens and only the peer writes.
   * @throws {IrohError} why the connection ended
   */
  acceptUni(): Promise<RecvStream>
  /**
   * Sends one unreliable datagram (RFC 9221).
   * @param bytes at most `maxDatagramSize()`
   * @throws {IrohError} ERR_IROH_DATAGRAM_TOO_LARGE, ERR_IROH_DATAGRAM_UNSUPPORTED, or why the connection ended
   */
  sendDatagram(bytes: Bytes): void
  /**
   * Waits for the next datagram. Of more than `maxDatagrams` unread ones the oldest is dropped.
   * @throws {IrohError} why the connection ended
   */
  readDatagram(): Promise<Buffer>
  /** The largest datagram that fits now, in bytes; 0 if the peer accepts none. */
  maxDatagramSize(): number
  /** The smoothed round-trip time in milliseconds, fractional. */
  rtt(): number
  /** Counters and gauges; after the end of the connection the last ones known. */
  stats(): ConnectionStats
  /** The network paths in use. */
  paths(): Path[]
  /** Yields `paths()` now and whenever they change; ends with the connection. */
  watchPaths(): AsyncGenerator<Path[], void, void>
  /**
   * Starts a TLS key update.
   * @throws {IrohError} ERR_IROH_BUSY while an earlier one is not confirmed
   */
  updateKey(): void
  /**
   * Closes the connection at once; unsent bytes are dropped.
   * @param code application error code for the peer; default 0
   * @param reason text for the peer, of which at most 255 bytes are sent
   */
  close(code?: number, reason?: string): void
  /** Resolves once the connection is over; never rejects. */
  closed(): Promise<CloseReason>
  /** How the connection ended; null while it is open. */
  closeReason(): CloseReason | null
}
