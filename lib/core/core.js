// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')
const { Event, EVENT_SIZE } = require('./events')
const { deferred } = require('../base/deferred')
const { check } = require('../base/errors')
const { reportUncaught } = require('../base/guard')
const { Shares } = require('../base/shares')
const { sayGoodbyeAtExit, forgetAtExit } = require('../base/exit')
const { kEvent } = require('../base/symbols')

/** One connection may have an eighth of what is free. */
const STREAMS_PART = 8
const DATAGRAMS_PART = 8
/** Datagrams unread may take so much beside maxReceiveBuffer: a quarter of it. */
const DATAGRAMS_SHARE = 4

/**
 * The JavaScript side of one core endpoint: holds its handle and the connections and streams that are open, and takes
 * each batch of events to them. They are held strongly from open to closed.
 */
class Core {
  #connections = new Map()
  #streams = new Map()
  #closed = deferred()
  #onEvent

  /**
   * @param {object} options what binding.open takes, with the seed
   * @param {(nodeId: string) => boolean} authorize
   * @param {(kind: number, connection: number, data: unknown, number: number) => void} onEvent an event no connection
   *   here takes
   */
  constructor(options, authorize, onEvent) {
    this.#onEvent = onEvent
    this.handle = check(
      binding.open(
        options,
        (batch) => this.#onBatch(batch),
        () => this.#onClosed(),
        authorize
      )
    )
    sayGoodbyeAtExit(this.handle)
    this.maxSendBuffer = options.maxSendBuffer
    /** A longer frame is not sent: two fit into a stream's buffer. */
    this.maxSendFrame = Math.floor(options.maxSendBuffer / 2)
    this.sendLowWater = options.sendLowWater
    this.maxDatagrams = options.maxDatagrams
    this.maxConnections = options.maxConnections
    this.datagramsDropped = 0
    this.streamsRefused = 0
    /** Streams of peers that wait to be taken. */
    this.pendingStreams = new Shares(options.maxPendingStreams, STREAMS_PART)
    /** Bytes of datagrams that wait to be read. */
    this.pendingDatagrams = new Shares(Math.floor(options.maxReceiveBuffer / DATAGRAMS_SHARE), DATAGRAMS_PART)
    /** Takes datagrams that are to go by a relay: (relay number, ecn, segment size, bytes). */
    this.onRelaySend = () => {}
    /** The URL of a relay's number. */
    this.relayUrl = () => undefined
  }

  /** Resolves once nothing is open any more. */
  get closed() {
    return this.#closed.promise
  }

  /** From now on `connection[kEvent]` gets the events of this handle. */
  addConnection(handle, connection) {
    this.#connections.set(handle, connection)
  }

  removeConnection(handle) {
    this.#connections.delete(handle)
  }

  addStream(handle, stream) {
    this.#streams.set(handle, stream)
  }

  removeStream(handle) {
    this.#streams.delete(handle)
  }

  #onBatch(batch) {
    for (let at = 0; at < batch.length; at += EVENT_SIZE) {
      try {
        this.#dispatch(batch[at], batch[at + 1], batch[at + 2], batch[at + 3], batch[at + 4], batch[at + 5])
      } catch (error) {
        reportUncaught(error)
      }
    }
  }

  #dispatch(kind, connection, stream, number, error, data) {
    if (kind === Event.RELAY_SEND) {
      this.onRelaySend(number, error, stream, data)
      return
    }
    if (stream !== 0 && kind !== Event.STREAM_OPENED) {
      this.#streams.get(stream)?.onEvent(kind, number, error, data)
      return
    }
    const holder = this.#connections.get(connection)
    if (holder) holder[kEvent](kind, stream, number, data)
    else this.#onEvent(kind, connection, data, number)
  }

  #onClosed() {
    forgetAtExit(this.handle)
    this.#closed.resolve()
  }
}

module.exports = { Core }
