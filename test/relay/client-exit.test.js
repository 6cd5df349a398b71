// SPDX-License-Identifier: MIT
// A process ends when its relay clients are closed, or when they are all it has and do not keep it.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { useChildren } = require('../helpers/child.js')
const { useFakeRelays } = require('../helpers/fake-relay.js')

const file = path.join(__dirname, '../helpers/children/relay-client.js')

describe('a process with a relay client', () => {
  const { listen } = useFakeRelays()
  const start = useChildren()

  for (const what of ['client', 'manager']) {
    it(`ends by itself once the ${what} is closed`, async () => {
      const relay = await listen()
      const child = start(file, { args: [what, relay.url, 'close'] })
      const { code, output } = await child.ended
      assert.equal(code, 0, output)
      assert.equal(relay.sessions.length, 1)
    })

    it(`ends by itself if the ${what} is not to keep it`, async () => {
      const relay = await listen()
      const child = start(file, { args: [what, relay.url, 'unref'] })
      const { code, output } = await child.ended
      assert.equal(code, 0, output)
      assert.equal(relay.sessions.length, 1)
    })

    it(`is kept by the ${what} otherwise`, async () => {
      const relay = await listen()
      const child = start(file, { args: [what, relay.url, 'ref'] })
      assert.equal(await child.message(), 'up')
      child.disconnect()
      await relay.session.closed
      const { code, output } = await child.ended
      assert.equal(code, 3, output)
    })
  }

  it('ends while it dials and while it waits to dial again', async () => {
    const relay = await listen({ onSession: () => {} })
    for (const what of ['client', 'manager']) {
      const { code, output } = await start(file, { args: [what, relay.url, 'unref-first'] }).ended
      assert.equal(code, 0, output)
    }
  })
})
