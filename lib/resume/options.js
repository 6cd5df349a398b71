// SPDX-License-Identifier: MIT
'use strict'

const { MAX_DURATION_MS, checkFunction, checkInteger, checkOneOf, checkOptions, checkText } = require('../base/check')
const { IrohError, invalid } = require('../base/errors')
const { systemClock } = require('../base/clock')
const { kCore } = require('../base/symbols')

const MIB = 1024 * 1024
const DELIVERIES = ['at-most-once', 'resume']
const NUMBERS = {
  maxReplayBytes: { min: 1024, max: 1024 * MIB, fallback: 16 * MIB },
  maxReplayTotal: { min: 1024, max: Number.MAX_SAFE_INTEGER, fallback: 256 * MIB },
  maxReplayEvents: { min: 1, max: 1 << 24, fallback: 1 << 18 },
  answerTimeoutMs: { min: 1, max: MAX_DURATION_MS, fallback: 3000 },
  expiryMs: { min: 0, max: MAX_DURATION_MS, fallback: 300_000 },
  maxDisconnected: { min: 0, max: 1 << 24, fallback: 1024 }
}

/**
 * Reads `delivery`, `resume` and `spool` of a spoke or a hub.
 * @param {object} options
 * @param {{ maxFrameLength: number }} targetOptions
 * @returns {object | null} null: at most once
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT
 */
function readDelivery({ delivery, resume, spool }, { maxFrameLength }) {
  if (checkOneOf(delivery, 'delivery', DELIVERIES, DELIVERIES[0]) !== 'resume') {
    if (resume !== undefined || spool !== undefined) throw invalid("resume and spool belong to delivery: 'resume'")
    return null
  }
  const given = checkOptions(resume, [...Object.keys(NUMBERS), 'received'], 'resume')
  const read = { maxFrameLength, clock: systemClock, spool: checkText(spool, 'spool') }
  for (const [name, bounds] of Object.entries(NUMBERS)) read[name] = checkInteger(given[name], `resume.${name}`, bounds)
  if (read.maxReplayBytes < maxFrameLength) throw invalid('resume.maxReplayBytes must be at least maxFrameLength')
  if (read.maxReplayTotal < read.maxReplayBytes) throw invalid('resume.maxReplayTotal must be at least maxReplayBytes')
  read.received = checkFunction(given.received, 'resume.received')
  return read
}

/** The same, read by readDelivery(), for streams of this endpoint, which do not take frames of any length. */
function boundsOver(endpoint, resume) {
  return { ...resume, maxFrameLength: Math.min(resume.maxFrameLength, endpoint[kCore]().maxSendFrame) }
}

/**
 * Puts a restored session to where the program says it is, by what it noted of the last event.
 * @param {import('./session').Session} session
 * @throws {IrohError} ERR_IROH_INVALID_ARGUMENT: the program is behind what the peer was told, or too far ahead
 */
function correct(session, nodeId, ask) {
  const { id, received } = session
  const noted = ask?.({ nodeId, session: id, received })
  if (noted === undefined || noted === null) return
  checkInteger(noted, 'what resume.received gives')
  if (noted < received || noted > received + 1) {
    throw new IrohError('ERR_IROH_INVALID_ARGUMENT', {
      peer: nodeId,
      detail: `resume.received gave ${noted}, and the spool has ${received}: it may be the same, or one more`
    })
  }
  session.correctReceived(noted)
}

module.exports = { boundsOver, correct, readDelivery }
