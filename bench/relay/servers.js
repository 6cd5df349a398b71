// SPDX-License-Identifier: MIT
'use strict'

// The servers that are compared, each as a process of its own: { url, pid, close() }.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { createInterface } = require('node:readline')
const { hasCargo } = require('../../test/interop/rust/cargo.js')
const { RustRelay, buildRelay } = require('../../test/interop/rust/relay.js')

const COMMAND = path.join(__dirname, '..', '..', 'bin', 'event-target-iroh.js')
const OURS = 'event-target-iroh'

/** Ours as the command starts it. */
async function startOurs() {
  const ports = ['--port', '0', '--stun-port', 'off', '--quic-port', 'off', '--dns-port', 'off']
  const args = [...process.execArgv, COMMAND, 'relay', '--json', '--host', '127.0.0.1', ...ports]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(child.stdout), 'line')
  const close = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return { url: JSON.parse(line).url, pid: child.pid, close }
}

const SERVERS = {
  [OURS]: startOurs,
  'iroh-relay': () => RustRelay.startRelease('threads'),
  'iroh-relay-1-thread': () => RustRelay.startRelease()
}

/** Builds what must be built. @param {string[]} names */
function prepare(names) {
  if (names.every((name) => name === OURS)) return
  if (!hasCargo()) throw new Error(`there is no cargo to build iroh-relay; --servers ${OURS} does without`)
  buildRelay('release')
}

module.exports = { OURS, SERVERS, prepare }
