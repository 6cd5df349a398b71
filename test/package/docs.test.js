// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { unshare } = require('../helpers/unshare')

describe('The documents', () => {
  it('have JavaScript that runs as it is pasted, and prints what the pages say', async function () {
    this.timeout(240_000)
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'docs-'))
    try {
      const runner = path.join(__dirname, '../helpers/children/docs-runner.js')
      const { output, end } = await unshare('n', [runner, directory])
      assert.match(output, /^\d{2,} blocks\n$/)
      assert.equal(end, 0)
    } finally {
      fs.rmSync(directory, { recursive: true, force: true })
    }
  })
})
