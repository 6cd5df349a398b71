// SPDX-License-Identifier: MIT
import type { Connection } from './connection.js'
import type { DeliveryOptions, SessionState } from './delivery.js'
import { Emitter } from './emitter.js'
import type { ConnectOptions, Endpoint, EndpointOptions } from './endpoint.js'
import type { IrohError } from './errors.js'
import type { AnyEvents, EnvelopeOf, eventMap } from './event-map.js'
import type { EventTargetOptions, IrohEventTarget, TargetClosed } from './event-target.js'
import type { AccessRule, KnownNodeAddr, NodeId, Peer } from './identity.js'

/** How a spoke left the hub. */
export interface SpokeCloseReason {
  /** What ended its target. */
  kind: TargetClosed['kind']
  /** The code of the stream or connection; 0 if it ended normally. */
  code: number
  /** The peer's text, or what went wrong. */
  reason: string
}

/** A file with NodeIds, one per line; `#` starts a comment. */
export interface AllowFile {
  /** The path of the file. */
  file: string
}

/** Options of `createHub()`. */
export interface HubOptions extends EventTargetOptions, DeliveryOptions {
  /**
   * The endpoint at which to accept connections; several hubs may share one.
   * @default an endpoint of its own, which `hub.close()` closes
   */
  endpoint?: Endpoint
  /** Options of the hub's own endpoint. */
  endpointOptions?: EndpointOptions
  /**
   * The protocol.
   * @default 'alkhub/1'
   */
  alpn?: string
  /**
   * Who may connect; it replaces the rule of a given endpoint. A file is read again when it changes; spokes and
   * accepted connections of NodeIds that are no longer listed are closed with CloseCode.NOT_ALLOWED.
   * @default everyone
   */
  allow?: AccessRule | AllowFile
  /**
   * How long a peer may take to open its event stream, in milliseconds.
   * @default 10000
   */
  streamTimeoutMs?: number
  /**
   * Connections that have not opened their event stream yet, four of one NodeId; further ones are closed with
   * CloseCode.FULL.
   * @default 1024
   */
  maxPending?: number
  /**
   * What `broadcast()` does about a spoke with `maxBufferedAmount` unsent bytes, or a full session. `'wait'`: it throws
   * after the others got the event; see `drained()`. `'disconnect'`: it closes the spoke with CloseCode.SLOW.
   * `'drop-oldest'`: it drops the oldest waiting events, and counts them; not with `delivery: 'resume'`.
   * @default 'wait'
   */
  slowSpoke?: 'wait' | 'disconnect' | 'drop-oldest'
}

/** A hub's event target for one spoke. */
export interface HubSpoke<Events extends object = AnyEvents> extends IrohEventTarget<Events> {
  /**
   * With `delivery: 'resume'`; `'disconnected'`: the spoke may come back. A target that delivers at most once has no
   * state.
   */
  readonly state?: 'connected' | 'disconnected' | 'closed'
}

/** With `delivery: 'resume'`: a hub's event target for one spoke, over all its connections. */
export interface HubSession<Events extends object = AnyEvents> extends HubSpoke<Events> {
  /** `'disconnected'`: the spoke may come back. */
  readonly state: 'connected' | 'disconnected' | 'closed'
  /** The state of the session. */
  readonly session: SessionState
}

/** The events of a hub, and the arguments of their listeners. */
export interface HubEvents<Events extends object = AnyEvents> {
  /** A spoke has opened its event stream. */
  spoke: [target: HubSpoke<Events>]
  /** A spoke is gone; with `delivery: 'resume'` its session is over. */
  spokeclose: [nodeId: NodeId, reason: SpokeCloseReason]
  /** With `delivery: 'resume'`: a spoke lost its connection, and may come back. */
  spokedisconnect: [nodeId: NodeId, reason: SpokeCloseReason]
  /** With `delivery: 'resume'`: a spoke came back. */
  spokeresume: [target: HubSession<Events>]
  /** The allowlist file has changed. With an error the file cannot be used, and the current list stays. */
  allowlist: [error: IrohError | null]
  /**
   * Two programs with one key replaced each other repeatedly; the newer one was rejected. Emitted once per conflict.
   */
  conflict: [nodeId: NodeId]
  /** A session could not begin; its spoke tries again. Without a listener the error is dropped. */
  error: [error: IrohError]
}

/**
 * A hub: accepts spokes, each an event target, and broadcasts to them. See docs/reference/hub.md.
 *
 * `Events` is a map of event types to payloads, as for IrohEventTarget.
 * @example
 * ```ts
 * interface Events { chat: { text: string } }
 * const hub = await createHub<Events>()
 * hub.on('spoke', (spoke) => {
 *   spoke.addEventListener('chat', ({ detail }) => hub.broadcast(detail, { except: spoke }))
 * })
 * console.log(hub.ticket())
 * ```
 */
export class Hub<Events extends object = AnyEvents> extends Emitter<HubEvents<Events>> {
  private constructor()
  /** @internal */
  readonly [eventMap]?: Events
  /** The endpoint that accepts the connections. */
  readonly endpoint: Endpoint
  /** The protocol. */
  readonly alpn: string
  /**
   * The spokes by NodeId. A newer connection of a NodeId replaces the older one, which is closed with
   * CloseCode.REPLACED.
   */
  readonly spokes: ReadonlyMap<NodeId, HubSpoke<Events>>
  /** The NodeId of the hub. */
  nodeId(): NodeId
  /** Where spokes can dial the hub. */
  addr(): KnownNodeAddr
  /** `addr()` as an endpoint ticket: a string that spokes can be given. */
  ticket(): string
  /**
   * Sends an envelope to every spoke. The option `slowSpoke` decides about spokes that do not keep up.
   * @param options `except`: spokes that do not get it
   * @returns how many spokes it was sent to
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, ERR_IROH_NOT_SERIALIZABLE, ERR_IROH_TOO_DEEP, ERR_IROH_FORBIDDEN_KEY:
   *   nothing was sent; ERR_IROH_FRAME_TOO_LONG and, with `slowSpoke: 'wait'`, ERR_IROH_BUFFER_FULL: only the spokes in
   *   `peers` did not get it
   */
  broadcast(
    envelope: EnvelopeOf<Events>,
    options?: { except?: NodeId | IrohEventTarget | Iterable<NodeId | IrohEventTarget> }
  ): number
  /**
   * Resolves when no connected spoke has more unsent bytes than its endpoint's `sendLowWater`. A spoke that leaves is
   * not waited for.
   */
  drained(): Promise<void>
  /**
   * Sends an envelope to one spoke.
   * @throws {IrohError} ERR_IROH_CLOSED if the hub has no such spoke; else as `send()` of its target
   */
  send(nodeId: NodeId, envelope: EnvelopeOf<Events>): void
  /**
   * Takes over an accepted connection of its ALPN. It becomes a spoke when it opens its event stream; a router calls
   * it.
   */
  accept(connection: Connection): Promise<void>
  /**
   * Dials a peer that serves the hub's ALPN, and makes it a spoke. If the peer is a spoke already, or becomes one
   * meanwhile, that spoke is returned.
   * @throws {IrohError} as `endpoint.connect()`
   */
  dial(peer: Peer, options?: ConnectOptions): Promise<HubSpoke<Events>>
  /**
   * Lets a NodeId connect.
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_CLOSED
   */
  allow(nodeId: NodeId): void
  /**
   * Refuses a NodeId from now on, and closes its connections and its session.
   * @throws {IrohError} ERR_IROH_INVALID_NODE_ID, ERR_IROH_CLOSED
   */
  deny(nodeId: NodeId): void
  /**
   * Reads the allowlist file now. This happens by itself within two seconds of a change.
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID: the file cannot be used, and the current
   *   list stays; or the hub has no file
   */
  reloadAllow(): Promise<void>
  /**
   * Closes every spoke, and the endpoint if the hub made it. What was sent is delivered if that takes no longer than
   * two seconds.
   */
  close(): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Creates a hub.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, ERR_IROH_INVALID_NODE_ID; ERR_IROH_BUSY when the endpoint serves the
 *   ALPN already; ERR_IROH_SPOOL; else as `Endpoint.createWithOptions()`
 */
export function createHub<Events extends object = AnyEvents>(options?: HubOptions): Promise<Hub<Events>>
