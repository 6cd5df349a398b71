// SPDX-License-Identifier: MIT
'use strict'

// `npm run fuzz:js`: fuzzes each JavaScript decoder of foreign bytes for SECONDS seconds (5), JOBS (2) at a time.
//   npm run fuzz:js -- name…          these targets only
//   npm run fuzz:js -- name file      runs one input, as a finding has left it
//   SEED=n                            of the random numbers; another each time
// A finding is printed with its seed, its input is left below build/fuzz-js/, and the exit code is 1.

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { Fuzzer, MAX_LENGTH, MAX_MS } = require('./engine')
const { targets } = require('./targets')

const FOUND = path.join(__dirname, '../../build/fuzz-js')
/** An execution that has not ended by then never will. */
const HANG_MS = 10_000
/** Nothing that is decoded is worth so much. */
const MEMORY = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32 }

function keep(name, input) {
  fs.mkdirSync(FOUND, { recursive: true })
  const digest = crypto.createHash('sha256').update(input).digest('hex').slice(0, 12)
  const file = path.join(FOUND, `${name}-${digest}`)
  fs.writeFileSync(file, input)
  return path.relative(process.cwd(), file)
}

/** Fuzzes one target. @returns {Promise<{ finding?: string, input?: Uint8Array, executions?: number }>} */
function fuzz(name, seed, seconds) {
  const shared = new SharedArrayBuffer(8 + MAX_LENGTH)
  const state = new Int32Array(shared, 0, 2)
  const lastInput = () => Buffer.from(new Uint8Array(shared, 8, Atomics.load(state, 1)))
  const worker = new Worker(path.join(__dirname, 'worker.js'), {
    workerData: { name, seed, seconds, shared },
    resourceLimits: MEMORY
  })
  return new Promise((resolve, reject) => {
    let seen = -1
    const watch = setInterval(() => {
      const executions = Atomics.load(state, 0)
      if (executions === seen && executions > 0) end({ finding: `${name}: no end`, input: lastInput() })
      seen = executions
    }, HANG_MS)
    const end = (result) => {
      clearInterval(watch)
      worker.terminate()
      resolve(result)
    }
    worker.on('message', end)
    worker.on('error', (error) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') end({ finding: `${name}: out of memory`, input: lastInput() })
      else reject(error)
    })
  })
}

function replay(name, file) {
  const target = targets.find((each) => each.name === name)
  new Fuzzer(target, { seed: 0, maxMs: MAX_MS }).execute(fs.readFileSync(file))
  console.log(`${name}: ${file} is no finding`)
}

function report(name, seed, { finding, input, executions, corpusSize, reached }) {
  if (finding === undefined) {
    console.log(`${name}: ${executions} executions, ${corpusSize} inputs kept, ${reached} blocks reached`)
    return
  }
  console.error(`${finding}\n${name}: SEED=${seed}, input in ${keep(name, input)}`)
  process.exitCode = 1
}

async function main(wanted) {
  const [name, file] = wanted
  if (file !== undefined && !targets.some((each) => each.name === file)) return replay(name, file)
  const unknown = wanted.find((each) => !targets.some((target) => target.name === each))
  if (unknown !== undefined) throw new Error(`no target ${unknown}; there are ${targets.map((t) => t.name).join(', ')}`)
  const seed = Number(process.env.SEED ?? crypto.randomInt(2 ** 31))
  const seconds = Number(process.env.SECONDS ?? 5)
  const left = targets.map((each) => each.name).filter((each) => wanted.length === 0 || wanted.includes(each))
  console.log(`${left.length} targets, ${seconds} s each, SEED=${seed}`)
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      report(next, seed, await fuzz(next, seed, seconds))
    }
  }
  await Promise.all(Array.from({ length: Number(process.env.JOBS ?? 2) }, work))
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.stack)
  process.exitCode = 1
})
