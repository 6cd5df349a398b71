// SPDX-License-Identifier: MIT
'use strict'

const { spawn } = require('node:child_process')

/**
 * Runs a module in a namespace of its own.
 * @param {'m' | 'n'} what mounts, or the network
 * @param {string[]} args the module, and what it is given
 * @param {object} [env]
 * @returns {Promise<{ output: string, end: number | string }>} what it printed, and its exit code or signal
 */
function unshare(what, args, env = process.env) {
  const flags = process.getuid() === 0 ? `-${what}` : `-r${what}`
  const child = spawn('unshare', [flags, process.execPath, ...args], { env })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ output, end: signal ?? code })))
}

module.exports = { unshare }
