// SPDX-License-Identifier: MIT
// A process may be stopped at any stage of an endpoint's life: it ends with status 0, soon, and prints nothing.
'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { useChildren } = require('../helpers/child.js')

const stagesFile = path.join(__dirname, '../helpers/children/stages.js')
const stages = [
  'loaded',
  'creating',
  'created',
  'accepting',
  'dialling',
  'connected',
  'streaming',
  'targets',
  'datagrams',
  'closing',
  'closed'
]
/** A process that waits for something instead of ending takes the ten seconds of a handshake, or for ever. */
const promptMs = process.env.IROH_SLOW_BUILD ? 100_000 : 8000

describe('teardown', () => {
  const startChild = useChildren()

  for (const stage of stages) {
    it(`of a process that calls process.exit(0) when ${stage}`, async () => {
      const child = startChild(stagesFile, { args: [stage, 'exit'] })
      await child.message()
      assert.deepEqual(await child.ended, { code: 0, signal: null, output: '' })
    }).timeout(promptMs)

    it(`of a worker terminated when ${stage}`, async () => {
      const child = startChild(stagesFile, { args: [stage, 'terminate'] })
      assert.deepEqual(await child.ended, { code: 0, signal: null, output: '' })
    })
  }

  for (const stage of ['connected', 'streaming', 'targets', 'datagrams']) {
    it(`of a process that closes its endpoints when ${stage} comes by itself`, async () => {
      const child = startChild(stagesFile, { args: [stage, 'close'] })
      await child.message()
      assert.deepEqual(await child.ended, { code: 0, signal: null, output: '' })
    }).timeout(promptMs)

    it(`of a process that forgets its handles when ${stage} loses nothing it still needs`, async () => {
      const child = startChild(stagesFile, { args: [stage, 'forget'], execArgv: ['--expose-gc'] })
      assert.deepEqual(await child.ended, { code: 0, signal: null, output: '' })
    })
  }

  it('of a process whose endpoints are unref()ed comes by itself', async () => {
    const child = startChild(stagesFile, { args: ['connected', 'unref'] })
    await child.message()
    assert.deepEqual(await child.ended, { code: 0, signal: null, output: '' })
  })

  it('does not come while an endpoint is ref()ed', async () => {
    const child = startChild(stagesFile, { args: ['created', 'stay'] })
    await child.message()
    const answer = await child.ask('still there?')
    assert.equal(answer, 'yes')
    child.kill('SIGTERM')
    assert.equal((await child.ended).signal, 'SIGTERM')
  })
})
