// SPDX-License-Identifier: MIT
// Two that dial each other, and dials of those who are spokes already.
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const path = require('node:path')
const { createSpoke, SecretKey } = require('event-target-iroh')
const { useChildren } = require('../helpers/child')
const { runCrossing } = require('../helpers/crossing-model')
const { local } = require('../helpers/endpoints')
const { nextEvent } = require('../helpers/events')
const { useHubs } = require('../helpers/hubs')

const RUNS = Number(process.env.CROSSING_RUNS ?? 200)
const LOSSY_RUNS = 40
const AT_A_TIME = 200
const CHILD = path.join(__dirname, '../helpers', 'children', 'dialling-hub.js')

async function runAll(runs, fixed) {
  let seed = 0
  const worker = async () => {
    while (seed < runs) await runCrossing(++seed, fixed)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

describe('Two hubs that dial each other', function () {
  this.timeout(120_000)

  it('keep one connection and one spoke each, and lose nothing, at whatever moments they dial', () =>
    runAll(RUNS, { loss: 0 }))

  it('do so when packets get lost', () => runAll(LOSSY_RUNS, { loss: 0.03 }))
})

describe('Hub#dial', () => {
  const startChild = useChildren()
  const { open, startHub } = useHubs()
  let socket

  /** An address of this host that does not answer. */
  function silent() {
    const { address, port } = socket.address()
    return `${address}:${port}`
  }

  before(async () => {
    socket = dgram.createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })
  after(() => socket.close())

  for (const delivery of ['at-most-once', 'resume']) {
    it(`gives the spoke that its peer is already (${delivery})`, async () => {
      const hub = await startHub({ delivery })
      const told = []
      hub.on('spokeclose', () => told.push('spokeclose'))
      const spoke = await createSpoke({ hub: hub.addr(), endpointOptions: local, delivery })
      open.add(spoke)
      if (hub.spokes.size === 0) await once(hub, 'spoke')
      const [target] = hub.spokes.values()
      assert.equal(await hub.dial(spoke.nodeId()), target)
      const arrived = nextEvent(spoke, 'hello')
      target.send({ type: 'hello' })
      await arrived
      assert.deepEqual([spoke.state, target.delivery, told], ['connected', delivery, []])
    })
  }

  it('gives one spoke to all who dial it, one after another or at once', async () => {
    const [near, far] = [await startHub(), await startHub()]
    const told = []
    far.on('spoke', () => told.push('spoke'))
    const targets = await Promise.all(Array.from({ length: 5 }, () => near.dial(far.addr())))
    targets.push(await near.dial(far.addr()))
    assert.equal(new Set(targets).size, 1)
    await targets[0].close()
    assert.deepEqual(told, ['spoke'])
    assert.notEqual(await near.dial(far.addr()), targets[0])
  })

  it('gives the peer that has come by itself, though it cannot be dialled', async () => {
    const hub = await startHub()
    const spokeKey = SecretKey.generate()
    const dialling = hub.dial({ nodeId: spokeKey.nodeId(), directAddresses: [silent()] }, { timeoutMs: 60_000 })
    const spoke = await createSpoke({ hub: hub.addr(), endpointOptions: { ...local, secretKey: spokeKey } })
    open.add(spoke)
    const target = await dialling
    assert.equal(hub.spokes.get(spoke.nodeId()), target)
  })

  it('rejects as connect() does, and rejects invalid options', async () => {
    const hub = await startHub()
    const nodeId = SecretKey.generate().nodeId()
    await assert.rejects(hub.dial(nodeId), { code: 'ERR_IROH_NO_ADDRESS' })
    await assert.rejects(hub.dial(nodeId, { signal: AbortSignal.abort() }), { code: 'ERR_IROH_ABORTED' })
    await assert.rejects(hub.dial(nodeId, { timeout: 1 }), { code: 'ERR_IROH_INVALID_ARGUMENT' })
    const stop = new AbortController()
    const dialling = hub.dial({ nodeId, directAddresses: [silent()] }, { signal: stop.signal })
    stop.abort()
    await assert.rejects(dialling, { code: 'ERR_IROH_ABORTED' })
  })

  it('makes room for a peer that was killed and started again, and dials us', async () => {
    const secretKey = SecretKey.generate().toBytes()
    const hub = await startHub()
    const first = startChild(CHILD)
    const spoke = await hub.dial(await first.ask({ secretKey }))
    const answer = nextEvent(spoke, 'answer')
    spoke.send({ type: 'ask' })
    await answer
    first.kill()
    await first.ended
    const gone = once(hub, 'spokeclose')
    const came = once(hub, 'spoke')
    await startChild(CHILD).ask({ secretKey, dials: hub.addr() })
    await gone
    const [next] = await came
    assert.notEqual(next, spoke)
    const another = nextEvent(next, 'answer')
    next.send({ type: 'ask' })
    await another
    assert.equal(hub.spokes.size, 1)
  })
})
