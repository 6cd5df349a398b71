// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')

/** Whether the process has a terminal. The name of the program, in brackets, may hold spaces; field 7 is the 5th after it. */
function hasTerminal() {
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4] !== '0'
  } catch {
    return false
  }
}

/**
 * Calls `stop` once, at the first SIGINT or SIGTERM, or when the terminal is closed. A second SIGINT or SIGTERM ends the
 * process at once. SIGHUP without a terminal that was closed calls `reload`, if there is one, else `stop`.
 * @param {() => void} stop
 * @param {{ reload?: () => void }} [options]
 */
function endOnSignals(stop, { reload } = {}) {
  const hadTerminal = hasTerminal()
  let isStopping = false
  const end = () => {
    process.off('SIGINT', end).off('SIGTERM', end)
    isStopping = true
    stop()
  }
  const onHangup = () => {
    // The shell may pass it on, too: a second one is no more than the first.
    if (isStopping) return
    if (reload && !(hadTerminal && !hasTerminal())) reload()
    else end()
  }
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', onHangup)
}

module.exports = { endOnSignals }
