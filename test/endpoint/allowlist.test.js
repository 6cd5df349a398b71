// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { SecretKey } = require('event-target-iroh')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')

/** Resolves with the next uncaught exception, in place of mocha's own listeners. */
function nextUncaught() {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener)
      resolve(error)
    })
  })
}

describe('Endpoint', () => {
  const { create } = useEndpoints()

  /** A server with the options, and a client that knows its own NodeId in advance. */
  async function pair(optionsFor) {
    const secretKey = SecretKey.generate()
    const server = await create({ alpns: [alpn], ...optionsFor(secretKey.nodeId()) })
    const client = await create({ secretKey })
    return { server, client, dial: () => client.connect(server.addr(), alpn) }
  }

  /** A refused dialler learns of it at the latest with its first exchange (TLS 1.3: the client is done first). */
  async function assertRefused(dial) {
    await assert.rejects(dial(), (error) => {
      assert.equal(error.code, 'ERR_IROH_REFUSED')
      assert.equal(error.quicError, 0x131)
      assert.match(error.message, /not allowed|refused/)
      return true
    })
  }

  describe('allow', () => {
    const forms = {
      'a list': (allowed) => [allowed],
      'a Set': (allowed) => new Set([allowed]),
      'a function': (allowed) => (nodeId) => nodeId === allowed
    }
    for (const [form, make] of Object.entries(forms)) {
      it(`as ${form} lets in who is on it`, async () => {
        const { server, client, dial } = await pair((nodeId) => ({ allow: make(nodeId) }))
        const [accepted] = await Promise.all([server.accept(), dial()])
        assert.equal(accepted.remoteNodeId(), client.nodeId())
      })

      it(`as ${form} turns away who is not, and keeps serving`, async () => {
        const { server, dial } = await pair((nodeId) => ({ allow: make(nodeId) }))
        const stranger = await create()
        await assertRefused(() => stranger.connect(server.addr(), alpn))
        assert.equal(server.metrics().handshakesRefused, 1)
        await Promise.all([server.accept(), dial()])
      })
    }

    it('as a function that throws refuses, and the exception is uncaught as any other', async () => {
      const refusal = new Error('cannot decide')
      const { dial } = await pair(() => ({
        allow() {
          throw refusal
        }
      }))
      const [uncaught] = await Promise.all([nextUncaught(), assertRefused(dial)])
      assert.equal(uncaught, refusal)
    })
  })

  describe('deny', () => {
    it('turns away who is on it, and nobody else', async () => {
      const { server, dial } = await pair((nodeId) => ({ deny: [nodeId] }))
      await assertRefused(dial)
      const other = await create()
      await Promise.all([server.accept(), other.connect(server.addr(), alpn)])
    })
  })

  describe('#deny', () => {
    it('closes live connections, and allow() lets the peer in again', async () => {
      const { server, client, dial } = await pair(() => ({}))
      const [accepted, dialled] = await Promise.all([server.accept(), dial()])
      server.deny(client.nodeId())
      const [here, there] = await Promise.all([accepted.closed(), dialled.closed()])
      assert.equal(here.kind, 'locally-closed')
      assert.deepEqual([there.kind, there.code], ['connection-closed', 0x131])
      await assertRefused(dial)
      server.allow(client.nodeId())
      await Promise.all([server.accept(), dial()])
    })
  })

  describe('#allow', () => {
    it('adds to the list', async () => {
      const { server, client, dial } = await pair(() => ({ allow: [] }))
      await assertRefused(dial)
      server.allow(client.nodeId())
      await Promise.all([server.accept(), dial()])
    })
  })
})
