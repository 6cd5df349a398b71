// SPDX-License-Identifier: MIT
'use strict'

const binding = require('../binding')

const open = new Set()

/** process.exit() and an uncaught exception leave no time for close(): the peers are told without waiting. */
function onExit() {
  for (const handle of open) binding.abandon(handle)
}

/** From now on the end of the process closes this endpoint. */
function sayGoodbyeAtExit(handle) {
  if (open.size === 0) process.on('exit', onExit)
  open.add(handle)
}

/** The endpoint is closed. */
function forgetAtExit(handle) {
  open.delete(handle)
  if (open.size === 0) process.off('exit', onExit)
}

module.exports = { sayGoodbyeAtExit, forgetAtExit }
