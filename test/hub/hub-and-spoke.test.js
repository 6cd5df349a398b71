// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const path = require('node:path')
const { createHub, createSpoke, SecretKey } = require('event-target-iroh')
const { useChildren } = require('../helpers/child.js')
const { local } = require('../helpers/endpoints.js')
const { nextDetails, nextEvent } = require('../helpers/events.js')

const spokeFile = path.join(__dirname, '../helpers/children/spoke.js')

describe('hub and spoke', () => {
  const startChild = useChildren()
  let hub

  afterEach(() => hub.close())

  /** A spoke in a process of its own, and the hub's target for it. */
  async function startSpoke(options) {
    const connected = new Promise((resolve) => hub.on('spoke', resolve))
    const child = startChild(spokeFile)
    const ready = child.ask({ hub: hub.endpoint.addr(), ...options })
    const [target, { nodeId }] = await Promise.all([connected, ready])
    return { child, target, nodeId }
  }

  it('exchange events as two processes', async () => {
    hub = await createHub({ endpointOptions: local })
    const { child, target, nodeId } = await startSpoke()
    assert.equal(target.remoteNodeId, nodeId)
    assert.equal(hub.spokes.get(nodeId), target)

    const answers = nextDetails(target, 'echo', 3)
    for (const payload of ['one', { two: 2 }, [3]]) target.send({ type: 'say', payload })
    assert.deepEqual(
      (await answers).map((detail) => detail.payload),
      ['one', { two: 2 }, [3]]
    )

    const answered = nextEvent(target, 'call.responded:uuid-123')
    const detail = { type: 'call.requested', payload: { requestId: 'uuid-123', numbers: [1, 2, 3] } }
    target.dispatchEvent(new CustomEvent('call.requested', { detail }))
    assert.equal((await answered).detail.payload, 6)

    child.disconnect()
    assert.deepEqual([(await child.ended).code, child.output], [0, ''])
  })

  it('tell of a spoke that leaves, of one that exits at once, and of one that is killed', async () => {
    hub = await createHub({ endpointOptions: { ...local, idleTimeoutMs: 1500, keepAliveMs: 500 } })
    const ends = {
      close: [(child) => child.disconnect(), /^(finished|application-closed)$/],
      exit: [(child) => child.send('exit'), /^application-closed$/],
      kill: [(child) => child.kill('SIGKILL'), /^timed-out$/]
    }
    for (const [end, kind] of Object.values(ends)) {
      const { child, nodeId } = await startSpoke()
      const left = once(hub, 'spokeclose')
      end(child)
      const [id, reason] = await left
      assert.equal(id, nodeId)
      assert.match(reason.kind, kind)
      assert.equal(hub.spokes.size, 0)
      await child.ended
    }
  })

  it('tell a spoke that the hub closes', async () => {
    hub = await createHub({ endpointOptions: local })
    const { child } = await startSpoke()
    await hub.close()
    assert.equal((await child.message()).closed, 'finished')
    assert.equal((await child.ended).code, 0)
  })

  it('know each other by allowlist', async () => {
    const known = SecretKey.generate()
    hub = await createHub({ endpointOptions: local, allow: [known.nodeId()] })
    const { child, nodeId } = await startSpoke({ secretKey: known.toBytes() })
    assert.equal(nodeId, known.nodeId())
    const stranger = createSpoke({ hub: hub.endpoint.addr(), endpointOptions: local, reconnect: false })
    await assert.rejects(stranger, { code: 'ERR_IROH_REFUSED' })
    assert.equal(hub.spokes.size, 1)

    hub.deny(nodeId)
    assert.equal((await child.message()).closed, 'connection-closed')
  })

  describe('Hub#broadcast', () => {
    it('reaches every spoke but those excepted', async () => {
      hub = await createHub({ endpointOptions: local })
      const spokes = [await startSpoke(), await startSpoke(), await startSpoke()]
      const silent = spokes[0].nodeId
      const echoes = spokes.map(({ target }) => nextEvent(target, 'echo'))
      hub.broadcast({ type: 'say', payload: 'all but one' }, { except: silent })
      hub.send(silent, { type: 'say', payload: 'only you' })
      const payloads = (await Promise.all(echoes)).map((event) => event.detail.payload)
      assert.deepEqual(payloads, ['only you', 'all but one', 'all but one'])
    })
  })

  describe('createSpoke', () => {
    it('exchanges what both sides expose', async () => {
      hub = await createHub({ endpointOptions: local, operations: ['hub.list'] })
      const connected = new Promise((resolve) => hub.on('spoke', resolve))
      const endpointOptions = local
      const operations = [{ name: 'math.add' }]
      const spoke = await createSpoke({ hub: hub.endpoint.addr(), endpointOptions, operations, reconnect: false })
      const target = await connected
      const [atHub, atSpoke] = await Promise.all([target.registered, spoke.registered])
      assert.deepEqual([atHub.operations, atSpoke.operations], [operations, ['hub.list']])
      await spoke.close()
    })
  })
})
