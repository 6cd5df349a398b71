// SPDX-License-Identifier: MIT
'use strict'

const { sleep } = require('../meter')
const { messagesFor, openPair } = require('./client')
const { cpuSeconds } = require('./process-usage')

const FLOWS = 8
const DRAIN_MS = 2000
const LOOK_MS = 10

/**
 * As much as goes through: each of 8 senders has a window of frames on their way to a receiver of its own. The window is
 * smaller than the queue either server has for a client, so that nothing has to be dropped; what is lost is counted.
 */
function forwarding({ name, title, payloadBytes, segmentSize, perWrite, writesInFlight }) {
  const about = (suffix) => ({ name: `${name}-${suffix}` })
  return {
    metrics: [
      { ...about('mb'), title: `${title}, forwarded`, unit: 'MB/s' },
      { ...about('frames'), title: `${title}, forwarded`, unit: 'frames/s' },
      { ...about('cpu'), title: `${title}, server CPU per GB`, unit: 's', digits: 2, lowerIsBetter: true },
      { ...about('server'), title: `${title}, server busy`, unit: '% of a core', noRatio: true },
      { ...about('load'), title: `${title}, load generator busy`, unit: '% of a core', noRatio: true }
    ],

    async run({ url, pid }, { warmUpMs, measureMs }) {
      const flows = []
      for (let i = 0; i < FLOWS; i++) flows.push(await openFlow(url, { payloadBytes, segmentSize }, perWrite))
      for (const flow of flows) flow.start(writesInFlight)
      await sleep(warmUpMs)
      const before = mark(flows, pid)
      await sleep(measureMs)
      const after = mark(flows, pid)
      for (const flow of flows) flow.stop()
      const lost = await drain(flows)
      await Promise.all(flows.map((flow) => flow.close()))
      const seconds = after.seconds - before.seconds
      const frames = after.frames - before.frames
      if (frames === 0) throw new Error('nothing was forwarded in the measured time')
      const bytes = frames * payloadBytes
      const serverSeconds = after.server - before.server
      const figures = {
        mb: bytes / seconds / 1e6,
        frames: frames / seconds,
        cpu: serverSeconds / (bytes / 1e9),
        server: (serverSeconds / seconds) * 100,
        load: ((after.load - before.load) / seconds) * 100
      }
      return { lost, figures: prefixed(name, figures) }
    }
  }
}

function prefixed(name, figures) {
  return Object.fromEntries(Object.entries(figures).map(([suffix, value]) => [`${name}-${suffix}`, value]))
}

async function openFlow(url, about, perWrite) {
  const { sender, receiver } = await openPair(url)
  const messages = messagesFor(receiver.id, about, perWrite)
  let sent = 0
  let stopped = false
  const send = () => {
    sent += perWrite
    sender.write(messages)
  }
  receiver.onDatagram = () => {
    if (receiver.received % perWrite === 0 && !stopped) send()
  }
  return {
    start: (writes) => {
      for (let i = 0; i < writes; i++) send()
    },
    stop: () => {
      stopped = true
    },
    received: () => receiver.received,
    missing: () => sent - receiver.received,
    close: () => Promise.all([sender.close(), receiver.close()])
  }
}

function mark(flows, pid) {
  const { user, system } = process.cpuUsage()
  return {
    frames: flows.reduce((sum, flow) => sum + flow.received(), 0),
    seconds: performance.now() / 1e3,
    server: cpuSeconds(pid),
    load: (user + system) / 1e6
  }
}

/** How many frames never came. */
async function drain(flows) {
  const missing = () => flows.reduce((sum, flow) => sum + flow.missing(), 0)
  for (let waited = 0; missing() > 0 && waited < DRAIN_MS; waited += LOOK_MS) await sleep(LOOK_MS)
  return missing()
}

const single = forwarding({
  name: 'single',
  title: '1,200 B datagrams',
  payloadBytes: 1200,
  segmentSize: 0,
  perWrite: 32,
  writesInFlight: 4
})

const batch = forwarding({
  name: 'batch',
  title: 'Batches of 10 × 1,452 B',
  payloadBytes: 14_520,
  segmentSize: 1452,
  perWrite: 4,
  writesInFlight: 4
})

module.exports = { batch, single }
