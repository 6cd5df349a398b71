// SPDX-License-Identifier: MIT
'use strict'

const { createHub } = require('../hub/hub')
const { kTap } = require('../base/symbols')
const { announce } = require('./announce')
const { UsageError } = require('./command')
const { endpointOptions } = require('./node-options')
const { tellNetwork } = require('./network-lines')
const { Session } = require('./session')

/** With more than this on its way to a spoke, stdin waits. */
const HIGH_WATER = 256 * 1024

function hubOptions(values) {
  const { allow, 'allow-file': file, 'slow-spoke': slowSpoke, alpn } = values
  if (allow && file !== undefined) throw new UsageError('--allow and --allow-file do not go together')
  const rule = file === undefined ? allow : { file }
  return {
    endpointOptions: endpointOptions(values),
    ...(rule && { allow: rule }),
    ...(alpn !== undefined && { alpn }),
    ...(slowSpoke && { slowSpoke })
  }
}

/** What spokes send is printed; while nobody takes it, they wait. */
function listen(hub, session) {
  hub.on('spoke', (target) => {
    const from = target.remoteNodeId
    target[kTap] = (envelope) => session.print(from, envelope)
    target.addEventListener('error', ({ detail, error }) => {
      if (detail !== undefined) return // an envelope with the name of a local event
      session.say({ event: 'bad-input', from, code: error.code, message: error.message }, `${from}: ${error.message}`)
    })
    if (session.isFull) target.pause()
    session.say({ event: 'spoke', nodeId: from }, `spoke ${from} is here`)
  })
  hub.on('spokeclose', (nodeId, { kind, code, reason }) => {
    session.say({ event: 'spokeclose', nodeId, kind, code, reason }, `spoke ${nodeId} is gone: ${reason || kind}`)
  })
  hub.on('conflict', (nodeId) => {
    const words = `two programs have the key of spoke ${nodeId} and took turns: the newer one is turned away`
    session.say({ event: 'conflict', nodeId }, words)
  })
  hub.on('allowlist', (error) => {
    if (error) session.say({ event: 'allowlist', message: error.message }, `the old allowlist stays: ${error.message}`)
    else session.say({ event: 'allowlist' }, 'the allowlist was read anew')
  })
  session.on('full', () => {
    for (const target of hub.spokes.values()) target.pause()
  })
  session.on('drain', () => {
    for (const target of hub.spokes.values()) target.resume()
  })
}

/** What stdin has is sent, no faster than the slowest spoke takes it unless another policy was asked for. */
async function feed(hub, session, policy) {
  for await (const { line, envelope, to } of session.envelopes({ isAddressed: true })) {
    try {
      if (to === undefined) hub.broadcast(envelope)
      else hub.send(to, envelope)
    } catch (error) {
      session.skip(line, error)
    }
    const isBehind = [...hub.spokes.values()].some(({ bufferedAmount }) => bufferedAmount > HIGH_WATER)
    if (isBehind && policy === 'wait') await hub.drained()
  }
}

/** `hub`: runs a hub until it is told to end. */
async function run(values) {
  const options = hubOptions(values)
  let hub = null
  const reload = () => hub?.reloadAllow().catch(() => {}) // its event tells
  const session = new Session(values, values['allow-file'] === undefined ? {} : { reload })
  hub = await createHub(options)
  listen(hub, session)
  tellNetwork(hub.endpoint, session)
  const told = { ticketOf: () => hub.ticket(), isQrWanted: values.qr }
  const work = [announce(hub.endpoint, session, told), feed(hub, session, values['slow-spoke'] ?? 'wait')]
  await session.stopped
  await hub.close()
  await Promise.all(work)
  session.end()
}

module.exports = { run }
