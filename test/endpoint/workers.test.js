// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')

const echoWorker = path.join(__dirname, '../helpers/children/echo-worker.js')

describe('worker_threads', () => {
  const { create } = useEndpoints()

  it('have endpoints of their own, at the same time as the main thread', async () => {
    const workers = [new Worker(echoWorker), new Worker(echoWorker)]
    const addrs = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
    const client = await create()
    for (const addr of addrs) {
      const connection = await client.connect(addr, alpn)
      const { send, recv } = await connection.openBi()
      await send.writeAll('to a worker')
      await send.finish()
      assert.equal((await recv.readToEnd(100)).toString(), 'to a worker')
    }
    const exits = workers.map((worker) => once(worker, 'exit'))
    for (const worker of workers) worker.postMessage('close')
    for (const [code] of await Promise.all(exits)) assert.equal(code, 0)
  })

  it('may be terminated with live endpoints and connections', async () => {
    const client = await create({ idleTimeoutMs: 2000 })
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(echoWorker)
      const [addr] = await once(worker, 'message')
      const connection = await client.connect(addr, alpn)
      await (await connection.openBi()).send.writeAll('left open')
      await worker.terminate()
      await connection.closed()
    }
  })

  for (const how of ['exit', 'throw', 'exit again', 'throw again']) {
    it(`may end in the middle of a handshake, in their allow function: ${how}`, async () => {
      const worker = new Worker(path.join(__dirname, '../helpers/children/exiting-allow.js'), { workerData: how })
      const errors = []
      worker.on('error', (error) => errors.push(error.message))
      const [addr] = await once(worker, 'message')
      const exit = new Promise((resolve) => worker.once('exit', resolve))
      const client = await create()
      await assert.rejects(client.connect(addr, alpn))
      await exit
      assert.deepEqual(errors, how.startsWith('throw') ? ['boom'] : [])
    })
  }
})
