// SPDX-License-Identifier: MIT
// Alone in a mount namespace: a hub and a spoke, of which one has a spool on a small disk that fails while it sends. Prints
// what that one said, as JSON, and ends when both are closed and nothing holds the process.
//   disk-peers.js <a directory> hub|spoke <the fault>
'use strict'

const { execFileSync } = require('node:child_process')
const { once } = require('node:events')
const { constants } = require('node:os')
const fs = require('node:fs')
const path = require('node:path')
const { createHub, createSpoke } = require('event-target-iroh')
const { local } = require('../endpoints')

const [, , root, side, fault] = process.argv
const spool = path.join(root, 'spool')
const data = path.join(spool, 'data.mdb')

execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', root])

const faults = {
  full() {
    fs.writeFileSync(path.join(root, 'ballast'), '')
    try {
      for (;;) fs.appendFileSync(path.join(root, 'ballast'), Buffer.alloc(4096))
    } catch {
      // It is full.
    }
  },
  removed: () => fs.rmSync(spool, { recursive: true }),
  truncated: () => fs.truncateSync(data, 8192),
  overwritten: () => fs.writeFileSync(data, Buffer.alloc(600000, 'garbage')),
  EIO: () => fs.writeFileSync(process.env.FAILING_WRITES, `${constants.errno.EIO} 0 -1`)
}

function mend() {
  fs.rmSync(path.join(root, 'ballast'), { force: true })
  fs.writeFileSync(process.env.FAILING_WRITES, '0 0 0')
}

async function run() {
  const hub = await createHub({ endpointOptions: local, delivery: 'resume', spool: side === 'hub' ? spool : undefined })
  const arrived = once(hub, 'spoke')
  const start = () =>
    createSpoke({
      hub: hub.addr(),
      endpointOptions: local,
      delivery: 'resume',
      spool: side === 'spoke' ? spool : undefined,
      reconnect: { minDelayMs: 5, maxDelayMs: 20 }
    })
  const spoke = await start()
  const [target] = await arrived
  const mine = side === 'hub' ? target : spoke
  const failed = once(mine, 'close')
  faults[fault]()
  const sending = setInterval(() => {
    try {
      mine.send({ type: 'n', payload: 'x'.repeat(100_000) })
    } catch {
      clearInterval(sending) // closed
    }
  }, 5)
  const [{ error }] = await failed
  clearInterval(sending)
  mend()
  // It goes on with a new session: a hub by itself, or its 'error' event tells why not; a new spoke in the same spool.
  const again = side === 'hub' ? once(hub, 'spoke').then(([other]) => other) : start()
  const next = await again.catch((reason) => reason)
  hub.on('error', () => {})
  const goesOn = typeof next.send === 'function' ? next.delivery : next.code
  const closed = await Promise.all([spoke.close(), next.close?.(), hub.close()]).then(
    () => 'closed',
    (reason) => reason.stack
  )
  console.log(
    JSON.stringify({ error: error?.code, unacknowledged: Array.isArray(error?.unacknowledged), goesOn, closed })
  )
}

run()
