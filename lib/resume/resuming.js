// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('../core/close-reason')
const { IrohError, invalid } = require('../base/errors')
const { IrohErrorEvent } = require('../event-target/events')
const {
  kAhead,
  kCheckType,
  kComplete,
  kDetached,
  kEnvelope,
  kFail,
  kFinish,
  kFire,
  kKeepsHeld,
  kRefused,
  kSendJson,
  kSide,
  kTake
} = require('../base/symbols')
const { within } = require('../base/within')
const { ACK, REGISTER, RESUME, isControl } = require('./control')

/** How long close() waits for the peer to have it all. */
const CLOSE_MS = 2000

/** @throws {IrohError} ERR_IROH_INVALID_ARGUMENT if the protocol needs the type for itself */
function checkNotReserved(type) {
  if (isControl(type)) throw invalid(`with delivery 'resume' the type ${type} is reserved`)
}

/**
 * An event target of the given class that keeps a session: what is sent waits for a channel, and for the peer to have it.
 * A subclass or its maker gives it a side, a Dialler or an Acceptor, with [kSide] before the first channel.
 * @param {typeof import('../event-target/event-target').IrohEventTarget} Base
 */
function resuming(Base) {
  return class Resuming extends Base {
    #side = null
    #sent = 0
    #isOver = false
    #isClosing = false
    /** Whether an event of the channel waits for resume(). */
    #isBehind = false

    get delivery() {
      return this.#side.delivery
    }

    /** @private @param {(owner: import('./link').LinkOwner) => object} make */
    [kSide](make) {
      const dispatch = super[kEnvelope] // looked up once: a look-up by symbol in super is slow
      this.#side = make({
        deliver: (envelope, sequence, session) => dispatch.call(this, envelope, sequence, session),
        onFailed: (error) => this[kFail](error)
      })
      return this.#side
    }

    get session() {
      const { id, sent, acknowledged, received, replaySize } = this.#side.link.session
      return { id, sent, acknowledged, received, replaySize }
    }

    get bufferedAmount() {
      return this.#isOver ? 0 : this.#side.link.bufferedAmount
    }

    stats() {
      return { ...super.stats(), sent: this.#sent }
    }

    /** @private */
    get [kCheckType]() {
      return checkNotReserved
    }

    /** Resolves when there is room in the replay buffer again and nearly nothing is unsent, be it after a reconnect. */
    drained() {
      return this.#side.link.drained()
    }

    /** Waits up to two seconds for the peer to have it all. A spool keeps what is left; else `closed` tells of it. */
    async close() {
      this.#isClosing = true
      const { link } = this.#side
      if (link.channel)
        await within(
          link.acknowledged().catch(() => {}),
          CLOSE_MS
        )
      await super.close()
    }

    /** @private */
    [kSendJson](json, sharers) {
      if (this.#isClosing) throw new IrohError('ERR_IROH_CLOSED', { detail: 'the event target is closed' })
      this.#side.link.send(json, sharers)
      this.#sent++
    }

    /** @private */
    [kEnvelope](envelope) {
      if (!this.#isOver) this.#side.receive(envelope)
    }

    /** @private */
    [kRefused]() {
      if (!this.#isOver) this.#side.link.skip()
    }

    /** @private */
    [kTake](channel, isGreeted) {
      this.#isBehind = false
      super[kTake](channel, isGreeted)
    }

    /**
     * @private What the session says of itself does not wait for resume(): acknowledgements never, where the peer is only
     * while no event waits that came before.
     */
    [kAhead](envelope) {
      const { type } = envelope
      if (type === ACK) return this.#takeAhead(envelope, this.#side.link.isLive)
      if (type === RESUME) return this.#takeAhead(envelope, !this.#isBehind)
      if (this.#isBehind) return false
      const isTaken = super[kAhead](envelope)
      if (type !== REGISTER) this.#isBehind = true
      else if (!isTaken) this.#side.foresee?.(envelope)
      return isTaken
    }

    /** @private What waits for resume() when a connection is lost comes again. */
    [kKeepsHeld]() {
      return false
    }

    /** @private The end of the stream would be the end of the session: one that is kept ends its connection instead. */
    [kFinish](channel) {
      if (this.delivery === 'resume' && this.#side.link.session.isStored) channel.connection.close(CloseCode.NORMAL, '')
      else super[kFinish](channel)
    }

    /** @private */
    [kDetached](ending) {
      this.#side.detach()
      super[kDetached](ending)
    }

    #takeAhead(envelope, isTime) {
      if (isTime) this[kEnvelope](envelope)
      return isTime
    }

    /** @private What the peer may not have, and no spool has, is told. */
    [kComplete](ending) {
      if (this.#isOver) return
      this.#isOver = true
      const failure = this.#commit()
      const error = withLost(ending.error ?? failure, this.#side.link.session.unkept())
      this.#side.end(error ?? new IrohError('ERR_IROH_CLOSED', { detail: 'the event target is closed' }))
      if (error?.code === 'ERR_IROH_SESSION_LOST') this[kFire](new IrohErrorEvent(error))
      super[kComplete](Object.freeze({ ...ending, error }))
    }

    /** @returns {IrohError | null} why what was sent in this turn is not in the spool */
    #commit() {
      try {
        this.#side.link.commit()
        return null
      } catch (error) {
        return error
      }
    }
  }
}

/** The error that a target ends with, which names the envelopes that the peer may not have. */
function withLost(cause, unacknowledged) {
  const isLost = cause?.code === 'ERR_IROH_SESSION_LOST' || cause?.code === 'ERR_IROH_SPOOL'
  if (!isLost && unacknowledged.length === 0) return cause
  const detail = `${unacknowledged.length} events were not acknowledged`
  const error = isLost ? cause : new IrohError('ERR_IROH_SESSION_LOST', { detail, cause: cause ?? undefined })
  error.unacknowledged = unacknowledged
  return error
}

/** Whether a stream ended because of what was on it: the same would be sent again, and end the next one. */
function isPoisoned({ kind, code }) {
  return kind === 'stream-error' || (kind === 'stream-reset' && code === CloseCode.BAD_FRAME)
}

module.exports = { checkNotReserved, isPoisoned, resuming }
