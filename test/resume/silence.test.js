// SPDX-License-Identifier: MIT
// A side that is paused or busy is no silent peer.
'use strict'

const path = require('node:path')
const { setImmediate: nextTurn } = require('node:timers/promises')
const { useChildren } = require('../helpers/child')
const { alpn, useEndpoints } = require('../helpers/endpoints')
const { work } = require('../helpers/events')
const { runSilence } = require('../helpers/silence-model')

const RUNS = Number(process.env.SILENCE_RUNS ?? 150)
const SERVER = path.join(__dirname, '../helpers', 'children', 'server.js')

describe('A hub and a spoke that pause and work', function () {
  this.timeout(120_000)

  it('dispatch each event exactly once and in order, whatever is cut', async () => {
    for (let seed = 1; seed <= RUNS; seed++) await runSilence(seed)
  })
})

describe('A dial', () => {
  const { create } = useEndpoints()
  const startChild = useChildren()

  it('does not fail for what the program does meanwhile', async () => {
    const addr = await startChild(SERVER).ask({})
    const handshakeTimeoutMs = 2000 // a busy server answers within that, too
    const [one, other] = [await create({ handshakeTimeoutMs }), await create({ handshakeTimeoutMs })]
    const sent = one.connect(addr, alpn)
    await nextTurn()
    const unsent = other.connect(addr, alpn)
    work(1.5 * handshakeTimeoutMs)
    for (const connection of await Promise.all([sent, unsent])) connection.close()
  })
})
