// SPDX-License-Identifier: MIT
'use strict'

const { envelopesOf, EVENT_NAME } = require('../envelope')
const { Meter, quantile } = require('../meter')

const BYTES = 100

/** The hub answers every event with one of the same size; the spoke keeps `outstanding` under way and times each. */
function createRequests({ outstanding, metrics, summarize }) {
  async function hub(peer) {
    const envelope = envelopesOf(BYTES)
    let n = 0
    const address = await peer.listen((connection) => {
      connection.target.addEventListener(EVENT_NAME, () => connection.send(envelope(n++)))
    })
    return { address, finished: async () => null }
  }

  async function spoke(peer, address, settings) {
    const connection = await peer.connect(address)
    const envelope = envelopesOf(BYTES)
    const meter = new Meter(settings)
    const warmAt = performance.now() + settings.warmUpMs
    const times = []
    const sentAt = []
    let n = 0

    function ask() {
      sentAt.push(performance.now())
      connection.send(envelope(n++))
    }

    connection.target.addEventListener(EVENT_NAME, () => {
      const now = performance.now()
      const sent = sentAt.shift()
      if (sent >= warmAt) times.push((now - sent) * 1e3)
      meter.count()
      ask()
    })
    meter.start()
    for (let i = 0; i < outstanding; i++) ask()
    const { perSecond } = await meter.result()
    if (times.length === 0) throw new Error('no answer arrived')
    return { perSecond, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
  }

  return { metrics, hub, spoke, summarize }
}

const roundTrip = createRequests({
  outstanding: 1,
  metrics: [
    { name: 'rtt-p50', title: 'Round trip, p50', unit: 'µs', lowerIsBetter: true },
    { name: 'rtt-p99', title: 'Round trip, p99', unit: 'µs', lowerIsBetter: true }
  ],
  summarize: (_hub, { p50, p99 }) => ({ 'rtt-p50': p50, 'rtt-p99': p99 })
})

const outstanding64 = createRequests({
  outstanding: 64,
  metrics: [{ name: 'requests', title: 'Requests, 64 outstanding', unit: 'requests/s' }],
  summarize: (_hub, { perSecond }) => ({ requests: perSecond })
})

module.exports = { outstanding64, roundTrip }
