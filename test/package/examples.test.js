// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { execFile } = require('node:child_process')
const { promisify } = require('node:util')

const directory = path.join(__dirname, '../../examples')
const run = (file) => promisify(execFile)(process.execPath, [path.join(directory, file)])

describe('examples', () => {
  for (const file of fs.readdirSync(directory).filter((name) => /^\d\d-.*\.js$/.test(name))) {
    it(`${file} runs, prints what it promises, and ends by itself`, async () => {
      const promised = [...fs.readFileSync(path.join(directory, file), 'utf8').matchAll(/^\/\/ prints: (.*)$/gm)]
      const { stdout, stderr } = await run(file)
      assert.ok(promised.length > 0)
      assert.deepEqual([stdout, stderr], [promised.map(([, line]) => `${line}\n`).join(''), ''])
    })
  }

  it('main-job shows the main job', async function () {
    this.timeout(120000)
    const { stdout } = await run('main-job/run.js')
    for (const line of [
      /^\[hub\] listening as [0-9a-f]{64}$/m,
      /^\[red\] connected to hub [0-9a-f]{64} at 127\.0\.0\.1:\d+ \(direct path\)$/m,
      /^\[blue\] 50000 events from the hub: \d+ per second$/m,
      /^\[blue\] 2000 requests answered, round trip p50 \d+ µs, p99 \d+ µs$/m,
      /^\[stranger\] was turned away: ERR_IROH_REFUSED/m,
      /^\[hub\] turned away [0-9a-f]{10}: not on the allowlist$/m,
      /^\[main\] all processes ended by themselves; done$/m
    ]) {
      assert.match(stdout, line)
    }
  })
})
