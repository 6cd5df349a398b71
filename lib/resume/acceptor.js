// SPDX-License-Identifier: MIT
'use strict'

const { ACK, RESUME, isControl, newSessionId, readResume } = require('./control')
const { Link } = require('./link')

/**
 * The accepting side of a session: each channel that asks for the session is attached, and the one before is heard no
 * more.
 */
class Acceptor {
  #link
  #owner

  /**
   * @param {object} about
   * @param {{ maxFrameLength: number }} about.bounds
   * @param {import('./link').LinkOwner} about.owner
   * @param {import('./session').Session} about.session
   */
  constructor({ bounds, owner, session, clock }) {
    this.#owner = owner
    this.#link = new Link(session, owner, { clock, maxFrameLength: bounds.maxFrameLength })
  }

  get link() {
    return this.#link
  }

  get delivery() {
    return 'resume'
  }

  /** Whether a peer that asks for this can go on with this session. @param {object} asked see readAsked() */
  fits({ session, received, fresh }) {
    const mine = this.#link.session
    return mine.id === session && mine.fits(received) && !(fresh && mine.received > 0)
  }

  /** Goes on over a channel with a peer that has dispatched so many events of this session. */
  attach(channel, received) {
    this.#link.attach(channel)
    this.#link.start(received)
  }

  detach() {
    this.#link.detach()
  }

  /** One envelope of the channel after its `hub.register`, in order. */
  receive(envelope) {
    if (!isControl(envelope.type)) this.#link.receive(envelope)
    else if (envelope.type === RESUME) this.#onResume(envelope)
    else if (envelope.type === ACK) this.#link.onAck(envelope)
    else this.#owner.deliver(envelope)
  }

  end(error) {
    this.#link.end(error)
  }

  /** The dialler says that it is where we are; a dialler that does not is none whose events could be counted. */
  #onResume(envelope) {
    const said = readResume(envelope.payload)
    if (said?.session !== this.#link.session.id) return
    this.#link.heed()
    this.#link.onAck(envelope)
  }
}

/**
 * What a dialler's request comes to: `id` is that of a session to be made, which is the dialler's own if it has just made
 * it up, and another if it tells the dialler that the one it had is lost; null: the session there is goes on.
 * @param {Acceptor | null} acceptor of the dialler's NodeId
 * @param {{ session: string, received: number, fresh: boolean }} asked see readAsked()
 * @returns {{ id: string | null, received: number }} where the dialler is in it
 */
function answerTo(acceptor, asked) {
  const { session, received, fresh } = asked
  if (acceptor?.fits(asked)) return { id: null, received }
  const isTaken = acceptor?.link.session.id === session
  return { id: fresh && !isTaken ? session : newSessionId(), received: 0 }
}

module.exports = { Acceptor, answerTo }
