// SPDX-License-Identifier: MIT
// A worker whose allow function ends it, in the middle of a handshake: workerData says how.
'use strict'

const { parentPort, workerData } = require('node:worker_threads')
const { Endpoint } = require('event-target-iroh')

function allow() {
  if (workerData === 'exit') process.exit(0)
  throw new Error('boom')
}

Endpoint.createWithOptions({ alpns: ['test/1'], bindAddress: '127.0.0.1:0', preset: 'minimal', allow }).then(
  (endpoint) => parentPort.postMessage(endpoint.addr())
)
