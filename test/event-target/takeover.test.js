// SPDX-License-Identifier: MIT
// An event target takes over a stream whose end was told before.
'use strict'

const assert = require('node:assert/strict')
const { createHub, createHubIrohEventTarget, createIrohEventTarget } = require('event-target-iroh')
const { alpn, local, useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent, until } = require('../helpers/events.js')

describe('An event target over a stream', () => {
  const { create, connect } = useEndpoints()

  /** Both ends of a stream that the acceptor knows of and has not taken. */
  async function unclaimed() {
    const pair = await connect()
    const near = await pair.dialled.openBi()
    await near.send.writeAll(Buffer.from([0, 0, 0, 2, 0x7b]))
    await settled(pair.dialled)
    return { ...pair, near }
  }

  it('that was reset before closes with its code', async () => {
    const { accepted, dialled, near } = await unclaimed()
    near.send.reset(77)
    await settled(dialled)
    const target = await createHubIrohEventTarget(accepted)
    const { kind, code } = await target.closed
    assert.deepEqual({ kind, code }, { kind: 'stream-reset', code: 77 })
  })

  it('that the peer stopped reading before says so at the next send()', async () => {
    const { accepted, dialled, near } = await unclaimed()
    near.recv.stop(5)
    await settled(dialled)
    const target = await createHubIrohEventTarget(accepted)
    const { error } = await nextEvent(target, 'error')
    assert.equal(error.code, 'ERR_IROH_STREAM_STOPPED')
    assert.throws(() => target.send({ type: 'x' }), { code: 'ERR_IROH_STREAM_STOPPED' })
  })

  it('is refused while a read waits on it', async () => {
    const { dialled, near } = await unclaimed()
    const waiting = near.recv.read()
    assert.throws(() => createIrohEventTarget(near.send, near.recv), { code: 'ERR_IROH_BUSY' })
    dialled.close()
    await assert.rejects(waiting, { code: 'ERR_IROH_LOCALLY_CLOSED' })
  })

  it('leaves no ghost at a hub', async () => {
    const hub = await createHub({ endpointOptions: local, alpn })
    const client = await create()
    const connection = await client.connect(hub.addr(), alpn)
    const { send, recv } = await connection.openBi()
    await send.write('x')
    send.reset(1)
    recv.stop(1)
    await connection.closed()
    await until(() => hub.spokes.size === 0)
    await hub.close()
  })

  /** Resolves once the peer has taken in what was sent before: a stream of its own went there and back. */
  async function settled(connection) {
    const probe = await connection.openUni()
    await probe.finish()
    await probe.stopped()
  }
})
