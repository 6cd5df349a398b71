// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

/** A local 'error' event: something about the stream or its input, told by `error`. */
class IrohErrorEvent extends Event {
  #error

  constructor(error) {
    super('error')
    this.#error = error
  }

  get error() {
    return this.#error
  }

  get message() {
    return this.#error.message
  }
}

/** The local 'close' event: { kind, code, reason, error } as `target.closed` resolves with. */
class IrohCloseEvent extends Event {
  #closed

  constructor(closed) {
    super('close')
    this.#closed = closed
  }

  get kind() {
    return this.#closed.kind
  }

  get code() {
    return this.#closed.code
  }

  get reason() {
    return this.#closed.reason
  }

  get error() {
    return this.#closed.error
  }
}

/**
 * The local events of a spoke's state: 'connecting', 'connected' and 'disconnected'. The last has { kind, code, reason,
 * error } as IrohCloseEvent has, and `retryInMs`; all have `failures`, attempts that failed since the last that did not.
 */
class SpokeStateEvent extends Event {
  constructor(state, about) {
    super(state)
    Object.assign(this, about)
  }
}

/**
 * An envelope that has the name of a local event, such as 'close': no peer can make that happen, so it is an 'error' with
 * the envelope in `detail`. Local errors have no `detail`.
 */
class PeerErrorEvent extends CustomEvent {
  #error

  /** @param {object} envelope @param {string} name */
  constructor(envelope, name) {
    super('error', { detail: envelope })
    this.#error = new IrohError('ERR_IROH_NOT_ENVELOPE', { detail: `the peer named an event '${name}'` })
  }

  get error() {
    return this.#error
  }

  get message() {
    return this.#error.message
  }
}

/** An event of a session: `sequence` is its number in the session, from 1 on, and `session` the session's id. */
class SequencedEvent extends CustomEvent {
  constructor(type, init, sequence, session) {
    super(type, init)
    this.sequence = sequence
    this.session = session
  }
}

/** The event of an envelope; with a number if it has one. */
function eventOf(name, detail, sequence, session) {
  return sequence ? new SequencedEvent(name, { detail }, sequence, session) : new CustomEvent(name, { detail })
}

/** The event of an envelope whose name is one of the target's own. */
function forgedEvent(name, envelope, sequence, session) {
  return Object.assign(new PeerErrorEvent(envelope, name), sequence && { sequence, session })
}

module.exports = { IrohCloseEvent, IrohErrorEvent, SpokeStateEvent, eventOf, forgedEvent }
