// SPDX-License-Identifier: MIT
import type { CloseKind, Connection } from './connection.js'
import type { Delivery, SessionState } from './delivery.js'
import type { IrohError } from './errors.js'
import type { AnyEvents, EnvelopeOf, SendableEvent } from './event-map.js'
import type { NodeId } from './identity.js'
import { ListenerTarget } from './listener-target.js'
import type { RecvStream, SendStream } from './streams.js'

/** What event targets carry. Its event is named `type:id`, or `type` without an id. */
export interface EventEnvelope<Payload = unknown> {
  /** The event type. */
  type: string
  /** Tells events of one type apart, such as the calls of an operation or the rooms of a chat. */
  id?: string
  /** Any JSON value. */
  payload?: Payload
}

/** An operation that a side exposes: its name, or an object that describes it. */
export type Operation = string | { [key: string]: unknown }

/** What the peer exposes. */
export interface Registration {
  /** The peer's operations. */
  operations: Operation[]
}

/** Options of every event target over a stream. */
export interface EventTargetOptions {
  /**
   * The longest frame to send and to receive, in bytes.
   * @default 1 MiB
   */
  maxFrameLength?: number
  /**
   * The deepest nesting of JSON to receive, 1 to 1024. `send()` allows the same depth, and never less than 256.
   * @default 256
   */
  maxDepth?: number
  /**
   * Unsent bytes; beyond it `send()` throws ERR_IROH_BUFFER_FULL. At most the endpoint's `maxSendBuffer`. With
   * `delivery: 'resume'` the limits are those of `resume`.
   * @default 64 MiB
   */
  maxBufferedAmount?: number
  /** What this side exposes. It turns on the start-up exchange of `hub.register`; see `registered`. */
  operations?: Operation[]
}

/** How an event target ended. */
export interface TargetClosed {
  /**
   * `'finished'`: the peer ended the stream. `'locally-closed'`: `close()` was called, or the connection was closed
   * here.
   */
  readonly kind: CloseKind | 'finished' | 'stream-reset' | 'stream-error' | 'not-connected'
  /** The code of the stream or connection; 0 if it ended normally. */
  readonly code: number
  /** The peer's text, or what went wrong. */
  readonly reason: string
  /** The error that ended it; null if it ended normally. */
  readonly error: IrohError | null
}

/** Counters and gauges of an event target. */
export interface TargetStats {
  /** Events sent since the target began. */
  sent: number
  /** Events received since the target began. */
  received: number
  /** Events dropped because the spoke does not keep up; only at a hub with `slowSpoke: 'drop-oldest'`. */
  dropped: number
  /** Unsent bytes. */
  bufferedAmount: number
  /** When the stream began, in milliseconds since 1970. */
  connectedAtMs: number
}

/**
 * The local `error` event. It is also dispatched for an envelope of the peer that has the name of a local event, such
 * as `close`: then the code is ERR_IROH_NOT_ENVELOPE and the envelope is in `detail`.
 */
export class IrohErrorEvent extends Event {
  /** @param error the event's `error` */
  constructor(error: IrohError)
  /** What went wrong. */
  readonly error: IrohError
  /** The message of the error. */
  readonly message: string
  /** The peer's envelope that has the name of a local event. */
  readonly detail?: EventEnvelope
  /** The number of that envelope in its session. */
  readonly sequence?: number
  /** The id of that session. */
  readonly session?: string
}

/** The local `close` event: the target is over. */
export class IrohCloseEvent extends Event implements TargetClosed {
  /** @param closed how the target ended */
  constructor(closed: TargetClosed)
  /** What ended the target. */
  readonly kind: TargetClosed['kind']
  /** The code of the stream or connection; 0 if it ended normally. */
  readonly code: number
  /** The peer's text, or what went wrong. */
  readonly reason: string
  /** The error that ended the target; null if it ended normally. */
  readonly error: IrohError | null
}

/** The event of an envelope from the peer. */
export interface EnvelopeEvent<Payload = unknown, Envelope extends EventEnvelope<Payload> = EventEnvelope<Payload>>
  extends CustomEvent<Envelope> {
  /** With `delivery: 'resume'` in force: the number of the event in its session, from 1. */
  readonly sequence?: number
  /** With `delivery: 'resume'` in force: the id of the session. */
  readonly session?: string
}

/** The event of an envelope in a session. */
export interface SequencedEvent<Payload = unknown, Envelope extends EventEnvelope<Payload> = EventEnvelope<Payload>>
  extends EnvelopeEvent<Payload, Envelope> {
  /** The number of the event in its session, from 1. */
  readonly sequence: number
  /** The id of the session. */
  readonly session: string
}

/** The listener of an event, as a function or an object. */
export type Listener<E> = ((event: E) => void) | ListenerObject<E> | null

/** A listener with a method in place of a function. */
export interface ListenerObject<E> {
  /** Called with each event. */
  handleEvent(event: E): void
}

/** The third argument of `addEventListener()`, as in the DOM. */
export interface ListenerOptions {
  /** Accepted for the DOM's sake: these targets have no capture phase. A listener is removed with the same value. */
  capture?: boolean
  /** Remove the listener after its first event. */
  once?: boolean
  /** Accepted for the DOM's sake: it has no effect. */
  passive?: boolean
  /** Remove the listener when the signal is aborted. */
  signal?: AbortSignal
}

/** A listener for the events of the peer. */
export type EnvelopeListener = Exclude<Listener<EnvelopeEvent>, null>

/** The local events of every event target, by name. */
export interface LocalEvents {
  /** Something went wrong. The target is still usable unless a `close` event follows. */
  error: IrohErrorEvent
  /** The target is over. */
  close: IrohCloseEvent
}

/**
 * An EventTarget whose other end is a peer: an event dispatched here fires there.
 *
 * The local events are `error` and `close`. No peer can fire them: an envelope with such a name is dispatched as
 * `error`, with the code ERR_IROH_NOT_ENVELOPE and the envelope in `detail`.
 *
 * `Events` is a map of event types to payloads. It types what is sent and what listeners receive; it is not checked at
 * run time. Without it every type and payload is allowed.
 * @example
 * ```ts
 * interface Events { chat: { text: string }; ping: undefined }
 * const target = await createSpokeIrohEventTarget<Events>(connection)
 * target.addEventListener('chat:room1', ({ detail }) => console.log(detail.payload.text))
 * target.send({ type: 'chat', id: 'room1', payload: { text: 'hello' } })
 * ```
 */
export class IrohEventTarget<
  Events extends object = AnyEvents,
  Local extends LocalEvents & Record<keyof Local, Event> = LocalEvents
> extends ListenerTarget<Events, Local, 'stream', 'session'> {
  protected constructor(...args: never)
  /** The connection under the stream; after its end the last one. */
  readonly connection: Connection
  /** The NodeId that the peer proved. */
  readonly remoteNodeId: NodeId
  /** Bytes handed to `send()` that have not been sent yet. */
  readonly bufferedAmount: number
  /** The delivery in force: `'resume'` needs both sides. */
  readonly delivery: Delivery
  /** With `delivery: 'resume'` in force: the state of the session. Else null. */
  readonly session: SessionState | null
  /**
   * With the `operations` option: what the peer exposes; rejects if the target closes first. A spoke has a new promise
   * from each `connected` event on. Without the option: null.
   */
  readonly registered: Promise<Registration> | null
  /** Resolves once the target is over; never rejects. */
  readonly closed: Promise<TargetClosed>
  /** Counters and gauges. */
  stats(): TargetStats
  /**
   * Sends an envelope, in the order of the calls. If it throws, nothing is sent.
   * @param envelope read at once; later changes are not sent
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, ERR_IROH_NOT_SERIALIZABLE, ERR_IROH_TOO_DEEP, ERR_IROH_FORBIDDEN_KEY,
   *   ERR_IROH_FRAME_TOO_LONG; ERR_IROH_BUFFER_FULL, see `drained()`; ERR_IROH_CLOSED, or why the connection ended; of
   *   a spoke ERR_IROH_NOT_CONNECTED
   */
  send(envelope: EnvelopeOf<Events>): void
  /**
   * Sends the event's `detail`, an envelope. The event does not fire locally.
   * @returns true
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT if it is not an Event; else as `send()`
   */
  dispatchEvent(event: SendableEvent<Events>): boolean
  /**
   * Resolves when `bufferedAmount` is at most the endpoint's `sendLowWater`.
   * @throws {IrohError} why the target closed, if it closes first; of a spoke ERR_IROH_NOT_CONNECTED
   */
  drained(): Promise<void>
  /**
   * Holds back the events of the peer, and the peer itself by flow control. Local events still fire; events that
   * arrived before the connection was lost follow after `resume()`.
   */
  pause(): void
  /**
   * Dispatches events again, even without a listener. Without `resume()` they wait ten seconds for the first listener.
   */
  resume(): void
  /**
   * Ends the stream after what was sent. Resolves once the peer has acknowledged everything, or the connection is gone;
   * no event fires after that. The connection stays open.
   */
  close(): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens a stream for events. The peer calls `createHubIrohEventTarget()`.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, or why the connection ended
 */
export function createSpokeIrohEventTarget<Events extends object = AnyEvents>(
  connection: Connection,
  options?: EventTargetOptions
): Promise<IrohEventTarget<Events>>

/**
 * Accepts the next stream of the peer for events. The peer calls `createSpokeIrohEventTarget()`.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT, or why the connection ended
 */
export function createHubIrohEventTarget<Events extends object = AnyEvents>(
  connection: Connection,
  options?: EventTargetOptions
): Promise<IrohEventTarget<Events>>

/**
 * Makes an event target over an open stream, and takes over both halves.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT; ERR_IROH_BUSY while a `read()` or `write()` waits on the stream
 */
export function createIrohEventTarget<Events extends object = AnyEvents>(
  send: SendStream,
  recv: RecvStream,
  options?: EventTargetOptions
): IrohEventTarget<Events>
