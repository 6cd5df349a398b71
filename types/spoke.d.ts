// SPDX-License-Identifier: MIT
import type { DeliveryOptions } from './delivery.js'
import type { ConnectOptions, Endpoint, EndpointOptions } from './endpoint.js'
import type { IrohError } from './errors.js'
import type { AnyEvents } from './event-map.js'
import type { EventTargetOptions, LocalEvents, TargetClosed } from './event-target.js'
import { IrohEventTarget } from './event-target.js'
import type { NodeId, Peer } from './identity.js'

/**
 * When a spoke tries again: after a random part of a delay that doubles with each failure, and with each connection
 * that lasts less than `maxDelayMs`.
 */
export interface ReconnectOptions {
  /**
   * The first delay, in milliseconds.
   * @default 500
   */
  minDelayMs?: number
  /**
   * The longest delay, in milliseconds.
   * @default 3000
   */
  maxDelayMs?: number
  /**
   * Attempts that may fail in a row.
   * @default no limit
   */
  maxAttempts?: number
  /**
   * Wait for the hub from the start: `createSpoke()` resolves at once, and a first attempt that fails is repeated.
   * @default false
   */
  fromStart?: boolean
}

/** Options of `createSpoke()`. */
export interface SpokeOptions extends EventTargetOptions, ConnectOptions, DeliveryOptions {
  /** The hub. */
  hub: Peer
  /** Ends the spoke unless it has been connected before; afterwards it has no effect. */
  signal?: AbortSignal
  /** The longest time for each attempt to connect, in milliseconds. */
  timeoutMs?: number
  /**
   * The endpoint to dial from.
   * @default an endpoint of its own, which `spoke.close()` closes
   */
  endpoint?: Endpoint
  /** Options of the spoke's own endpoint; its `keepAliveMs` is 2000 by default. */
  endpointOptions?: EndpointOptions
  /**
   * The protocol of the hub.
   * @default 'alkhub/1'
   */
  alpn?: string
  /** When to try again; false: the spoke is over when its connection is lost. */
  reconnect?: ReconnectOptions | false
}

/** A local event about the state of a spoke. */
export interface SpokeStateEvent extends Event {
  /** The new state. */
  readonly type: 'connecting' | 'connected' | 'disconnected'
  /** Failed attempts since the last one that succeeded. */
  readonly failures: number
  /** With `disconnected`: when the next attempt starts, in milliseconds. */
  readonly retryInMs?: number
  /** With `disconnected`: what ended the connection. */
  readonly kind?: TargetClosed['kind']
  /** With `disconnected`: the code of the connection; 0 if there is none. */
  readonly code?: number
  /** With `disconnected`: the hub's text, or what went wrong. */
  readonly reason?: string
  /** With `disconnected`: the error, if there is one. */
  readonly error?: IrohError | null
}

/** The local events of a spoke, by name. */
export interface SpokeLocalEvents extends LocalEvents {
  /** An attempt to connect starts. */
  connecting: SpokeStateEvent
  /** The spoke is connected. */
  connected: SpokeStateEvent
  /** The connection is lost, or an attempt failed; the next attempt follows. */
  disconnected: SpokeStateEvent
}

/**
 * The event target of a spoke: the hub is its peer. It reconnects whenever the connection is lost, at once when the
 * network changes, and registers again; its listeners stay. It ends with `close()`, when another connection of the same
 * NodeId replaces it, or when `reconnect` gives up. While it is not connected `send()` throws ERR_IROH_NOT_CONNECTED;
 * with `delivery: 'resume'` events wait instead.
 *
 * In addition to those of IrohEventTarget it has the local events `connecting`, `connected` and `disconnected`.
 * @example
 * ```ts
 * interface Events { chat: { text: string } }
 * const spoke = await createSpoke<Events>({ hub: ticket })
 * spoke.addEventListener('chat', ({ detail }) => console.log(detail.payload.text))
 * spoke.send({ type: 'chat', payload: { text: 'hello' } })
 * ```
 */
export class Spoke<Events extends object = AnyEvents> extends IrohEventTarget<Events, SpokeLocalEvents> {
  private constructor()
  /** The endpoint that dials the hub. */
  readonly endpoint: Endpoint
  /** `'disconnected'`: it waits for the next attempt. */
  readonly state: 'connecting' | 'connected' | 'disconnected' | 'closed'
  /** The NodeId of the spoke; that of the hub is `remoteNodeId`. */
  nodeId(): NodeId
  /**
   * Ends the stream, waits up to two seconds for the hub to dispatch what was sent, and closes the connection, and the
   * endpoint if the spoke made it. Events of the hub may fire until then.
   */
  close(): Promise<void>
}

/**
 * Dials a hub and opens the event stream.
 * @returns a connected spoke; with `reconnect: { fromStart: true }` one that is connecting
 * @throws {IrohError} ERR_IROH_SPOOL; if the first attempt fails, as `endpoint.connect()`; else as
 *   `Endpoint.createWithOptions()`
 */
export function createSpoke<Events extends object = AnyEvents>(options: SpokeOptions): Promise<Spoke<Events>>
