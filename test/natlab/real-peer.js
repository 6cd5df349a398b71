// SPDX-License-Identifier: MIT
// The same program as peer.js with a real iroh endpoint (@number0/iroh), as far as scenarios without relays need it.
'use strict'

const { createRealEndpoint, RealFrames } = require('../helpers/real-iroh.js')
const { serve } = require('./program.js')

const ALPN = 'natlab/1'
const LOOK_MS = 5

let endpoint
let frames
let sent = 0
let failure = null
const arrived = { count: 0, disordered: 0, longestMs: 0 }

async function readAll() {
  for (;;) {
    const { payload } = await frames.read()
    if (payload.number !== arrived.count) arrived.disordered++
    arrived.longestMs = Math.max(arrived.longestMs, Date.now() - payload.at)
    arrived.count++
  }
}

function use(stream) {
  frames = new RealFrames(stream)
  readAll().catch((error) => {
    failure = error.message
  })
}

async function sendAll({ count, everyMs, padding = 0 }) {
  const pad = 'x'.repeat(padding)
  while (count-- > 0) {
    await frames.write({ type: 'numbered', payload: { number: sent++, at: Date.now(), pad } })
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

serve({
  async start({ bindAddress }) {
    endpoint = await createRealEndpoint({ alpns: [ALPN], bindAddress })
    return { nodeId: endpoint.nodeId(), directAddresses: [bindAddress] }
  },

  serve() {
    endpoint
      .accept()
      .then((connection) => connection.acceptBi())
      .then(use)
  },

  async dial({ addr }) {
    const connection = await endpoint.connect(addr, ALPN)
    use(await connection.openBi())
  },

  direct: () => 0,

  send(flow) {
    sendAll(flow).catch((error) => {
      failure = error.message
    })
  },

  async received({ count, timeoutMs }) {
    const deadline = performance.now() + timeoutMs
    while (arrived.count < count && failure === null && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    return arrived.count
  },

  report: () => ({ sent, ...arrived, failure })
})
