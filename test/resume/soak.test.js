// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { soak } = require('../helpers/resume-soak')

describe("delivery: 'resume' between processes", () => {
  it('dispatches each event exactly once and in order through cuts, restarts of relays, and kill -9 of either side', async () => {
    const { killed, peaks } = await soak({ events: 4000, cuts: 12, kills: [5, 8], intervalMs: 100, seed: 7 })
    assert.equal(killed, 2)
    for (const { maxReplaySize } of Object.values(peaks)) assert.ok(maxReplaySize <= 1 << 20)
  })
})
