// SPDX-License-Identifier: MIT
import type { Connection } from './connection.js'
import { Emitter } from './emitter.js'
import type { Endpoint } from './endpoint.js'
import type { NodeId } from './identity.js'

/**
 * Handles the connections of one ALPN: a Hub, a Gossip, a function, or an object of your own. `router.shutdown()`
 * aborts `signal` and waits for the promises that handlers return.
 */
export type ProtocolHandler =
  | ((connection: Connection, options: { signal: AbortSignal }) => unknown)
  | {
      /** Called with each connection. */
      accept(connection: Connection, options: { signal: AbortSignal }): unknown
      /** Called when the router shuts down. */
      shutdown?(): unknown
      /** Called when the router shuts down, if there is no `shutdown()`. */
      close?(): unknown
    }

/** The protocols of a router before it starts. */
export interface RouterBuilder {
  /**
   * Gives the connections of one ALPN to a handler.
   * @param options `admit` is called with each connection first; the handler gets it only if the result is `true`
   * @returns this builder
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, also for an ALPN that has a handler already
   */
  accept(
    alpn: string,
    handler: ProtocolHandler,
    options?: { admit?: (nodeId: NodeId, connection: Connection) => boolean | Promise<boolean> }
  ): this
  /**
   * Starts accepting.
   * @throws {IrohError} ERR_IROH_BUSY when one of the ALPNs is served already; ERR_IROH_CLOSED
   */
  spawn(): Router
}

/** The events of a router, and the arguments of their listeners. */
export interface RouterEvents {
  /** An `admit` function did not admit a connection; the connection is closed with CloseCode.NOT_ALLOWED. */
  rejected: [nodeId: NodeId, alpn: string]
  /**
   * A handler failed; its connection is closed with CloseCode.HANDLER_FAILED. Without a listener the error is an
   * uncaught exception.
   */
  failed: [error: unknown, alpn: string]
}

/**
 * Several protocols on one endpoint, each with a handler of its own.
 * @example
 * ```js
 * const router = Router.builder(endpoint)
 *   .accept('/iroh-gossip/1', gossip)
 *   .accept('echo/1', async (connection) => {
 *     const { send, recv } = await connection.acceptBi()
 *     await recv.readable.pipeTo(send.writable)
 *   })
 *   .spawn()
 * ```
 */
export class Router extends Emitter<RouterEvents> {
  private constructor()
  /** Begins the list of protocols. */
  static builder(endpoint: Endpoint): RouterBuilder
  /** The endpoint that accepts the connections. */
  readonly endpoint: Endpoint
  /** Whether `shutdown()` was called. */
  isShutdown(): boolean
  /** Stops accepting, waits for the handlers for at most five seconds, and closes the endpoint. Never rejects. */
  shutdown(): Promise<void>
  /** The same as `shutdown()`. */
  [Symbol.asyncDispose](): Promise<void>
}
