// SPDX-License-Identifier: MIT
'use strict'

const fs = require('node:fs')
const { threadId } = require('node:worker_threads')

/**
 * When a process began, in a unit that only comparing is for: with the pid it names one process since the host started.
 * @returns {string | null} null: there is no such process
 */
function startOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The name of the program, in brackets, may hold spaces; field 22 is the 20th after it (proc(5)).
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return null
  }
}

/** This thread of this process, as a value that can be written down. */
function thisOwner() {
  return { pid: process.pid, start: startOf(process.pid), thread: threadId }
}

/** Whether it is this thread. */
function isThisOwner({ pid, start, thread = 0 }) {
  const self = thisOwner()
  return pid === self.pid && start === self.start && thread === self.thread
}

/** Whether a process that was written down is still there. */
function isOwner({ pid, start }) {
  return start !== null && startOf(pid) === start
}

module.exports = { isOwner, isThisOwner, thisOwner }
