// SPDX-License-Identifier: MIT
import type { AnyEvents, EventName, eventMap, PayloadOf, TopicEventOf } from './event-map.js'
import type { IrohEventTarget, Listener, ListenerOptions } from './event-target.js'
import type { GossipEventTarget } from './gossip-event-target.js'
import type { RemovalOptions } from './listener-target.js'

/** An event of the publish/subscribe view: its type is the topic, its detail the payload. */
export type TopicEvent<Payload = AnyEvents[string]> = CustomEvent<Payload>

/** What `createPubSub({ eventTarget })` of @graphql-yoga/subscription takes. */
export interface PubSubEventTarget<Events extends object = AnyEvents> {
  /** @internal */
  readonly [eventMap]?: Events
  /** Subscribes to a topic: `type`, or `type:id`. */
  addEventListener<Name extends EventName<Events>>(
    topic: Name,
    listener: Listener<TopicEventOf<Events, Name>>,
    options?: ListenerOptions | boolean
  ): void
  /** The same for listeners of any event, as `createPubSub()` has them. */
  addEventListener(topic: EventName<Events>, listener: Listener<never>, options?: ListenerOptions | boolean): void
  /** Ends a subscription. */
  removeEventListener(topic: EventName<Events>, listener: Listener<never>, options?: RemovalOptions | boolean): void
  /**
   * Sends the event's `detail` as the payload of its topic.
   * @returns true
   * @throws {IrohError} as `send()` of the target
   */
  dispatchEvent(
    event: unknown extends Events ? Event : TopicEvent<PayloadOf<Events, EventName<Events>> | null | undefined>
  ): boolean
}

/** Options of `pubsubEventTarget()`. */
export interface PubSubOptions {
  /**
   * How long a subscriber that takes no events may hold back the others, in milliseconds; then it gets
   * ERR_IROH_BUFFER_FULL and no more events. See docs/reference/pubsub.md.
   * @default 30000
   */
  stallTimeoutMs?: number
}

/**
 * The publish/subscribe view of an event target, for `createPubSub()` of @graphql-yoga/subscription: what one end
 * publishes reaches the subscribers at the other. A subscriber that is slower than its events loses none of them.
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 * @example
 * ```js
 * const pubSub = createPubSub({ eventTarget: pubsubEventTarget(spoke) })
 * pubSub.publish('chat', 'room1', { text: 'hello' })
 * ```
 */
export function pubsubEventTarget<Events extends object = AnyEvents>(
  target: IrohEventTarget<Events> | GossipEventTarget<Events>,
  options?: PubSubOptions
): PubSubEventTarget<Events>
