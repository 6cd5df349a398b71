// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createHub, createSpoke } = require('event-target-iroh')
const { TargetConnection } = require('./event-target-iroh')

const endpointOptions = { bindAddress: '127.0.0.1:0', preset: 'minimal' }

/** createHub() and createSpoke() with what they take beside. A spool is a directory that is gone afterwards. */
function openHub({ hasSpool = false, ...options } = {}) {
  const parts = []

  function withSpool() {
    if (!hasSpool) return options
    const spool = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-spool-'))
    process.once('exit', () => fs.rmSync(spool, { recursive: true, force: true }))
    return { ...options, spool }
  }

  return {
    async listen(onConnection) {
      const hub = await createHub({ endpointOptions, ...withSpool() })
      parts.push(hub)
      hub.on('spoke', (target) => onConnection(new TargetConnection(target)))
      return hub.addr()
    },
    async connect(hub) {
      const spoke = await createSpoke({ hub, endpointOptions, ...withSpool() })
      parts.push(spoke)
      return new TargetConnection(spoke)
    },
    close: () => Promise.all(parts.map((part) => part.close()))
  }
}

module.exports = { open: () => openHub(), openHub }
