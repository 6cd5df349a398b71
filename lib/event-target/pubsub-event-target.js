// SPDX-License-Identifier: MIT
'use strict'

const { invalid } = require('../base/errors')
const { GossipEventTarget } = require('../gossip/event-target')
const { IrohEventTarget } = require('./event-target')
const { eventName } = require('./envelope')
const { kOwnNames } = require('../base/symbols')

/** 'type:id' or 'type', at the first colon. */
function splitTopic(topic) {
  const colon = topic.indexOf(':')
  if (colon < 0) return { type: topic, id: '' }
  return { type: topic.slice(0, colon), id: topic.slice(colon + 1) }
}

/** A view of an event target in which `detail` is the payload and the event's type is the topic. */
class PubSubEventTarget {
  #target
  /** One wrapper for a listener and a topic, so that the target sees it as one and the same again. */
  #wrappers = new WeakMap()

  constructor(target) {
    this.#target = target
  }

  addEventListener(topic, listener, options) {
    this.#target.addEventListener(this.#eventOf(topic), this.#wrap(topic, listener), options)
  }

  removeEventListener(topic, listener, options) {
    this.#target.removeEventListener(this.#eventOf(topic), this.#wrap(topic, listener), options)
  }

  /** Sends { type, id, payload: event.detail } to the peer. */
  dispatchEvent(event) {
    this.#target.send({ ...splitTopic(String(event.type)), payload: event.detail })
    return true
  }

  /** What the target dispatches envelopes of a topic as: those with the name of a local event as errors. */
  #eventOf(topic) {
    return this.#target[kOwnNames].has(`${topic}`) ? 'error' : topic
  }

  #wrap(topic, listener) {
    if (listener === null || (typeof listener !== 'function' && typeof listener !== 'object')) return listener
    const wrappers = this.#wrappers.get(listener) ?? new Map()
    this.#wrappers.set(listener, wrappers)
    const name = `${topic}`
    if (!wrappers.has(name)) wrappers.set(name, (event) => this.#hear(name, listener, event))
    return wrappers.get(name)
  }

  /** Local events have no payload and are no topics. */
  #hear(topic, listener, event) {
    if (!(event instanceof CustomEvent) || eventName(event.detail) !== topic) return
    const heard = new CustomEvent(topic, { detail: event.detail.payload })
    if (typeof listener === 'function') listener.call(this, heard)
    else listener.handleEvent(heard)
  }
}

/**
 * The view that createPubSub({ eventTarget }) of @graphql-yoga/subscription takes: publishing at one end reaches the
 * subscribers at the other.
 * @param {IrohEventTarget | GossipEventTarget} target
 */
function pubsubEventTarget(target) {
  if (!(target instanceof IrohEventTarget || target instanceof GossipEventTarget))
    throw invalid('pubsubEventTarget takes an event target of this package')
  return new PubSubEventTarget(target)
}

module.exports = { pubsubEventTarget }
