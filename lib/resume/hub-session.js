// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('../core/close-reason')
const { IrohError } = require('../base/errors')
const { IrohEventTarget } = require('../event-target/event-target')
const { Patience } = require('../base/patience')
const { kComplete, kDetached, kEnd, kFail, kFinish, kPark, kSendJson, kSide, kTake } = require('../base/symbols')
const { senderOf } = require('../base/senders')
const { Acceptor, answerTo } = require('./acceptor')
const { isPoisoned, resuming } = require('./resuming')

/** An address, a network of addresses, or a relay: who makes many sessions has many from one of these. */
function sourceOf(connection) {
  const [path] = connection.paths()
  if (!path) return null
  return path.isRelay ? path.remoteAddress : senderOf(path.remoteAddress.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))
}

const EXPIRED = 'the spoke did not come back in time'

/**
 * A hub's side of a session with one spoke: the event target of that spoke over all its connections. It has none for at
 * most `expiryMs`; then the session is over.
 */
class HubSession extends resuming(IrohEventTarget) {
  #acceptor
  #session
  #resume
  #onDisconnect
  #makeRoom
  #expiry = null
  #state = 'disconnected'
  #isParked = false
  #isClosing = false

  /**
   * @private
   * @param {string} nodeId
   * @param {object} targetOptions
   * @param {{ resume: object, session: import('./session').Session,
   *   onDisconnect: (ending: object) => void, makeRoom: (length: number) => void }} about onDisconnect: it has no
   *   connection any more; makeRoom: others that have none may give way
   */
  constructor(nodeId, targetOptions, { resume, session, onDisconnect, makeRoom }) {
    super(nodeId, targetOptions)
    this.#resume = resume
    this.#session = session
    this.#onDisconnect = onDisconnect
    this.#makeRoom = makeRoom
    this.#acceptor = this[kSide]((heard) => {
      const owner = { ...heard, onMismatch: (detail) => this.giveUp(detail) }
      return new Acceptor({ bounds: resume, owner, session, clock: resume.clock })
    })
    this.#await()
  }

  /** 'connected', 'disconnected' (and the spoke may come back) or 'closed'. */
  get state() {
    return this.#state
  }

  /** @private Where the spoke came from last, see sourceOf(); null: it has not come since the hub began. */
  source = null
  /** @private How many sessions the hub had begun before. */
  began = 0

  /** @private */
  get charge() {
    return this.#session.charge
  }

  /** @private */
  get isProved() {
    return this.#session.isProved
  }

  /** @private A spoke that is there does not wait for those that are not. */
  [kSendJson](json, sharers = 1) {
    const charge = Math.ceil(json.length / sharers)
    if (this.#state === 'connected' && !this.#session.hasShare(charge)) this.#makeRoom(charge)
    super[kSendJson](json, sharers)
  }

  /** @private What is answered to a spoke that asks. @see answerTo */
  answer(asked) {
    return answerTo(this.#acceptor, asked)
  }

  /** @private The spoke, which has dispatched so many events of the session, goes on over this channel. */
  goOn(channel, received) {
    const older = this.#state === 'connected' ? this.connection : null
    this.#stopWaiting()
    this.#state = 'connected'
    this.source = sourceOf(channel.connection)
    this[kTake](channel, true)
    this.#acceptor.attach(channel, received)
    older?.close(CloseCode.REPLACED, 'replaced by a newer connection of the same NodeId')
  }

  /** @private The spoke is waited for no longer. */
  giveUp(detail) {
    this[kFail](new IrohError('ERR_IROH_SESSION_LOST', { detail }))
  }

  /** @private The hub ends, and may go on with the session in another life if it has a spool. */
  [kPark]() {
    this.#isParked = true
    return this.close()
  }

  /** Ends the session, after what was sent; waits up to two seconds for the spoke to have it. */
  async close() {
    this.#isClosing = true
    if (this.#state === 'connected') await super.close()
    this[kEnd]({ kind: 'locally-closed', code: CloseCode.NORMAL, reason: '', error: null })
  }

  /** @private */
  [kDetached](ending) {
    if (this.#state === 'closed') return
    this.#state = 'disconnected'
    const isLast = ending.kind === 'finished' || isPoisoned(ending)
    if (isLast || this.#isClosing) {
      super[kDetached](ending)
      return
    }
    this.#acceptor.detach()
    this.#await()
    this.#onDisconnect(ending)
  }

  /** @private */
  [kFail](error) {
    this[kEnd]({ kind: 'locally-closed', code: CloseCode.SESSION, reason: error.message, error })
  }

  /** @private The session is over, whatever there was of it. */
  [kEnd](ending) {
    if (this.#state === 'closed') return
    if (this.#state === 'connected') this.connection.close(ending.code, ending.reason)
    this[kComplete](ending)
  }

  /** @private */
  [kComplete](ending) {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#stopWaiting()
    if (!this.#isParked) this.#forget()
    super[kComplete](ending)
  }

  /** @private A session that is not kept ends with its stream. */
  [kFinish](channel) {
    if (this.#isParked) super[kFinish](channel)
    else channel.finish()
  }

  #await() {
    const { clock, expiryMs } = this.#resume
    this.#expiry = new Patience(expiryMs, () => this.giveUp(EXPIRED), clock).unref()
  }

  #stopWaiting() {
    this.#expiry?.stop()
    this.#expiry = null
  }

  #forget() {
    try {
      this.#session.forget()
    } catch {
      // The spool has failed, and that is why the session ends.
    }
  }
}

module.exports = { HubSession }
