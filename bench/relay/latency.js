// SPDX-License-Identifier: MIT
'use strict'

const { quantile, sleep } = require('../meter')
const { LoadClient, messagesFor } = require('./client')

const PER_MS = 1
const WARM_UP = 200
const US_PER_MS = 1000

/** From the write of one datagram to its receipt, one about every millisecond; both ends are in one process. */
const latency = {
  metrics: [
    { name: 'latency-p50', title: 'One 1,200 B datagram, p50', unit: 'µs', lowerIsBetter: true },
    { name: 'latency-p99', title: 'One 1,200 B datagram, p99', unit: 'µs', lowerIsBetter: true }
  ],

  async run({ url }, { measureMs }) {
    const [sender, receiver] = [await LoadClient.open(url), await LoadClient.open(url)]
    const message = messagesFor(receiver.id, { payloadBytes: 1200, segmentSize: 0 }, 1)
    const times = []
    for (let n = 0; n < WARM_UP + measureMs * PER_MS; n++) {
      const took = await new Promise((resolve) => {
        const start = performance.now()
        receiver.onDatagram = () => resolve(performance.now() - start)
        sender.write(message)
      })
      if (n >= WARM_UP) times.push(took * US_PER_MS)
      await sleep(1)
    }
    await Promise.all([sender.close(), receiver.close()])
    return { lost: 0, figures: { 'latency-p50': quantile(times, 0.5), 'latency-p99': quantile(times, 0.99) } }
  }
}

module.exports = { latency }
