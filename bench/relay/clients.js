// SPDX-License-Identifier: MIT
'use strict'

const { sleep } = require('../meter')
const { LoadClient } = require('./client')
const { cpuSeconds, residentMb } = require('./process-usage')

const CLIENTS = 1000
const AT_ONCE = 50
const SETTLE_MS = 1500
const KB_PER_MB = 1000

/** 1,000 clients that connect, 50 at a time, say nothing, and leave all at once. */
const clients = {
  metrics: [
    { name: 'clients-ms', title: '1,000 clients, to connect', unit: 'ms', lowerIsBetter: true },
    { name: 'clients-cpu', title: '1,000 clients, server CPU to connect', unit: 's', digits: 2, lowerIsBetter: true },
    { name: 'clients-none', title: 'Memory before any client', unit: 'MB', digits: 1, lowerIsBetter: true },
    { name: 'clients-idle', title: 'Memory with 1,000 idle clients', unit: 'MB', digits: 1, lowerIsBetter: true },
    { name: 'clients-each', title: 'Memory an idle client adds', unit: 'KB', digits: 1, lowerIsBetter: true },
    { name: 'clients-left', title: 'Memory after they left', unit: 'MB', digits: 1, lowerIsBetter: true }
  ],

  async run({ url, pid }) {
    const none = residentMb(pid)
    const before = { ms: performance.now(), cpu: cpuSeconds(pid) }
    const open = await openAll(url)
    const after = { ms: performance.now(), cpu: cpuSeconds(pid) }
    await sleep(SETTLE_MS)
    const idle = residentMb(pid)
    await Promise.all(open.map((client) => client.close()))
    await sleep(SETTLE_MS)
    const figures = {
      'clients-ms': after.ms - before.ms,
      'clients-cpu': after.cpu - before.cpu,
      'clients-none': none,
      'clients-idle': idle,
      'clients-each': ((idle - none) * KB_PER_MB) / CLIENTS,
      'clients-left': residentMb(pid)
    }
    return { lost: 0, figures }
  }
}

async function openAll(url) {
  const open = []
  let begun = 0
  const openSome = async () => {
    while (begun < CLIENTS) {
      begun++
      open.push(await LoadClient.open(url))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, openSome))
  return open
}

module.exports = { clients }
