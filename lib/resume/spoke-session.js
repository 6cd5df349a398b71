// SPDX-License-Identifier: MIT
'use strict'

const { CloseCode } = require('../core/close-reason')
const { IrohErrorEvent } = require('../event-target/events')
const { kFire, kGreet, kSide } = require('../base/symbols')
const { Dialler } = require('./dialler')
const { boundsOver, correct } = require('./options')
const { resuming } = require('./resuming')
const { Session } = require('./session')
const { Spool } = require('./spool')

/**
 * What a spoke goes on from: its spool, if it has one, and its session.
 * @param {object} resume see readDelivery()
 * @param {string} nodeId of the hub
 * @throws {IrohError} ERR_IROH_SPOOL, ERR_IROH_UNSUPPORTED, ERR_IROH_INVALID_ARGUMENT
 */
function openKept(resume, nodeId) {
  const spool = resume.spool === undefined ? null : new Spool(resume.spool, resume.maxReplayBytes)
  try {
    const store = spool?.slot(nodeId) ?? null
    const kept = store?.restore()
    if (!kept) return { spool, store, session: Session.begin(resume, { store }) }
    const session = Session.restore(resume, store, kept)
    correct(session, nodeId, resume.received)
    return { spool, store, session }
  } catch (error) {
    spool?.close()
    throw error
  }
}

/**
 * A spoke that keeps a session with its hub over all its connections.
 * @param {typeof import('../hub/spoke').Spoke} Spoke
 */
function resumingSpoke(Spoke) {
  return class ResumingSpoke extends resuming(Spoke) {
    #dialler
    #spool

    /** @private @param {object} about as Spoke's, with `resume`, see readDelivery(), and `kept`, see openKept() */
    constructor(about) {
      super(about)
      const { resume, kept, targetOptions, endpoint } = about
      this.#spool = kept.spool
      this.#dialler = this[kSide]((heard) => {
        const owner = {
          ...heard,
          onLost: (error) => this[kFire](new IrohErrorEvent(error)),
          onUseless: (error) => this.#onUseless(error)
        }
        const { operations } = targetOptions
        return new Dialler({ bounds: boundsOver(endpoint, resume), owner, operations, clock: resume.clock, ...kept })
      })
      this.closed.then(() => this.#spool?.close())
    }

    async close() {
      await super.close()
      this.#spool?.close()
    }

    /** @private */
    [kGreet](channel) {
      this.#dialler.attach(channel)
    }

    #onUseless(error) {
      this[kFire](new IrohErrorEvent(error))
      this.connection.close(CloseCode.SESSION, error.message)
    }
  }
}

module.exports = { openKept, resumingSpoke }
