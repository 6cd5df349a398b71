// SPDX-License-Identifier: MIT
// Alone in a network namespace: runs every block of the documents as it is pasted, and prints what is wrong with any.
//   docs-runner.js <an empty directory>
'use strict'

const { execFileSync, spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { createCertificate } = require('../../../bench/certificate')
const { blocksOf, pages, root } = require('../blocks')

execFileSync('ip', ['link', 'set', 'lo', 'up'])
const { RelayServer } = require('event-target-iroh/relay')

const [, , directory] = process.argv
/** What programs of the documents import beside this package. */
const YOGA = '@graphql-yoga/subscription'
const launcher = path.join(__dirname, 'run-block.js')
/** What the pages say that programs print; of all others it is enough that they run to their end. */
const PRINTS = {
  'README.md spoke.mjs': /^42$/m,
  'docs/guide/across-nats.md watch.mjs': /^(over the relay|direct) /m,
  'docs/guide/first-hub-and-spoke.md spoke.mjs': /^IS ANYBODY THERE\?$/m,
  'docs/guide/many-peers.md room.mjs': /^[0-9a-f]{64} hello$/m,
  'docs/guide/many-peers.md workers.mjs': /^done: green for green alone$/m,
  'docs/guide/no-event-lost.md breaks.mjs': /^1000 events, each once$/m,
  'docs/guide/who-may-come-in.md door.mjs':
    /^friend: connected\nstranger: ERR_IROH_REFUSED\nfriend, later: node id denied$/m,
  'docs/reference/gossip-event-target.md news.mjs': /^[0-9a-f]{64} hello$/m,
  'docs/reference/gossip.md kitchen.mjs': /^[0-9a-f]{64} hello from [0-9a-f]{64}$/m,
  'docs/reference/pubsub.md room.mjs': /^hello$/m,
  'docs/reference/hub.md jobs.mjs': /^[0-9a-f]{64} \{ n: 1 \}$/m,
  'docs/reference/resume.md thermometer.mjs': /^1 21\.5$/m
}

/** A block as a program that runs. */
class Run {
  output = ''
  #child
  #heard = () => {}

  constructor(block, cwd, args, env) {
    this.name = `${block.page} ${block.file}`
    fs.writeFileSync(path.join(cwd, block.file), block.text)
    this.#child = spawn(process.execPath, [launcher, block.file, ...args], { cwd, env })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text
        this.#heard()
      })
    this.ended = new Promise((resolve) =>
      this.#child.on('close', (code) => {
        this.code = code
        this.#heard()
        resolve()
      })
    )
  }

  /** Resolves when it has said this, or has ended. @returns {Promise<RegExpExecArray | null>} */
  async said(pattern) {
    while (!pattern.test(this.output) && this.code === undefined) {
      await new Promise((resolve) => {
        this.#heard = resolve
      })
    }
    return pattern.exec(this.output)
  }

  get hasFailed() {
    return this.code !== undefined && this.code !== 0
  }

  async kill() {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}

/** What stands for a word in the head of a block: something that the program before it on the page has printed, or a file. */
async function meantBy(word, runs, relay) {
  if (/URL/.test(word)) return relay.url
  if (/certificate|key/.test(word)) return path.join(directory, /key/.test(word) ? 'key.pem' : 'certificate.pem')
  const pattern = /ticket/.test(word) ? /\bendpoint[a-z2-7]+\b/ : /\b[0-9a-f]{64}\b/
  for (const run of [...runs].reverse()) {
    const [found] = (await run.said(pattern)) ?? []
    if (found) return found
  }
  throw new Error(`nothing on the page prints <${word}>`)
}

/** Runs a block with what it must be given, and if more may be given, with that beside it. @returns {Promise<string | null>} */
async function tryBlock(block, { runs, relay, cwd, env }) {
  const meanings = async (words) => {
    const found = []
    for (const word of words) found.push(await meantBy(word, runs, relay))
    return found
  }
  try {
    const given = await meanings(block.required)
    const started = [new Run(block, cwd, given, env)]
    runs.push(...started)
    if (block.optional.length > 0) {
      started.push(new Run(block, cwd, [...given, ...(await meanings(block.optional))], env))
      runs.push(started[1])
    }
    for (const run of started) {
      const isFine = (await run.said(PRINTS[run.name] ?? /^-- to its end$/m)) && !run.hasFailed
      if (!isFine) return `${block.file} ended with ${run.code}: ${run.output}`
    }
    return null
  } catch (error) {
    return `${block.file}: ${error.message}`
  }
}

/** Runs the blocks of a page one after the other, each in a directory of its own. @returns {Promise<string[]>} what is wrong */
async function runPage(page, relay) {
  const faults = []
  const runs = []
  const env = { ...process.env, RELAY: relay.url }
  const cwd = path.join(directory, page.replaceAll('/', '-'))
  const modules = path.join(cwd, 'node_modules')
  fs.mkdirSync(path.join(modules, '@graphql-yoga'), { recursive: true })
  fs.symlinkSync(root, path.join(modules, 'event-target-iroh'))
  fs.symlinkSync(path.join(root, 'node_modules', YOGA), path.join(modules, YOGA))
  for (const block of blocksOf(page)) {
    const where = `${page}:${block.line}`
    const found = block.file
      ? await tryBlock(block, { runs, relay, cwd, env })
      : 'it does not begin with the name of its file'
    if (found) faults.push(`${where}: ${found}`)
  }
  for (const run of runs) if (run.hasFailed) faults.push(`${run.name} ended with ${run.code}: ${run.output}`)
  await Promise.all(runs.map((run) => run.kill()))
  return faults
}

async function main() {
  const { cert, key } = createCertificate()
  fs.writeFileSync(path.join(directory, 'certificate.pem'), cert)
  fs.writeFileSync(path.join(directory, 'key.pem'), key)
  const relay = await RelayServer.listen({
    host: '127.0.0.1',
    port: 0,
    stunPort: false,
    quicPort: false,
    dnsPort: false
  })
  const waiting = pages()
  const work = async () => {
    for (let page = waiting.shift(); page; page = waiting.shift())
      for (const fault of await runPage(page, relay)) console.log(fault)
  }
  await Promise.all([work(), work(), work()])
  await relay.close()
  console.log(`${pages().flatMap(blocksOf).length} blocks`)
}

main()
