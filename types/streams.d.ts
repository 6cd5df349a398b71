// SPDX-License-Identifier: MIT
import type { Duplex } from 'node:stream'
import type { ReadableStream, WritableStream } from 'node:stream/web'
import type { Bytes } from './identity.js'

/** Both halves of a bidirectional stream. */
export interface BidiStream {
  /** What this side writes. */
  send: SendStream
  /** What the peer writes. */
  recv: RecvStream
}

/**
 * The sending half of a stream.
 * @example
 * ```js
 * const send = await connection.openUni()
 * await send.writeAll('hello')
 * await send.finish()
 * const code = await send.stopped() // null: the peer has all of it
 * ```
 */
export class SendStream {
  private constructor()
  /** The QUIC stream id. */
  readonly id: number
  /** The same as a WHATWG stream. */
  readonly writable: WritableStream<Bytes>
  /**
   * Sends as many bytes as there is room for; waits while the send buffer is full.
   * @param bytes copied before the promise resolves
   * @returns how many bytes were taken, at least one
   * @throws {IrohError} ERR_IROH_STREAM_STOPPED, ERR_IROH_STREAM_FINISHED, ERR_IROH_BUSY while another call waits, or
   *   why the connection ended
   */
  write(bytes: Bytes): Promise<number>
  /**
   * Sends all the bytes.
   * @throws {IrohError} as `write()`
   */
  writeAll(bytes: Bytes): Promise<void>
  /**
   * Ends the stream after all bytes written. It resolves at once: `stopped()` resolves when the peer has acknowledged
   * all.
   */
  finish(): Promise<void>
  /**
   * Ends the stream at once; unsent bytes are dropped.
   * @param code application error code for the peer; default 0
   */
  reset(code?: number): void
  /**
   * Waits for the end of the stream.
   * @returns null: the peer acknowledged everything, or this side reset the stream; a number: the code with which the
   *   peer stopped reading
   * @throws {IrohError} why the connection ended, if it ends first
   */
  stopped(): Promise<number | null>
  /**
   * Sets the priority among the streams of the connection.
   * @param priority higher goes first; default 0
   */
  setPriority(priority: number): void
}

/**
 * The receiving half of a stream.
 * @example
 * ```js
 * const recv = await connection.acceptUni()
 * for await (const chunk of recv) console.log(chunk.length)
 * ```
 */
export class RecvStream {
  private constructor()
  /** The QUIC stream id. */
  readonly id: number
  /** The same as a WHATWG stream. */
  readonly readable: ReadableStream<Buffer>
  /**
   * Reads the next bytes, as many as there are.
   * @param max at most so many bytes; default 65536
   * @returns null at the end
   * @throws {IrohError} ERR_IROH_STREAM_RESET, ERR_IROH_BUSY while another read waits, or why the connection ended
   */
  read(max?: number): Promise<Buffer | null>
  /**
   * Reads exactly `length` bytes.
   * @throws {IrohError} ERR_IROH_UNEXPECTED_END if the stream ends first; else as `read()`
   */
  readExact(length: number): Promise<Buffer>
  /**
   * Reads everything up to the end.
   * @param max the most bytes to read
   * @throws {IrohError} ERR_IROH_TOO_LONG if there are more, and the stream is stopped; else as `read()`
   */
  readToEnd(max: number): Promise<Buffer>
  /**
   * Asks the peer to stop sending. Unread bytes are dropped, and reading gives the end.
   * @param code application error code for the peer; default 0
   */
  stop(code?: number): void
  /** Yields chunks up to the end. Leaving the loop early stops the stream. */
  [Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void>
}

/**
 * A `node:stream` Duplex over both halves. Destroying it resets the one and stops the other.
 * @example
 * ```js
 * const duplex = toDuplex(await connection.openBi())
 * fs.createReadStream('file').pipe(duplex)
 * ```
 */
export function toDuplex(stream: BidiStream): Duplex
