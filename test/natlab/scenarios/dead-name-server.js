// SPDX-License-Identifier: MIT
// A host whose name server does not answer: the program's own look-ups are not held up, everything says so, and the process
// ends soon after close().
'use strict'

const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const readline = require('node:readline')
const { Topology } = require('../topology.js')

/** getaddrinfo() would hold them up for 10 s and more. */
const HELD_UP_MS = 3000
const ENDS_MS = 3000
const RESOLV = 'nameserver 127.0.0.53\n'

const title = 'a dead name server holds up neither the program’s own look-ups nor its end, and is told of'

/** Runs the program in a namespace. @returns {Promise<object>} what it said, and how long it ran on after that */
async function runIn(namespace) {
  const child = namespace.spawn(path.join(__dirname, '..', 'nameless-peer.js'))
  const complaints = []
  child.stderr.on('data', (text) => complaints.push(text))
  const exited = once(child, 'exit')
  const lines = readline.createInterface({ input: child.stdout })
  const [line] = await Promise.race([once(lines, 'line'), exited.then(() => [null])])
  if (line === null) throw new Error(`the program ended: ${complaints.join('')}`)
  const saidAt = performance.now()
  await exited
  return { ...JSON.parse(line), endedMs: Math.round(performance.now() - saidAt) }
}

async function run() {
  const topology = new Topology()
  const folder = path.join('/etc/netns', topology.publicHost.name) // as ip-netns(8) has it
  try {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, 'resolv.conf'), RESOLV)
    const { slowestMs, offline, failed, advice, endedMs } = await runIn(topology.publicHost)
    const faults = [
      [slowestMs > HELD_UP_MS, `a look-up of localhost took ${slowestMs} ms`],
      [!/no name server|was not looked up in time/.test(offline), `online() said: ${offline}`],
      [!failed.some((words) => /no name server|was not looked up in time/.test(words)), `events told: ${failed}`],
      [!/name servers of this host/.test(advice), `the net report advised: ${advice}`],
      [endedMs > ENDS_MS, `the process ran on for ${endedMs} ms after close()`]
    ]
    return {
      faults: faults.filter(([isFault]) => isFault).map(([, words]) => words),
      about: `localhost in ${slowestMs} ms at most, ended after ${endedMs} ms`
    }
  } finally {
    topology.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { title, run }
