// SPDX-License-Identifier: MIT
// A worker whose allow function ends it, in the middle of a handshake or when it is asked again: workerData says how.
'use strict'

const { parentPort, workerData } = require('node:worker_threads')
const { Endpoint } = require('event-target-iroh')

let asked = 0

function allow() {
  if (workerData.endsWith('again') && ++asked === 1) return true
  if (workerData.startsWith('exit')) process.exit(0)
  throw new Error('boom')
}

Endpoint.createWithOptions({ alpns: ['test/1'], bindAddress: '127.0.0.1:0', preset: 'minimal', allow }).then(
  (endpoint) => parentPort.postMessage(endpoint.addr())
)
