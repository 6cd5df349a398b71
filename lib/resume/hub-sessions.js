// SPDX-License-Identifier: MIT
'use strict'

const { Shares } = require('../base/shares')
const { CloseCode } = require('../core/close-reason')
const { readAsked, registerJson } = require('./control')
const { AGAIN } = require('../event-target/inbox')
const { FirstWord } = require('./first-word')
const { HubSession } = require('./hub-session')
const { boundsOver, correct } = require('./options')
const { Session } = require('./session')
const { Spool } = require('./spool')

/** A spoke that says nothing in so long, and in some round trips, is one that knows no sessions. */
const GREETING_MS = 1000
const GREETING_ROUND_TRIPS = 4
/** A spoke that does not read is waited for so many times as long. */
const MAX_WAITS = 10

/** The sessions of a hub, and how its spokes are asked whether they want one. */
class HubSessions {
  #resume
  #targetOptions
  #onDisconnect
  #spool
  #begun = 0
  /** Those without a connection. */
  #disconnected = new Set()

  /**
   * @param {import('../endpoint/endpoint').Endpoint} endpoint
   * @param {object} resume see readDelivery()
   * @param {object} targetOptions
   * @param {(target: HubSession, ending: object) => void} onDisconnect
   * @throws {IrohError} ERR_IROH_SPOOL, ERR_IROH_UNSUPPORTED
   */
  constructor(endpoint, resume, targetOptions, onDisconnect) {
    const replayTotal = new Shares(resume.maxReplayTotal)
    this.#resume = { ...boundsOver(endpoint, resume), replayTotal }
    this.#targetOptions = targetOptions
    this.#onDisconnect = onDisconnect
    this.#spool = resume.spool === undefined ? null : new Spool(resume.spool, resume.maxReplayTotal)
  }

  /** The sessions of the spool. @returns {HubSession[]} @throws {IrohError} ERR_IROH_SPOOL, ERR_IROH_INVALID_ARGUMENT */
  restore() {
    try {
      return this.#restoreAll()
    } catch (error) {
      this.close()
      throw error
    }
  }

  #restoreAll() {
    const restored = []
    for (const [nodeId, store] of this.#spool?.slots ?? []) {
      const kept = store.restore()
      if (!kept) continue
      const session = Session.restore(this.#resume, store, kept)
      correct(session, nodeId, this.#resume.received)
      const target = this.#target(nodeId, session)
      restored.push(target)
      this.#bound(target)
    }
    return restored
  }

  /** A session that begins. @throws {IrohError} ERR_IROH_SPOOL */
  begin(nodeId, id) {
    const store = this.#spool?.slot(nodeId) ?? null
    return this.#target(nodeId, Session.begin(this.#resume, { id, established: true, store }))
  }

  /** A session has a connection again. */
  goOn(target, channel, received) {
    this.#disconnected.delete(target)
    target.goOn(channel, received)
  }

  /**
   * Offers to resume, and waits for the first envelope of a spoke. The silence of one that has a session ends nothing but
   * this connection: packets may be held up.
   * @param {import('../event-target/channel').Channel} channel a new one
   * @param {boolean} isKnown whether the spoke has a session here
   * @returns {Promise<void>} resolved when `onGreeted` was called, or the channel is over
   * @param {(asked: object | null, error: IrohError | null) => void} onGreeted in the turn of the first envelope: it must
   *   give the channel to somebody, who gets the envelope
   */
  greet(channel, isKnown, onGreeted) {
    const { clock, answerTimeoutMs } = this.#resume
    const timeoutMs = isKnown ? answerTimeoutMs : GREETING_MS + GREETING_ROUND_TRIPS * channel.connection.rtt()
    return new Promise((resolve, reject) => {
      const decide = (...greeting) => {
        firstWord.stop()
        try {
          if (greeting.length > 0) onGreeted(...greeting)
          resolve()
          return AGAIN
        } catch (error) {
          reject(error)
          return undefined
        }
      }
      const onSilence = (reads) => {
        if (isKnown || !reads) channel.connection.close(CloseCode.SESSION, 'the session was not asked for in time')
        else decide(null, null)
      }
      const firstWord = new FirstWord(channel, { ms: timeoutMs, waits: MAX_WAITS, clock }, onSilence)
      channel.giveTo({
        onEnvelope: (envelope) => decide(askedIn(envelope), null),
        onRefused: (error) => decide(null, error),
        onError: () => {},
        onOver: () => decide()
      })
      channel.push(registerJson(this.#targetOptions.operations))
    })
  }

  /** Another hub may have the spool. */
  close() {
    this.#spool?.close()
  }

  #target(nodeId, session) {
    const target = new HubSession(nodeId, this.#targetOptions, {
      resume: this.#resume,
      session,
      onDisconnect: (ending) => this.#disconnect(target, ending),
      makeRoom: (length) => this.#makeRoom(session, length)
    })
    target.began = this.#begun++
    target.closed.then(() => this.#disconnected.delete(target))
    return target
  }

  #disconnect(target, ending) {
    this.#onDisconnect(target, ending)
    this.#bound(target)
  }

  #bound(target) {
    this.#disconnected.add(target)
    if (this.#disconnected.size > this.#resume.maxDisconnected)
      this.#giveUp(leastWorth(this.#disconnected), 'too many spokes are disconnected')
  }

  /** What is sent to a spoke that is there goes before what waits for those that are not. */
  #makeRoom(session, length) {
    while (!session.hasShare(length) && this.#disconnected.size > 0) {
      const holding = [...this.#disconnected].filter(({ charge }) => charge > 0)
      if (holding.length === 0) return
      this.#giveUp(leastWorth(holding), 'all sessions together hold maxReplayTotal')
    }
  }

  #giveUp(target, why) {
    this.#disconnected.delete(target)
    target.giveUp(why)
  }
}

/**
 * Which of the disconnected sessions is given up first: of the source with the most of them, so that who makes up
 * identities makes room for itself; of those, one of which nothing was sent or dispatched yet; of those, the one that
 * holds most; and of those the youngest.
 * @param {Iterable<HubSession>} sessions
 */
function leastWorth(sessions) {
  const counts = new Map()
  for (const { source } of sessions) if (source !== null) counts.set(source, (counts.get(source) ?? 0) + 1)
  const rank = (target) => [counts.get(target.source) ?? 1, target.isProved ? 0 : 1, target.charge, target.began]
  const [first, ...rest] = sessions
  return rest.reduce((worst, target) => (isAbove(rank(target), rank(worst)) ? target : worst), first)
}

/** Whether the first list of numbers comes after the second. */
function isAbove(one, other) {
  const at = one.findIndex((value, index) => value !== other[index])
  return at >= 0 && one[at] > other[at]
}

function askedIn({ type, payload }) {
  return type === 'hub.register' ? readAsked(payload) : null
}

module.exports = { HubSessions }
