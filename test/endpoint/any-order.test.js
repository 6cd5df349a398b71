// SPDX-License-Identifier: MIT
// Thousands of calls in an order that only a seed knows: whatever one does, and when, it ends in a value or in an
// IrohError, never in a crash, and everything closes at the end.
'use strict'

const assert = require('node:assert/strict')
const { createIrohEventTarget, Endpoint, IrohError } = require('event-target-iroh')
const { alpn, local } = require('../helpers/endpoints.js')
const { seededRandom } = require('../helpers/events.js')

const operations = process.env.IROH_SLOW_BUILD ? 2000 : 5000

class Chaos {
  #random
  #endpoints = []
  /** Promises of all there ever were: the last may still open when the calls are over. */
  #opened = []
  #connections = []
  #streams = []
  #targets = []
  #unexpected = []

  constructor(seed) {
    this.#random = seededRandom(seed)
  }

  /** Runs it to its end; resolves with what went wrong. */
  async run() {
    for (let index = 0; index < 4; index++) this.#endpoints.push(await this.#open())
    const actions = Object.values(this.#actions)
    for (let index = 0; index < operations; index++) {
      const action = actions[this.#below(actions.length)]
      this.#watch(
        (async () => action(this.#pick(this.#endpoints), this.#pick(this.#connections), this.#pick(this.#streams)))()
      )
      for (const list of [this.#connections, this.#streams, this.#targets]) if (list.length > 60) list.splice(0, 30)
      if (this.#random() < 0.5) await new Promise(setImmediate)
    }
    await Promise.all(this.#opened.map(async (opening) => (await opening).close()))
    return this.#unexpected
  }

  #actions = {
    dial: async (endpoint) => this.#use(await endpoint.connect(this.#pick(this.#endpoints).addr(), alpn)),
    dialBriefly: async (endpoint) => {
      const options = { timeoutMs: 1 + this.#below(10) }
      this.#use(await endpoint.connect(this.#pick(this.#endpoints).addr(), alpn, options))
    },
    dialAndAbort: async (endpoint) => {
      const controller = new AbortController()
      const dialling = endpoint.connect(this.#pick(this.#endpoints).addr(), alpn, { signal: controller.signal })
      setImmediate(() => controller.abort())
      this.#use(await dialling)
    },
    closeConnection: (_, connection) => connection?.close(this.#below(100), 'x'.repeat(this.#below(400))),
    openBi: async (_, connection) => {
      if (!connection) return
      const stream = await connection.openBi()
      this.#streams.push(stream)
      await stream.send.writeAll(this.#bytes(200000))
    },
    openUni: async (_, connection) => {
      if (!connection) return
      const send = await connection.openUni()
      await send.writeAll(this.#bytes(100000))
      if (this.#random() < 0.5) await send.finish()
      else send.reset(this.#below(9))
      await send.stopped()
    },
    write: (_, __, stream) => stream?.send.writeAll(this.#bytes(300000)),
    finish: (_, __, stream) => stream?.send.finish(),
    reset: (_, __, stream) => stream?.send.reset(this.#below(100)),
    stop: (_, __, stream) => stream?.recv.stop(this.#below(100)),
    read: (_, __, stream) => stream?.recv.read(1 + this.#below(70000)),
    prioritise: (_, __, stream) => stream?.send.setPriority(this.#below(10) - 5),
    sendDatagram: (_, connection) => connection?.sendDatagram(this.#bytes(1100)),
    look: (endpoint, connection) => [endpoint.metrics(), connection?.stats(), connection?.paths(), connection?.rtt()],
    updateKey: (_, connection) => connection?.updateKey(),
    rebind: (endpoint) => this.#random() < 0.3 && endpoint.rebind(),
    replaceEndpoint: async (endpoint) => {
      if (this.#random() < 0.8) return
      const fresh = await this.#open()
      const at = this.#endpoints.indexOf(endpoint)
      if (at >= 0) this.#endpoints[at] = fresh // else it was replaced meanwhile
      await endpoint.close()
    },
    denyAndAllow: (endpoint) => {
      const { nodeId } = this.#pick(this.#endpoints).addr()
      endpoint.deny(nodeId)
      setImmediate(() => endpoint.isClosed() || endpoint.allow(nodeId))
    },
    makeTarget: (_, __, stream) => {
      if (!stream) return
      this.#streams.splice(this.#streams.indexOf(stream), 1)
      this.#targets.push(createIrohEventTarget(stream.send, stream.recv, { maxFrameLength: 1000 }))
    },
    sendEvents: async () => {
      const target = this.#pick(this.#targets)
      for (let left = this.#below(200); target && left > 0; left--) {
        target.send({ type: 'x', payload: 'y'.repeat(this.#below(500)) })
      }
      await target?.drained()
    },
    pauseOrResume: () => this.#pick(this.#targets)?.[this.#random() < 0.5 ? 'pause' : 'resume'](),
    closeTarget: () => this.#random() < 0.3 && this.#pick(this.#targets)?.close()
  }

  #open() {
    const opening = this.#openOne()
    this.#opened.push(opening)
    return opening
  }

  async #openOne() {
    const endpoint = await Endpoint.createWithOptions({
      ...local,
      alpns: [alpn],
      idleTimeoutMs: 3000,
      streamWindow: 65536,
      maxStreamsBidi: 8,
      maxStreamsUni: 8,
      plainUdp: this.#random() < 0.3,
      alwaysRetry: this.#random() < 0.2
    })
    this.#watch(this.#acceptAll(endpoint))
    return endpoint
  }

  async #acceptAll(endpoint) {
    for await (const connection of endpoint) this.#use(connection)
  }

  #use(connection) {
    this.#connections.push(connection)
    const forEver = async (step) => {
      for (;;) await step()
    }
    this.#watch(forEver(async () => this.#streams.push(await connection.acceptBi())))
    this.#watch(forEver(async () => this.#watch((await connection.acceptUni()).readToEnd(this.#below(150000)))))
    this.#watch(forEver(() => connection.readDatagram()))
  }

  /** Every IrohError but two is a fair answer to a call at a bad moment. */
  #watch(promise) {
    promise.catch((error) => {
      const fair =
        error instanceof IrohError && !['ERR_IROH_INTERNAL', 'ERR_IROH_INVALID_ARGUMENT'].includes(error.code)
      if (!fair) this.#unexpected.push(error)
    })
  }

  #below(limit) {
    return Math.floor(this.#random() * limit)
  }

  #pick(list) {
    return list[this.#below(list.length)]
  }

  #bytes(limit) {
    return Buffer.alloc(this.#below(limit))
  }
}

describe('calls in any order', () => {
  for (const seed of [1, 2, 3]) {
    it(`end in values or IrohErrors (seed ${seed})`, async () => {
      assert.deepEqual(await new Chaos(seed).run(), [])
    })
  }
})
