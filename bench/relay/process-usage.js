// SPDX-License-Identifier: MIT
'use strict'

// What another process uses, as Linux tells it (proc_pid_stat(5)).

const fs = require('node:fs')

/** Linux counts in hundredths of a second on every platform Node runs on. */
const TICKS_PER_SECOND = 100
const UTIME = 11
const STIME = 12
const KIB = 1024

/** Processor time of all threads, user and system. */
function cpuSeconds(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND
}

/** Resident memory in MB. */
function residentMb(pid) {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))
  return (Number(kib) * KIB) / 1e6
}

module.exports = { cpuSeconds, residentMb }
