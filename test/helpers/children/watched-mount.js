// SPDX-License-Identifier: MIT
// Alone in a mount namespace: mounts one file over another, watches that, and writes to the first.
'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const { WatchedFile } = require('../../../lib/base/watched-file')

const [, , host, mounted] = process.argv
execFileSync('mount', ['--bind', host, mounted])
const file = new WatchedFile(mounted, { maxBytes: 1024, intervalMs: 25 })
const before = file.read().toString()
const stay = setInterval(() => {}, 1000)
file.watch((_error, bytes) => {
  console.log(`${before} ${bytes}`)
  clearInterval(stay)
  file.close()
})
fs.writeFileSync(host, 'two')
