// SPDX-License-Identifier: MIT
'use strict'

const { checkBoolean, checkOptions } = require('../base/check')
const { quietDeferred } = require('../base/deferred')
const { IrohError, invalid } = require('../base/errors')
const { asyncDispose, kFire, kHold, kOwnNames, kReceivedLength, kTap } = require('../base/symbols')
const { encodeEnvelope, eventName } = require('../event-target/envelope')
const { IrohCloseEvent, IrohErrorEvent } = require('../event-target/events')
const { ListenerTarget } = require('../event-target/listener-target')
const { EventContent, overhead, writeContent } = require('./event-content')
const { GossipEvent, GossipStateEvent, PeerGossipErrorEvent } = require('./events')

/** Of its local events. */
const OWN_NAMES = new Set(['error', 'close', 'neighborUp', 'neighborDown', 'dialFailed', 'lagged'])

/**
 * An EventTarget whose other ends are all who are in a gossip topic: what is dispatched here fires at each of them, in
 * any order and usually once. Local events are 'error', 'close' and the topic's own: 'neighborUp', 'neighborDown',
 * 'dialFailed' and 'lagged'.
 */
class GossipEventTarget extends ListenerTarget {
  #topic
  #sign
  #verify
  #isPaused = false
  /** How many hold it back beside pause(). */
  #holds = 0
  /** While it is paused or held back: settled when it goes on. */
  #stillness = null
  #receivedLength = 0
  #isOver = false
  #failure = null
  #closed = quietDeferred()
  #stats = { sent: 0, received: 0, unproven: 0, refused: 0, missed: 0 }

  /** @private use createGossipEventTarget() */
  constructor(topic, { sign, verify }) {
    super()
    this.#topic = topic
    this.#sign = sign
    this.#verify = verify
    setImmediate(() => this.#read())
  }

  /** @private */
  get [kOwnNames]() {
    return OWN_NAMES
  }

  /** The topic underneath. Its events are this target's to read. */
  get topic() {
    return this.#topic
  }

  /** Bytes that the JSON of an envelope may have. */
  get maxEnvelopeLength() {
    return this.#topic.maxContentLength - overhead(this.#sign)
  }

  /**
   * Sends an envelope to everyone in the topic.
   * @param {{ type: string, id?: string, payload?: unknown }} envelope read now; later changes are not sent
   * @throws {IrohError} ERR_IROH_NOT_ENVELOPE, _NOT_SERIALIZABLE, _TOO_DEEP, _FORBIDDEN_KEY, _TOO_LONG with the limit,
   *   _CLOSED. What throws is not sent.
   */
  send(envelope) {
    if (this.#isOver) throw this.#unsent()
    const json = encodeEnvelope(envelope)
    this.#checkLength(Buffer.byteLength(json))
    const secretKey = this.#sign ? this.#topic.endpoint.secretKey() : null
    this.#topic.broadcast(writeContent(this.#topic.topicId, json, secretKey))
    this.#stats.sent++
  }

  /** Sends the event's `detail`, an envelope; it does not fire locally. See send(). */
  dispatchEvent(event) {
    if (!(event instanceof Event)) throw invalid('dispatchEvent takes an Event')
    this.send(event.detail)
    return true
  }

  /** Bytes on their way to the neighbours. There is no bound for send(): what is too much for one is left for it to ask for. */
  get bufferedAmount() {
    return this.#isOver || this.#topic.isOver ? 0 : this.#topic.metrics().waitingBytes
  }

  /**
   * Resolves once the neighbours have taken most of what was sent. One that takes nothing for a second is not waited for.
   * Rejects if the target closes before.
   */
  async drained() {
    await this.#topic.drained()
    if (this.#isOver) throw this.#unsent()
  }

  /**
   * Events sent and received since the beginning; `unproven`: dropped by `verify`, unsigned or with a signature that does
   * not hold; `refused`: what was no envelope; `missed`: messages lost because they were not read in time.
   */
  stats() {
    return { ...this.#stats }
  }

  /** No events come out. What the topic's queue has no room for is missed; a 'lagged' event tells how many. */
  pause() {
    this.#isPaused = true
    this.#settle()
  }

  /** Events come out again, from a later turn of the event loop on. */
  resume() {
    this.#isPaused = false
    this.#settle()
  }

  /** Resolves with { kind, code, reason, error } once the target is over; never rejects. */
  get closed() {
    return this.#closed.promise
  }

  /** Leaves the topic. No event comes out after it. */
  async close() {
    this.#complete(null)
    await this.#topic.leave()
  }

  [asyncDispose]() {
    return this.close()
  }

  /** @private */
  [kHold](isHeld) {
    this.#holds += isHeld ? 1 : -1
    this.#settle()
  }

  /** @private */
  get [kReceivedLength]() {
    return this.#receivedLength
  }

  /** Pauses or resumes, as pause(), resume() and holds say; a target that is over waits no longer. */
  #settle() {
    const isStill = !this.#isOver && (this.#isPaused || this.#holds > 0)
    if (isStill) this.#stillness ??= quietDeferred()
    else if (this.#stillness) {
      setImmediate(this.#stillness.resolve)
      this.#stillness = null
    }
  }

  async #read() {
    try {
      for await (const event of this.#topic) {
        while (this.#stillness) await this.#stillness.promise
        if (this.#isOver) return
        this.#take(event)
      }
      this.#complete(null)
    } catch (error) {
      this.#complete(error)
    }
  }

  #take(event) {
    if (event.type === 'received') {
      this.#receive(event)
      return
    }
    if (event.type === 'lagged') this.#stats.missed += event.missed
    this[kFire](new GossipStateEvent(event))
  }

  #receive({ content, deliveredFrom }) {
    this.#receivedLength += content.length
    let event
    try {
      event = this.#eventOf(content, deliveredFrom)
    } catch (error) {
      this.#refuse(error, deliveredFrom)
      return
    }
    if (event === null) {
      this.#stats.unproven++
    } else {
      this.#stats.received++
      this[kTap]?.(event)
      this[kFire](event)
    }
  }

  /** @returns {GossipEvent | null} null: `verify` says no */
  #eventOf(content, deliveredFrom) {
    const read = new EventContent(this.#topic.topicId, content)
    if (this.#verify && read.author === null) return null
    const envelope = read.envelope()
    const name = eventName(envelope)
    const about = { detail: envelope, author: () => read.author, deliveredFrom }
    return OWN_NAMES.has(name) ? new PeerGossipErrorEvent(name, about) : new GossipEvent(name, about)
  }

  #refuse(error, peer) {
    this.#stats.refused++
    this[kFire](new IrohErrorEvent(Object.assign(error, { peer })))
  }

  #checkLength(length) {
    const most = this.maxEnvelopeLength
    if (length <= most) return
    throw new IrohError('ERR_IROH_TOO_LONG', { detail: `the envelope's JSON has ${length} bytes, at most ${most} fit` })
  }

  #unsent() {
    return this.#failure ?? new IrohError('ERR_IROH_CLOSED', { detail: 'the event target is closed' })
  }

  #complete(error) {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = error
    this.#settle()
    const ending = Object.freeze({ kind: 'locally-closed', code: 0, reason: '', error })
    this.#closed.resolve(ending)
    this[kFire](new IrohCloseEvent(ending))
  }
}

function isTopic(value) {
  return typeof value?.broadcast === 'function' && typeof value[Symbol.asyncIterator] === 'function'
}

/**
 * An event target over a gossip topic: one to many, without a hub. It reads the topic's events from now on; close() leaves
 * the topic.
 * @param {import('./topic').GossipTopic} topic from gossip.subscribe()
 * @param {{ sign?: boolean, verify?: boolean }} [options] sign: each event with the endpoint's key, so that receivers know
 *   its author; default true. verify: drop events that are not signed, or not by whom they claim; default false
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function createGossipEventTarget(topic, options) {
  if (!isTopic(topic)) throw invalid('expected a GossipTopic')
  const { sign, verify } = checkOptions(options, ['sign', 'verify'], 'createGossipEventTarget')
  return new GossipEventTarget(topic, {
    sign: checkBoolean(sign, 'sign', true),
    verify: checkBoolean(verify, 'verify', false)
  })
}

module.exports = { GossipEventTarget, createGossipEventTarget }
