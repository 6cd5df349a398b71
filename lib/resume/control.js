// SPDX-License-Identifier: MIT
'use strict'

// The envelopes of the resume protocol; docs/reference/wire.md tells it in full.

const { randomBytes } = require('node:crypto')

const VERSION = 1
const REGISTER = 'hub.register'
const RESUME = 'hub.resume'
const ACK = 'hub.ack'
const CONTROL = new Set([REGISTER, RESUME, ACK])
const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether an envelope of this type has no number. */
function isControl(type) {
  return type.startsWith('hub.') && CONTROL.has(type)
}

/** 128 bits at random. */
function newSessionId() {
  return randomBytes(16).toString('base64url')
}

function isSessionId(value) {
  return typeof value === 'string' && SESSION_ID.test(value)
}

/** @param {{ session?: string, received?: number, fresh?: boolean }} [asked] what a dialler has */
function registerJson(operations = [], asked = {}) {
  return JSON.stringify({ type: REGISTER, id: '', payload: { operations, resume: { version: VERSION, ...asked } } })
}

function resumeJson(session, received) {
  return JSON.stringify({ type: RESUME, payload: { session, received } })
}

function ackJson(received) {
  return `{"type":"${ACK}","payload":{"received":${received}}}`
}

/** Whether a hub.register offers to resume in the version we speak. */
function offersResume(payload) {
  return payload?.resume?.version === VERSION
}

/** What a dialler asks for in its hub.register; null if that is nothing we know. */
function readAsked(payload) {
  if (!offersResume(payload)) return null
  const asked = readResume(payload.resume)
  return asked && { ...asked, fresh: payload.resume.fresh === true }
}

/** @returns {{ session: string, received: number } | null} */
function readResume(payload) {
  const session = payload?.session
  const received = readCount(payload)
  return isSessionId(session) && received !== null ? { session, received } : null
}

/** @returns {number | null} */
function readCount(payload) {
  const received = payload?.received
  return Number.isSafeInteger(received) && received >= 0 ? received : null
}

module.exports = {
  ACK,
  REGISTER,
  RESUME,
  ackJson,
  isControl,
  isSessionId,
  newSessionId,
  offersResume,
  readAsked,
  readCount,
  readResume,
  registerJson,
  resumeJson
}
