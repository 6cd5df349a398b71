// SPDX-License-Identifier: MIT
'use strict'

const { setImmediate: nextTurn } = require('node:timers/promises')
const { parsePeer } = require('../node-addr')
const { createSpoke } = require('../spoke')
const { kTap } = require('../symbols')
const { UsageError } = require('./command')
const { endpointOptions } = require('./node-options')
const { Exit, Session } = require('./session')

/** With more than this on its way to the hub, stdin waits. */
const HIGH_WATER = 256 * 1024

function spokeOptions(values, hub) {
  const { alpn, timeout, wait, 'no-reconnect': isOnce } = values
  if (wait && isOnce) throw new UsageError('--wait and --no-reconnect do not go together')
  try {
    parsePeer(hub)
  } catch (error) {
    throw new UsageError(error.message)
  }
  return {
    hub,
    endpointOptions: endpointOptions(values),
    reconnect: isOnce ? false : { fromStart: wait === true },
    ...(alpn !== undefined && { alpn }),
    ...(timeout !== undefined && { timeoutMs: timeout })
  }
}

/** What the hub sends is printed; while nobody takes it, the hub waits. What happens to the connection is told. */
function listen(spoke, session) {
  const hub = spoke.remoteNodeId
  const tellConnected = () => {
    const nodeId = spoke.nodeId()
    session.say({ event: 'connected', nodeId, hub }, `connected to ${hub} as ${nodeId}`)
  }
  /** Envelopes that are named as the spoke's own events have a detail. */
  const onOwn = (name, listener) => {
    spoke.addEventListener(name, (event) => event.detail === undefined && listener(event))
  }
  spoke[kTap] = (envelope) => session.print(hub, envelope)
  onOwn('connected', tellConnected)
  onOwn('disconnected', ({ kind, code, reason, retryInMs }) => {
    const words = `not connected: ${reason || kind}; trying again in ${retryInMs} ms`
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

async function feed(spoke, session, stays) {
  for await (const { line, envelope } of session.envelopes({ isAddressed: false })) {
    try {
      await deliver(spoke, envelope)
    } catch (error) {
      session.skip(line, error)
    }
  }
  if (session.signal.aborted || stays) return
  await spoke.drained().catch(() => {}) // it is not connected, or no longer
  session.stop()
}

/** Until it is to end, or the connection is over for good. @returns {Promise<number>} exit code */
async function serve(spoke, session, stays) {
  listen(spoke, session)
  const work = feed(spoke, session, stays)
  const closed = await Promise.race([session.stopped, spoke.closed])
  session.stop()
  await spoke.close()
  await work
  if (closed === undefined) return Exit.OK
  const { kind, code, reason } = closed
  session.say({ event: 'closed', kind, code, reason }, `the connection is over: ${reason || kind}`)
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
    if (!session.signal.aborted) throw error
    session.end()
  }
}

module.exports = { run }
