// SPDX-License-Identifier: MIT
import type { EnvelopeEvent, EventEnvelope, GossipEvent, Listener, ListenerOptions, SequencedEvent } from '../index.js'
import type { AnyEvents, EnvelopeOfName, EventName, eventMap, PayloadOf, UnmappedName } from './event-map.js'

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
 * The listeners of every event target of this package. `Local` are its local events by name. `Kind` is what it dispatches for
 * envelopes, `Most` what it may dispatch at most, for listeners that know of it.
 */
export declare class ListenerTarget<
  Events,
  Local extends Record<keyof Local, Event>,
  Kind extends keyof Deliveries<unknown, EventEnvelope>,
  Most extends keyof Deliveries<unknown, EventEnvelope> = Kind
> extends EventTarget {
  protected constructor(...args: never)
  readonly [eventMap]?: Events
  addEventListener<Name extends keyof Local & string>(
    type: Name,
    listener: Listener<Local[Name]>,
    options?: ListenerOptions | boolean
  ): void
  addEventListener<Payload = AnyEvents[string]>(
    type: UnmappedName<Events>,
    listener: Listener<Deliveries<Payload, EventEnvelope<Payload>>[Kind]>,
    options?: ListenerOptions | boolean
  ): void
  addEventListener<Payload = AnyEvents[string]>(
    type: UnmappedName<Events>,
    listener: Listener<Deliveries<Payload, EventEnvelope<Payload>>[Most]>,
    options?: ListenerOptions | boolean
  ): void
  addEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: Listener<Delivered<Kind, Events, Name>>,
    options?: ListenerOptions | boolean
  ): void
  addEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: Listener<Delivered<Most, Events, Name>>,
    options?: ListenerOptions | boolean
  ): void
  removeEventListener<Name extends keyof Local & string>(
    type: Name,
    listener: Listener<Local[Name]>,
    options?: RemovalOptions | boolean
  ): void
  removeEventListener(type: UnmappedName<Events>, listener: Listener<never>, options?: RemovalOptions | boolean): void
  removeEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: Listener<Delivered<Most, Events, Name>>,
    options?: RemovalOptions | boolean
  ): void
}

/** The third argument of removeEventListener(), as the DOM has it. */
export interface RemovalOptions {
  capture?: boolean
}
