// SPDX-License-Identifier: MIT
'use strict'

const { setImmediate: nextTurn } = require('node:timers/promises')
const { parsePeer } = require('../tickets/peer')
const { createSpoke } = require('../hub/spoke')
const { kHalfClose, kTap } = require('../base/symbols')
const { UsageError } = require('./command')
const { quote } = require('./values')
const { endpointOptions } = require('./node-options')
const { tellNetwork } = require('./network-lines')
const { Exit, Session } = require('./session')

/** With more than this on its way to the hub, stdin waits. */
const HIGH_WATER = 256 * 1024
/** How a connection ends once the hub has read to the end. */
const GOOD_ENDS = ['finished', 'application-closed']
const STOPPED = { kind: 'finished', reason: '' }
const LOST = { kind: 'not-connected', reason: '' }
const NO_ADDRESS = 'ERR_IROH_NO_ADDRESS'

function spokeOptions(values, hub) {
  const { alpn, timeout, wait, 'no-reconnect': isOnce } = values
  if (wait && isOnce) throw new UsageError('--wait and --no-reconnect do not go together')
  try {
    parsePeer(hub)
  } catch (error) {
    throw new UsageError(`<ticket|NodeId> ${quote(hub)}: ${error.message}`)
  }
  return {
    hub,
    endpointOptions: endpointOptions(values),
    reconnect: isOnce ? false : { fromStart: wait === true },
    ...(alpn !== undefined && { alpn }),
    ...(timeout !== undefined && { timeoutMs: timeout })
  }
}

/** What an error of a dial means at a prompt. @returns {string} */
function inWords({ code, message }, hub) {
  if (code !== NO_ADDRESS) return message
  const { nodeId } = parsePeer(hub)
  return `no address of ${nodeId} is known: give the hub's ticket; or --local, if both are on one network`
}

/**
 * What the hub sends is printed; while nobody takes it, the hub waits. What happens to the connection is told, until
 * `ending` aborts.
 */
function listen(spoke, session, ending) {
  const hub = spoke.remoteNodeId
  const tellConnected = () => {
    const nodeId = spoke.nodeId()
    session.say({ event: 'connected', nodeId, hub }, `connected to ${hub} as ${nodeId}`)
  }
  /** An error that has a detail is an envelope with the name of a local event. */
  const onOwn = (name, listener) => {
    spoke.addEventListener(name, (event) => event.detail === undefined && listener(event), { signal: ending })
  }
  spoke[kTap] = (envelope) => session.print(hub, envelope)
  onOwn('connected', tellConnected)
  onOwn('disconnected', ({ kind, code, reason, error, retryInMs }) => {
    const words = `not connected: ${error ? inWords(error, hub) : reason || kind}; trying again in ${retryInMs} ms`
    session.say({ event: 'disconnected', kind, code, reason, retryInMs }, words)
  })
  onOwn('error', ({ error: { code, message } }) =>
    session.say({ event: 'bad-input', from: hub, code, message }, message)
  )
  session.on('full', () => spoke.pause()).on('drain', () => spoke.resume())
  if (spoke.state === 'connected') tellConnected()
}

/** Resolves when the spoke is connected, or is over. */
async function connected(spoke) {
  while (spoke.state !== 'connected' && spoke.state !== 'closed') {
    const heard = new AbortController()
    await new Promise((resolve) => {
      for (const name of ['connected', 'close']) spoke.addEventListener(name, resolve, { signal: heard.signal })
    })
    heard.abort()
  }
}

/** Sends an envelope as soon as there is a hub and room for it; gives up when the spoke is over. */
async function deliver(spoke, envelope) {
  while (spoke.state !== 'closed') {
    await connected(spoke)
    if (spoke.bufferedAmount > HIGH_WATER) await spoke.drained().catch(() => {}) // then send() tells
    try {
      spoke.send(envelope)
      return
    } catch (error) {
      await nextTurn() // in which a lost connection is noticed
      if (spoke.state === 'connected' && error.code !== 'ERR_IROH_BUFFER_FULL') throw error
    }
  }
}

/**
 * Sends what stdin has.
 * @returns {Promise<{ sent: number, loss: object | null }>} how many lines it was; how the first connection ended that took
 *   lines along, if one did: the hub may not have read all of them
 */
async function feed(spoke, session) {
  let sent = 0
  let sentBefore = 0
  let loss = null
  const onDisconnected = (event) => {
    if (event.detail !== undefined) return
    if (sent > sentBefore) loss ??= event
    sentBefore = sent
  }
  spoke.addEventListener('disconnected', onDisconnected)
  for await (const { line, envelope } of session.envelopes({ isAddressed: false })) {
    try {
      await deliver(spoke, envelope)
      sent++
    } catch (error) {
      session.skip(line, error)
    }
  }
  spoke.removeEventListener('disconnected', onDisconnected)
  return { sent, loss }
}

/** Resolves when the connection there is now is over, with the event that tells. */
function connectionOver(spoke) {
  return new Promise((resolve) => {
    for (const name of ['disconnected', 'close']) {
      spoke.addEventListener(name, resolve)
    }
  })
}

/** Ends the sending half; resolves with how the connection ends, or with a good end when it is not to be waited for. */
async function readToEnd(spoke, session) {
  const over = connectionOver(spoke)
  spoke[kHalfClose]()
  return (await Promise.race([over, session.stopped])) ?? STOPPED
}

/**
 * Nothing more is to be sent: waits until the hub has dispatched everything, as long as that takes. A connection that is
 * closed at once would take along what the hub has received and not yet read.
 * @param {{ sent: number, loss: object | null }} fed
 * @returns {Promise<number>} exit code
 */
async function handOver(spoke, session, { sent, loss }) {
  if (sent === 0 && spoke.state !== 'connected') return Exit.OK
  const end = spoke.state === 'connected' ? await readToEnd(spoke, session) : LOST
  if (GOOD_ENDS.includes(end.kind) && loss === null) return Exit.OK
  const { kind, reason } = loss ?? end
  const words = `the connection was lost before the hub had everything: ${reason || kind}`
  session.say({ event: 'closed', kind, reason }, words)
  return Exit.LOST
}

/** Until stdin ends, unless it is to stay then; it is told to end; or the connection is over for good. */
async function serve(spoke, session, stays) {
  const ending = new AbortController()
  listen(spoke, session, ending.signal)
  tellNetwork(spoke.endpoint, session)
  const fed = feed(spoke, session)
  const eof = fed.then((end) => (stays || session.signal.aborted ? session.stopped : end))
  const ended = await Promise.race([eof, session.stopped, spoke.closed])
  ending.abort()
  const code = await endOf(ended, spoke, session)
  session.stop()
  await spoke.close()
  await fed
  return code
}

/**
 * @param {{ sent: number, loss: object | null } | object | undefined} ended why: the end of stdin, or how the connection ended for good
 * @returns {Promise<number>} exit code
 */
async function endOf(ended, spoke, session) {
  if (session.signal.aborted) return Exit.OK
  if (ended.sent !== undefined) return handOver(spoke, session, ended)
  const { kind, code, reason, error } = ended
  const words = error ? inWords(error, spoke.remoteNodeId) : reason || kind
  session.say({ event: 'closed', kind, code, reason }, `the connection is over: ${words}`)
  return Exit.LOST
}

/** `spoke`: connects to a hub, until stdin ends or it is told to end. */
async function run(values, hub) {
  const options = spokeOptions(values, hub)
  const session = new Session(values)
  try {
    const spoke = await createSpoke({ ...options, signal: session.signal })
    session.end(await serve(spoke, session, values.stay))
  } catch (error) {
    if (!session.signal.aborted) throw error.code === NO_ADDRESS ? new Error(inWords(error, hub)) : error
    session.end()
  }
}

module.exports = { run }
