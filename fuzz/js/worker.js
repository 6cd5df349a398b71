// SPDX-License-Identifier: MIT
'use strict'

// Fuzzes one target in a thread of its own, so that an input that never ends, or takes all memory, ends this thread only:
// the input stands in shared memory before it runs.

const { parentPort, workerData } = require('node:worker_threads')
const { Coverage } = require('./coverage')

const coverage = new Coverage() // before what it is to look at is loaded
const { Finding, Fuzzer, MAX_MS } = require('./engine')
const { targets } = require('./targets')

const { name, seed, seconds, shared } = workerData
const state = new Int32Array(shared, 0, 2) // executions, length of the input
const held = new Uint8Array(shared, 8)

function show(input) {
  held.set(input)
  Atomics.store(state, 1, input.length)
  Atomics.add(state, 0, 1)
}

const target = targets.find((each) => each.name === name)
const fuzzer = new Fuzzer(target, { seed, maxMs: MAX_MS, before: show })
const end = performance.now() + seconds * 1000
try {
  fuzzer.explore(coverage, () => performance.now() < end)
  const { executions, corpusSize, reached } = fuzzer
  parentPort.postMessage({ executions, corpusSize, reached })
} catch (error) {
  if (!(error instanceof Finding)) throw error
  parentPort.postMessage({ finding: error.message, input: error.input })
}
