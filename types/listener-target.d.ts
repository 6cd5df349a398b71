// SPDX-License-Identifier: MIT
import type { AnyEvents, EnvelopeOfName, EventName, eventMap, PayloadOf, UnmappedName } from './event-map.js'
import type { EnvelopeEvent, EventEnvelope, Listener, ListenerOptions, SequencedEvent } from './event-target.js'
import type { GossipEvent } from './gossip-event-target.js'

/** The events that targets dispatch for envelopes, by what the targets deliver over. */
interface Deliveries<Payload, Envelope extends EventEnvelope<Payload>> {
  stream: EnvelopeEvent<Payload, Envelope>
  session: SequencedEvent<Payload, Envelope>
  gossip: GossipEvent<Payload, Envelope>
}

type Delivered<Kind extends keyof Deliveries<unknown, EventEnvelope>, Events, Name extends string> = Deliveries<
  PayloadOf<Events, Name>,
  EnvelopeOfName<Events, Name> & EventEnvelope<PayloadOf<Events, Name>>
>[Kind]

/**
 * The listeners of every event target of this package. `Local` maps the names of its local events to their types.
 * `Kind` is the event that it dispatches for an envelope. `Most` is the one with the most members, for listeners that
 * rely on them.
 */
export declare class ListenerTarget<
  Events,
  Local extends Record<keyof Local, Event>,
  Kind extends keyof Deliveries<unknown, EventEnvelope>,
  Most extends keyof Deliveries<unknown, EventEnvelope> = Kind
> extends EventTarget {
  protected constructor(...args: never)
  /** @internal */
  readonly [eventMap]?: Events
  /** Listens to a local event. */
  addEventListener<Name extends keyof Local & string>(
    type: Name,
    listener: Listener<Local[Name]>,
    options?: ListenerOptions | boolean
  ): void
  /**
   * Without a map of events: listens to the events of a name, `type` or `type:id`, whose payload the listener declares.
   */
  addEventListener<Payload = AnyEvents[string]>(
    type: UnmappedName<Events>,
    listener: Listener<Deliveries<Payload, EventEnvelope<Payload>>[Kind]>,
    options?: ListenerOptions | boolean
  ): void
  /** The same for listeners that rely on `delivery: 'resume'`. */
  addEventListener<Payload = AnyEvents[string]>(
    type: UnmappedName<Events>,
    listener: Listener<Deliveries<Payload, EventEnvelope<Payload>>[Most]>,
    options?: ListenerOptions | boolean
  ): void
  /** With a map of events: listens to the events of a name, `type` or `type:id`. */
  addEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: Listener<Delivered<Kind, Events, Name>>,
    options?: ListenerOptions | boolean
  ): void
  /** The same for listeners that rely on `delivery: 'resume'`. */
  addEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: Listener<Delivered<Most, Events, Name>>,
    options?: ListenerOptions | boolean
  ): void
  /** Removes a listener of a local event. */
  removeEventListener<Name extends keyof Local & string>(
    type: Name,
    listener: Listener<Local[Name]>,
    options?: RemovalOptions | boolean
  ): void
  /** Without a map of events: removes a listener. */
  removeEventListener(type: UnmappedName<Events>, listener: Listener<never>, options?: RemovalOptions | boolean): void
  /** With a map of events: removes a listener. */
  removeEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: Listener<Delivered<Most, Events, Name>>,
    options?: RemovalOptions | boolean
  ): void
}

/** The third argument of `removeEventListener()`, as in the DOM. */
export interface RemovalOptions {
  /** The value with which the listener was added. */
  capture?: boolean
}
