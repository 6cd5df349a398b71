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

/** One whose name is 'error': it has an `error` too, so that a listener made for local errors is not surprised. */
class PeerGossipErrorEvent extends GossipEvent {
  #error = new IrohError('ERR_IROH_NOT_ENVELOPE', { detail: "a peer named an event 'error'" })

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
