// SPDX-License-Identifier: MIT
'use strict'

const { envelopesOf, EVENT_NAME } = require('../envelope')
const { Meter, nextTurn } = require('../meter')

const HIGH_WATER_BYTES = 512 * 1024
const SPARE_MS = 100

/** The spoke sends as fast as it may, the hub counts. `perTurn` envelopes leave in one turn of the event loop. */
function createOneWay({ bytes, perTurn, metrics, summarize }) {
  async function hub(peer, settings) {
    const meter = new Meter(settings)
    const address = await peer.listen(({ target }) => target.addEventListener(EVENT_NAME, () => meter.count()))
    return { address, finished: () => meter.result() }
  }

  async function spoke(peer, address, settings) {
    const connection = await peer.connect(address)
    const meter = new Meter(settings)
    const end = performance.now() + settings.warmUpMs + settings.measureMs + SPARE_MS
    const envelope = envelopesOf(bytes)
    for (let n = 0; performance.now() < end; ) {
      for (const stop = n + perTurn; n < stop; n++) {
        connection.send(envelope(n))
        meter.count()
      }
      if (connection.bufferedAmount > HIGH_WATER_BYTES) await connection.drained()
      else await nextTurn()
    }
    return meter.result()
  }

  return { metrics, hub, spoke, summarize }
}

const small = createOneWay({
  bytes: 100,
  perTurn: 512,
  metrics: [
    { name: 'small', title: '100 B events one way', unit: 'events/s' },
    { name: 'cpu', title: 'CPU, both sides, per million 100 B events', unit: 's', digits: 2, lowerIsBetter: true }
  ],
  summarize: (hub, spoke) => ({
    small: hub.perSecond,
    cpu: hub.cpuSecondsPerMillion + (spoke === hub ? 0 : spoke.cpuSecondsPerMillion)
  })
})

const kib = createOneWay({
  bytes: 1024,
  perTurn: 128,
  metrics: [{ name: 'kib', title: '1 KiB events one way', unit: 'events/s' }],
  summarize: (hub) => ({ kib: hub.perSecond })
})

const bulk = createOneWay({
  bytes: 65536,
  perTurn: 4,
  metrics: [{ name: 'bulk', title: '64 KiB events one way', unit: 'MB/s' }],
  summarize: (hub) => ({ bulk: (hub.perSecond * 65536) / 1e6 })
})

module.exports = { bulk, kib, small }
