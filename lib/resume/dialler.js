// SPDX-License-Identifier: MIT
'use strict'

const { IrohError } = require('../base/errors')
const { REGISTER, RESUME, isControl, offersResume, readResume, registerJson } = require('./control')
const { FirstWord } = require('./first-word')
const { Link } = require('./link')
const { Session } = require('./session')

const COUNTS_DIFFER = 'the two sides count differently'
/** A peer that has a session and says nothing on so many channels in a row is one that knows no sessions any more. */
const MAX_SILENCES = 5
/** A peer that does not read is waited for so many times as long. */
const MAX_WAITS = 5

/**
 * The dialling side of a session: it chooses the session's id, asks for it on each channel, and serves a peer that does
 * not know sessions as one without.
 *
 *   asked ──register that offers──► offered ──hub.resume──► live
 *     └──register without, another envelope first, or nothing in time──► plain
 */
class Dialler {
  #link
  #owner
  #bounds
  #store
  #operations
  #clock
  #firstWord = null
  #state = 'idle'
  #silences = 0

  /**
   * @param {object} about
   * @param {{ maxReplayBytes: number, maxReplayEvents: number, maxFrameLength: number, answerTimeoutMs: number }} about.bounds
   * @param {import('./link').LinkOwner & { onLost: (error: IrohError) => void, onUseless: (error: IrohError) => void
   *   }} about.owner onLost: its events may not have arrived, and a new session begins; onUseless: this channel is to be
   *   closed
   * @param {Session} about.session
   * @param {import('./spool').Slot | null} [about.store]
   */
  constructor({ bounds, owner, session, store = null, operations, clock }) {
    this.#bounds = bounds
    this.#owner = owner
    this.#store = store
    this.#operations = operations
    this.#clock = clock
    const heard = {
      deliver: owner.deliver,
      onFailed: owner.onFailed,
      onMismatch: (detail) => this.#onMismatch(detail)
    }
    this.#link = new Link(session, heard, { clock, maxFrameLength: bounds.maxFrameLength })
  }

  get link() {
    return this.#link
  }

  /** What is in force, or hoped for. */
  get delivery() {
    return this.#state === 'plain' ? 'at-most-once' : 'resume'
  }

  /** Asks for the session on a new channel. */
  attach(channel) {
    const { id, received, established } = this.#link.session
    this.detach()
    this.#link.attach(channel)
    this.#state = 'asked'
    const limits = { ms: this.#bounds.answerTimeoutMs, waits: MAX_WAITS, clock: this.#clock }
    this.#firstWord = new FirstWord(channel, limits, (reads) => this.#onSilence(reads))
    channel.push(registerJson(this.#operations, { session: id, received, fresh: !established }))
  }

  detach() {
    const wasPlain = this.#state === 'plain'
    this.#settle('idle')
    this.#link.detach()
    if (wasPlain) this.#renew(this.#link.session.untransmitted())
  }

  /** One envelope of the channel, in order. */
  receive(envelope) {
    this.#silences = 0
    if (!isControl(envelope.type)) this.#onOrdinary(envelope)
    else if (envelope.type === REGISTER) this.#onRegister(envelope)
    else if (envelope.type === RESUME) this.#onResume(envelope)
    else this.#link.onAck(envelope)
  }

  /** Nothing is sent any more. */
  end(error) {
    this.#settle('idle')
    this.#link.end(error)
  }

  #onOrdinary(envelope) {
    if (this.#state === 'asked') this.#goPlain()
    this.#link.receive(envelope)
  }

  /** The `hub.register` that begins a channel, and is delivered later. */
  foresee({ payload }) {
    this.#silences = 0
    if (this.#state !== 'asked') return
    if (offersResume(payload)) this.#state = 'offered'
    else this.#goPlain()
  }

  #onRegister(envelope) {
    this.foresee(envelope)
    this.#owner.deliver(envelope)
  }

  #onResume({ payload }) {
    if (this.#state === 'live') return
    const answer = readResume(payload)
    if (this.#state !== 'offered' || !answer) {
      this.#owner.onUseless(new IrohError('ERR_IROH_SESSION_LOST', { detail: `${RESUME} out of place` }))
      return
    }
    const { session } = this.#link
    if (answer.session !== session.id)
      this.#lose('the peer does not know it', { id: answer.session, established: true })
    else if (!session.fits(answer.received)) return this.#onMismatch(COUNTS_DIFFER)
    if (!this.#link.session.fits(answer.received)) return this.#onMismatch(COUNTS_DIFFER)
    this.#settle('live')
    this.#link.heed()
    this.#link.start(answer.received)
  }

  /** What was said on this channel cannot be put right on it. */
  #onMismatch(detail) {
    this.#link.detach()
    this.#lose(detail)
    this.#owner.onUseless(new IrohError('ERR_IROH_SESSION_LOST', { detail }))
  }

  /** Silence says little of a peer that has a session: packets may be held up. It says nothing of one that is busy. */
  #onSilence(reads) {
    this.#firstWord = null
    const isDoubtful = !reads || (this.#link.session.established && ++this.#silences < MAX_SILENCES)
    if (this.#state === 'asked' && !isDoubtful) this.#goPlain()
    else this.#owner.onUseless(new IrohError('ERR_IROH_TIMEOUT', { detail: 'the peer did not answer for the session' }))
  }

  /** A peer that has no session has lost the one it had. */
  #goPlain() {
    if (this.#link.session.established) this.#lose('the peer does not resume')
    this.#settle('plain')
    this.#link.startPlain()
  }

  /** Tells what may not have arrived; what was never transmitted goes into the session that follows. */
  #lose(detail, about) {
    const { session } = this.#link
    const wasEstablished = session.established
    const unacknowledged = session.uncertain()
    this.#renew(session.untransmitted(), about)
    if (!wasEstablished) return
    const error = new IrohError('ERR_IROH_SESSION_LOST', { detail })
    error.unacknowledged = unacknowledged
    this.#owner.onLost(error)
  }

  #renew(events, about) {
    try {
      this.#link.replace(Session.begin(this.#bounds, { ...about, events, store: this.#store }))
    } catch (error) {
      this.#owner.onFailed(error)
    }
  }

  #settle(state) {
    this.#state = state
    this.#firstWord?.stop()
    this.#firstWord = null
  }
}

module.exports = { Dialler }
