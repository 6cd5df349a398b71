// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')

/** An event of somebody in the topic: its envelope is in `detail`. */
class GossipEvent extends CustomEvent {
  #author
  #deliveredFrom

  /** @param {string} name @param {{ detail: object, author: () => string | null, deliveredFrom: string }} about */
  constructor(name, { detail, author, deliveredFrom }) {
    super(name, { detail })
    this.#author = author
    this.#deliveredFrom = deliveredFrom
  }

  /** The NodeId that signed it; null if nobody did, or the signature does not hold. Looked at when it is first asked for. */
  get author() {
    return this.#author()
  }

  /** The NodeId of the neighbour that passed it on, which may be the author or not. */
  get deliveredFrom() {
    return this.#deliveredFrom
  }
}

/** One that has the name of a local event, such as 'close': it is an 'error' with the envelope in `detail`. */
class PeerGossipErrorEvent extends GossipEvent {
  #error

  /** @param {string} name @param {object} about as GossipEvent takes it */
  constructor(name, about) {
    super('error', about)
    this.#error = new IrohError('ERR_IROH_NOT_ENVELOPE', { detail: `a peer named an event '${name}'` })
  }

  get error() {
    return this.#error
  }

  get message() {
    return this.#error.message
  }
}

/** A local event of the topic: 'neighborUp', 'neighborDown', 'dialFailed' or 'lagged', with what the topic's has. */
class GossipStateEvent extends Event {
  constructor({ type, ...about }) {
    super(type)
    Object.assign(this, about)
  }
}

module.exports = { GossipEvent, GossipStateEvent, PeerGossipErrorEvent }
