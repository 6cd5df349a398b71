// SPDX-License-Identifier: MIT
import type { AnyEvents, EnvelopeOf, SendableEvent } from './event-map.js'
import type { EventEnvelope, LocalEvents, TargetClosed } from './event-target.js'
import type { GossipTopic, GossipTopicEvent } from './gossip.js'
import type { NodeId } from './identity.js'
import { ListenerTarget } from './listener-target.js'

/** Options of `createGossipEventTarget()`. */
export interface GossipTargetOptions {
  /**
   * Sign each event with the endpoint's key, so that receivers know its author.
   * @default true
   */
  sign?: boolean
  /**
   * Drop events without a valid signature.
   * @default false
   */
  verify?: boolean
}

/** Counters of a gossip event target. */
export interface GossipTargetStats {
  /** Events sent. */
  sent: number
  /** Events received. */
  received: number
  /** Events dropped by `verify`. */
  unproven: number
  /** Messages that were not envelopes; each raised an `error` event. */
  refused: number
  /** Messages lost because they were not read in time. */
  missed: number
}

/** An event from a peer in the topic; the envelope is in `detail`. */
export class GossipEvent<
  Payload = unknown,
  Envelope extends EventEnvelope<Payload> = EventEnvelope<Payload>
> extends CustomEvent<Envelope> {
  private constructor()
  /** The NodeId whose signature is valid; null: there is none. */
  readonly author: NodeId | null
  /** The neighbour that passed it on, the author or not. */
  readonly deliveredFrom: NodeId
}

/** A local event of a gossip event target; it has the members of the topic's event. */
export type GossipStateEvent<Type extends GossipTopicEvent['type']> = Event &
  Extract<
    GossipTopicEvent,
    {
      /** The name of the event. */
      type: Type
    }
  >

/** The local events of a gossip event target, by name. */
export interface GossipLocalEvents extends LocalEvents {
  /** A peer became a neighbour. */
  neighborUp: GossipStateEvent<'neighborUp'>
  /** A peer is no longer a neighbour. */
  neighborDown: GossipStateEvent<'neighborDown'>
  /** A peer could not be dialled. */
  dialFailed: GossipStateEvent<'dialFailed'>
  /** Messages were lost because they were not read in time. */
  lagged: GossipStateEvent<'lagged'>
}

/**
 * An EventTarget shared by all members of a gossip topic: an event dispatched here fires at each of them, in any order
 * and usually once. See docs/reference/gossip-event-target.md.
 *
 * The local events are `error`, `close`, `neighborUp`, `neighborDown`, `dialFailed` and `lagged`. No peer can fire
 * them: an envelope with such a name is dispatched as `error`, with the code ERR_IROH_NOT_ENVELOPE and the envelope in
 * `detail`.
 *
 * `Events` is a map of event types to payloads, as for IrohEventTarget.
 * @example
 * ```ts
 * interface Events { chat: { text: string } }
 * const target = createGossipEventTarget<Events>(await gossip.subscribe(TopicId.fromName('my-room'), [peer]))
 * target.addEventListener('chat', ({ author, detail }) => console.log(author, detail.payload.text))
 * target.send({ type: 'chat', payload: { text: 'hello' } })
 * ```
 */
export class GossipEventTarget<Events extends object = AnyEvents> extends ListenerTarget<
  Events,
  GossipLocalEvents,
  'gossip'
> {
  private constructor()
  /** The topic. Its events are the target's to read. */
  readonly topic: GossipTopic
  /** The longest JSON of an envelope, in bytes. */
  readonly maxEnvelopeLength: number
  /** Bytes on their way to the neighbours. */
  readonly bufferedAmount: number
  /** Resolves once the target is over; never rejects. */
  readonly closed: Promise<TargetClosed>
  /** Counters. */
  stats(): GossipTargetStats
  /**
   * Sends an envelope to everyone in the topic. If it throws, nothing is sent.
   * @param envelope read at once; later changes are not sent
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, ERR_IROH_NOT_SERIALIZABLE, ERR_IROH_TOO_DEEP, ERR_IROH_FORBIDDEN_KEY;
   *   ERR_IROH_TOO_LONG, which names the limit; ERR_IROH_CLOSED
   */
  send(envelope: EnvelopeOf<Events>): void
  /**
   * Sends the event's `detail`, an envelope. The event does not fire locally.
   * @returns true
   * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT if it is not an Event; else as `send()`
   */
  dispatchEvent(event: SendableEvent<Events>): boolean
  /**
   * Resolves once the neighbours have taken most of what was sent. A neighbour that takes nothing for a second is not
   * waited for. If you send a lot, await it between batches.
   * @throws {IrohError} why the target closed, if it closes first
   */
  drained(): Promise<void>
  /** Holds back events. Those that the topic's queue has no room for are missed, and a `lagged` event counts them. */
  pause(): void
  /** Dispatches events again, from a later turn of the event loop on. */
  resume(): void
  /** Leaves the topic. No event fires after it. */
  close(): Promise<void>
  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes an event target over a gossip topic: one to many, without a hub. From now on it reads the topic's events.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
export function createGossipEventTarget<Events extends object = AnyEvents>(
  topic: GossipTopic,
  options?: GossipTargetOptions
): GossipEventTarget<Events>
