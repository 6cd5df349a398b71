// SPDX-License-Identifier: MIT
// Opens endpoints and dials while calls of the system fail as it is told: test/helpers/faults.c is loaded, and FAULTS is
// the file that it reads.
'use strict'

const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const { Endpoint } = require('event-target-iroh')
const { alpn, local } = require('../endpoints.js')

const SIZE = 64
const LOOK_MS = 5
const file = fs.openSync(process.env.FAULTS, 'r+')

function fail(text) {
  const bytes = Buffer.alloc(SIZE)
  bytes.write(text)
  fs.writeSync(file, bytes, 0, SIZE, 0)
}

const wordsOf = ({ name, code, message, cause }) => ({ name, code, message, cause: cause?.code })

/** An endpoint whose 'system-error' events are gathered in `told`. */
async function create(told, options) {
  const endpoint = await Endpoint.createWithOptions({ preset: 'minimal', ...options })
  endpoint.on('network', ({ type, error }) => type === 'system-error' && told.push(wordsOf(error)))
  return endpoint
}

/**
 * Dials while a fault holds: until the dial has ended or, with `isTold`, one of both programs was told and the server has
 * called so often to receive; then without it.
 * @returns why the dial failed, or null; and how long the fault has held
 */
async function dial(client, server, told, { isTold, calls = 0 }) {
  const startedAt = performance.now()
  let outcome
  const dialled = client.connect(server.addr(), alpn).then(() => null, wordsOf)
  dialled.then((value) => {
    outcome = value
  })
  const isEnough = () => told.length > 0 && server.metrics().udpReceiveCalls >= calls
  const isOver = () => (isTold ? isEnough() : outcome !== undefined)
  while (!isOver() && outcome?.code === undefined) await sleep(LOOK_MS)
  const heldMs = performance.now() - startedAt
  fail('')
  return { heldMs, failure: await dialled }
}

const commands = {
  /** Creates an endpoint and dials with it, while the call fails from before (`late`: between) the two. */
  async fault({ fault, late, options, ...until }) {
    const told = []
    const server = await create(told, { ...local, alpns: [alpn] })
    try {
      if (!late) fail(fault)
      const client = await create(told, options)
      fail(fault)
      const result = await dial(client, server, told, until)
      await client.close()
      return { ...result, told }
    } catch (error) {
      return { refused: wordsOf(error) }
    } finally {
      fail('')
      await server.close()
    }
  },

  /** Lets a connection end while the call fails. @returns {Promise<object>} its end, and what is thrown then */
  async silence({ fault }) {
    const server = await create([], { ...local, alpns: [alpn] })
    const client = await create([], { idleTimeoutMs: 500, keepAliveMs: 100 })
    const connection = await client.connect(server.addr(), alpn)
    fail(fault)
    const { kind, errorCode, reason } = await connection.closed()
    fail('')
    const thrown = await connection.openUni().catch(wordsOf)
    await Promise.all([client.close(), server.close()])
    return { kind, errorCode, reason, thrown }
  },

  /** Takes fresh sockets while the call fails, and once it does not. */
  async rebind({ fault }) {
    const endpoint = await create([])
    fail(fault)
    let refused = null
    try {
      endpoint.rebind()
    } catch (error) {
      refused = wordsOf(error)
    }
    fail('')
    endpoint.rebind()
    await endpoint.close()
    return { refused }
  }
}

process.on('message', async ({ command, ...about }) => process.send(await commands[command](about)))
process.on('disconnect', () => process.exit())
process.send('ready')
