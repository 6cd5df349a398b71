// SPDX-License-Identifier: MIT
'use strict'

const { MAX_DURATION_MS, checkInteger, checkOptions } = require('../base/check')
const { invalid } = require('../base/errors')
const { GossipEventTarget } = require('../gossip/event-target')
const { IrohEventTarget } = require('../event-target/event-target')
const { eventName } = require('../event-target/envelope')
const { Subscription } = require('./subscription')
const { kOwnNames } = require('../base/symbols')

const STALL_TIMEOUT_MS = 30_000
/** Types that begin so may be the protocol's own. */
const PROTOCOL = 'hub.'

/** The type and the id that an event of this topic has. A topic that is not 'type:id' is all type. */
function splitTopic(topic) {
  const colon = topic.indexOf(':')
  if (colon < 0 || colon === topic.length - 1 || topic.startsWith(PROTOCOL)) return { type: topic, id: '' }
  return { type: topic.slice(0, colon), id: topic.slice(colon + 1) }
}

/** A listener of a view: what the target calls for it. */
class ViewListener {
  #subscription
  /** For topics that have the names of local events, which come as 'error' to all who listen for one of them. */
  #ownTopics = new Map()
  /** @param {Event} event */
  hear = ({ type, detail }) => this.#subscription.hear(type, detail.payload)

  /** @param {Subscription} subscription */
  constructor(subscription) {
    this.#subscription = subscription
  }

  /** What the target calls for 'error'. @param {() => void} [onHeard] is called before the listener */
  hearOwn(topic, onHeard) {
    const known = this.#ownTopics.get(topic)
    if (known && onHeard === undefined) return known.hear
    const own = known ?? {
      hear: (event) => {
        // Local events have no payload and are no topics.
        if (!(event instanceof CustomEvent) || eventName(event.detail) !== topic) return undefined
        own.onHeard?.()
        return this.#subscription.hear(topic, event.detail.payload)
      }
    }
    own.onHeard = onHeard
    this.#ownTopics.set(topic, own)
    return own.hear
  }

  forget(topic) {
    this.#subscription.forget(topic)
  }
}

/** A view of an event target in which `detail` is the payload and the event's type is the topic. */
class PubSubEventTarget {
  #target
  #stallTimeoutMs
  /** One for each listener, so that the target sees it as one and the same again. */
  #listeners = new WeakMap()

  constructor(target, { stallTimeoutMs }) {
    this.#target = target
    this.#stallTimeoutMs = stallTimeoutMs
  }

  addEventListener(topic, listener, options) {
    const name = `${topic}`
    if (!isListener(listener)) this.#target.addEventListener(name, listener, options)
    else if (this.#target[kOwnNames].has(name)) this.#addOwn(name, this.#listenerOf(listener), options)
    else this.#target.addEventListener(name, this.#listenerOf(listener).hear, options)
  }

  removeEventListener(topic, listener, options) {
    const name = `${topic}`
    if (!isListener(listener)) return
    const known = this.#listenerOf(listener)
    if (this.#target[kOwnNames].has(name)) this.#target.removeEventListener('error', known.hearOwn(name), options)
    else this.#target.removeEventListener(name, known.hear, options)
    known.forget(name)
  }

  /** Sends { type, id, payload: event.detail } to the peer. */
  dispatchEvent(event) {
    this.#target.send({ ...splitTopic(String(event.type)), payload: event.detail })
    return true
  }

  /** Other errors come before its event: `once` counts from that one. */
  #addOwn(name, known, options) {
    if (!options?.once) {
      this.#target.addEventListener('error', known.hearOwn(name), options)
      return
    }
    const hear = known.hearOwn(name, () => this.#target.removeEventListener('error', hear, options))
    this.#target.addEventListener('error', hear, Object.create(options, { once: { value: false } }))
  }

  #listenerOf(listener) {
    const known = this.#listeners.get(listener)
    if (known) return known
    const made = new ViewListener(new Subscription(this, this.#target, listener, this.#stallTimeoutMs))
    this.#listeners.set(listener, made)
    return made
  }
}

function isListener(value) {
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
}

/**
 * The view that createPubSub({ eventTarget }) of @graphql-yoga/subscription takes: publishing at one end reaches the
 * subscribers at the other. A subscriber that is slower than its events come gets all of them; when it is far behind, the
 * target is held back, and with it the peer (docs/reference/pubsub.md).
 * @param {IrohEventTarget | GossipEventTarget} target
 * @param {{ stallTimeoutMs?: number }} [options] a subscriber that takes nothing for so long, while events wait for it, gets
 *   ERR_IROH_BUFFER_FULL and no more events; default 30000
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function pubsubEventTarget(target, options) {
  if (!(target instanceof IrohEventTarget || target instanceof GossipEventTarget))
    throw invalid('pubsubEventTarget takes an event target of this package')
  const { stallTimeoutMs } = checkOptions(options, ['stallTimeoutMs'], 'pubsubEventTarget')
  return new PubSubEventTarget(target, {
    stallTimeoutMs: checkInteger(stallTimeoutMs, 'stallTimeoutMs', {
      min: 1,
      max: MAX_DURATION_MS,
      fallback: STALL_TIMEOUT_MS
    })
  })
}

module.exports = { pubsubEventTarget }
