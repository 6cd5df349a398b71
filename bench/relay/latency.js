// SPDX-License-Identifier: MIT
'use strict'

const { quantile, sleep } = require('../meter')
const { messagesFor, openPair } = require('./client')

/** As many as make the server one that has worked: its code is loaded and compiled. */
const WARM_UP = 2000
const PAUSE_MS = 1
const US_PER_MS = 1000

/** From the write of one datagram to its receipt, never two at a time; both ends are in one process. */
const latency = {
  metrics: [
    { name: 'paced-p50', title: 'One datagram every ms, p50', unit: 'µs', lowerIsBetter: true },
    { name: 'paced-p99', title: 'One datagram every ms, p99', unit: 'µs', lowerIsBetter: true },
    { name: 'next-p50', title: 'One datagram after the other, p50', unit: 'µs', lowerIsBetter: true },
    { name: 'next-p99', title: 'One datagram after the other, p99', unit: 'µs', lowerIsBetter: true }
  ],

  async run({ url }, { measureMs }) {
    const { sender, receiver } = await openPair(url)
    const message = messagesFor(receiver.id, { payloadBytes: 1200, segmentSize: 0 }, 1)
    const one = () =>
      new Promise((resolve) => {
        const start = performance.now()
        receiver.onDatagram = () => resolve((performance.now() - start) * US_PER_MS)
        sender.write(message)
      })
    for (let n = 0; n < WARM_UP; n++) await one()
    const paced = await many(measureMs, one, PAUSE_MS)
    const next = await many(measureMs, one, 0)
    await Promise.all([sender.close(), receiver.close()])
    const figures = {
      'paced-p50': quantile(paced, 0.5),
      'paced-p99': quantile(paced, 0.99),
      'next-p50': quantile(next, 0.5),
      'next-p99': quantile(next, 0.99)
    }
    return { lost: 0, figures }
  }
}

async function many(count, one, pauseMs) {
  const times = []
  while (times.length < count) {
    times.push(await one())
    if (pauseMs > 0) await sleep(pauseMs)
  }
  return times
}

module.exports = { latency }
