// SPDX-License-Identifier: MIT
// A map from event types to payloads, and what follows from it for the names of events, envelopes and listeners.
import type { EventEnvelope } from './event-target.js'

/** The map of programs that give none: every type is allowed, with every payload. */
// biome-ignore lint/suspicious/noExplicitAny: it fits every map, and every map fits it
export type AnyEvents = any

/** Ties a class to its map, for type inference; there is no such member at run time. */
export declare const eventMap: unique symbol

/**
 * The event types that a map names. An index signature names none, and without a map there are none.
 * @example
 * interface Events { chat: { text: string }; ping: undefined }
 * type Types = EventType<Events> // 'chat' | 'ping'
 */
export type EventType<Events> = keyof {
  [Type in keyof Events as string extends Type ? never : Type extends string ? Type : never]: 1
} &
  string

/** The payload of what a map does not name: that of its index signature; without a map, anything. */
type OtherPayload<Events> = Events[string & keyof Events]

/** Whether a map allows types that it does not name. */
type IsOpen<Events> = string extends keyof Events ? true : false

/**
 * The names that events can have: `type`, or `type:id`. Without a map, or with one that has an index signature: any
 * string.
 */
export type EventName<Events> =
  | EventType<Events>
  | `${EventType<Events>}:${string}`
  | (IsOpen<Events> extends true ? string : never)

/** The types of a map whose events can have this name: of `'chat:room1'` it is `'chat'`. */
export type TypeOfName<Events, Name extends string> = {
  [Type in EventType<Events>]: Name extends Type | `${Type}:${string}` ? Type : never
}[EventType<Events>]

/** The payload of the events of this name: of `'chat:room1'` it is that of `chat`. */
export type PayloadOf<Events, Name extends string> = [TypeOfName<Events, Name>] extends [never]
  ? OtherPayload<Events>
  : Events[TypeOfName<Events, Name> & keyof Events]

/**
 * The envelopes that a map allows, or those of one of its types. The payload may be left out where the map says
 * `undefined`, `void`, `never` or a union with `undefined`. Without a map: any envelope.
 * @example
 * const envelope: EnvelopeOf<Events, 'chat'> = { type: 'chat', id: 'room1', payload: { text: 'hello' } }
 */
export type EnvelopeOf<Events, Type extends EventType<Events> = EventType<Events>> =
  | MappedEnvelope<Events, Type>
  | ([EventType<Events>] extends [Type] ? OtherEnvelope<Events> : never)

/** The envelopes of types that the map names. */
type MappedEnvelope<Events, Type extends EventType<Events>> = {
  [Each in Type]: { type: Each; id?: string } & PayloadMember<Events[Each & keyof Events]>
}[Type]

/** The envelopes of the events of this name. */
export type EnvelopeOfName<Events, Name extends string> = [TypeOfName<Events, Name>] extends [never]
  ? OtherEnvelope<Events>
  : MappedEnvelope<Events, TypeOfName<Events, Name>>

type OtherEnvelope<Events> = IsOpen<Events> extends true ? EventEnvelope<OtherPayload<Events>> : never

type PayloadMember<Payload> = [Payload] extends [never]
  ? { payload?: undefined }
  : undefined extends Payload
    ? { payload?: Payload }
    : { payload: Payload }

/** Any string if there is no map; else nothing. */
export type UnmappedName<Events> = unknown extends Events ? string : never

/** What dispatchEvent() sends: an event whose `detail` is an envelope of the map. Without a map: any event. */
export type SendableEvent<Events> = unknown extends Events ? Event : CustomEvent<EnvelopeOf<Events>>

/** The event of a topic of the publish/subscribe view. Without a map listeners declare the event that they take. */
export type TopicEventOf<Events, Name extends string> = unknown extends Events
  ? never
  : CustomEvent<PayloadOf<Events, Name>>
