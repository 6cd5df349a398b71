// SPDX-License-Identifier: MIT
// The program on a site's host: one endpoint, one connection, and numbered events both ways over it.
'use strict'

const {
  createHubIrohEventTarget,
  createSpokeIrohEventTarget,
  dnsDiscovery,
  Endpoint,
  localDiscovery,
  pkarrDiscovery
} = require('event-target-iroh')
const { serve } = require('./program.js')

const ALPN = 'natlab/1'
const LOOK_MS = 5

let endpoint
let connection
let target
let startedAt
let failure = null
let tellReady
/** Resolves when there is a target: the side that accepts may be told to send before its handshake is over. */
const ready = new Promise((resolve) => {
  tellReady = resolve
})

/** What arrived: events bear the numbers 0, 1, 2 … and the time they were sent; all peers share one clock. */
const arrived = { count: 0, firstMs: null, disordered: 0, longestMs: 0 }
/** When the path became relayed or direct, in milliseconds since the start of the dial. */
const moves = []

function since() {
  return Math.round(performance.now() - startedAt)
}

function onEvent({ detail: { payload } }) {
  if (payload.number !== arrived.count) arrived.disordered++
  arrived.longestMs = Math.max(arrived.longestMs, Date.now() - payload.at)
  arrived.firstMs ??= since()
  arrived.count++
}

function isRelayed() {
  return connection.paths()[0]?.isRelay
}

/** Notes each change between relayed and direct. */
function watch() {
  const look = () => {
    const relayed = isRelayed()
    if (relayed !== undefined && relayed !== moves.at(-1)?.relayed) moves.push({ atMs: since(), relayed })
  }
  look()
  const timer = setInterval(look, LOOK_MS)
  connection.closed().then((reason) => {
    clearInterval(timer)
    failure = ['the connection closed', reason.kind, reason.code, reason.errorCode, reason.reason].join(' ')
  })
}

/** Takes the connection as an event target, and sends as it is told: `{ count, everyMs, burst, padding }`. */
async function use(made, createTarget, flow) {
  connection = made
  watch()
  target = await createTarget(connection)
  target.addEventListener('numbered', onEvent)
  tellReady()
  if (flow) send(flow)
}

let sent = 0

async function send({ count, everyMs, burst, padding = 0 }) {
  await ready
  const pad = 'x'.repeat(padding)
  const last = sent + count
  const timer = setInterval(() => {
    for (let n = 0; n < burst && sent < last; n++) {
      target.send({ type: 'numbered', payload: { number: sent++, at: Date.now(), pad } })
    }
    if (sent === last || failure) clearInterval(timer)
  }, everyMs)
}

async function untilTrue(condition, timeoutMs) {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (failure) throw new Error(failure)
    if (performance.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return true
}

/** 'local', or `{ pkarr, dns }` of a look-up server. */
function discoveriesOf(named) {
  if (named === undefined) return []
  if (named === 'local') return [localDiscovery()]
  return [pkarrDiscovery({ relay: named.pkarr, resolve: false }), dnsDiscovery({ servers: [named.dns] })]
}

serve({
  /** @returns where the endpoint can be dialled, once it is online */
  async start({ relays, timeoutMs, discovery: named, ...options }) {
    const discovery = discoveriesOf(named)
    endpoint = await Endpoint.createWithOptions({ preset: 'minimal', alpns: [ALPN], relays, discovery, ...options })
    await endpoint.online({ timeoutMs })
    return endpoint.addr()
  },

  /** Takes the next connection as soon as there is one. */
  serve({ flow }) {
    startedAt = performance.now()
    endpoint.accept().then((accepted) => use(accepted, createHubIrohEventTarget, flow))
  },

  async dial({ addr, flow, timeoutMs }) {
    startedAt = performance.now()
    const dialled = await endpoint.connect(addr, ALPN, { timeoutMs })
    const connectedMs = since()
    await use(dialled, createSpokeIrohEventTarget, flow)
    return { connectedMs }
  },

  send,

  /** @returns when the path became direct, or null if it did not in time */
  async direct({ timeoutMs }) {
    const direct = await untilTrue(() => connection && isRelayed() === false, timeoutMs)
    return direct ? since() : null
  },

  /** The same for the relay. */
  async relayed({ timeoutMs }) {
    const relayed = await untilTrue(() => connection && isRelayed() === true, timeoutMs)
    return relayed ? since() : null
  },

  /** @returns whether so many events arrived in time */
  async received({ count, timeoutMs }) {
    await untilTrue(() => arrived.count >= count, timeoutMs)
    return arrived.count
  },

  sent: () => sent,

  /** @returns how long an event was under way at most, in milliseconds, since this was asked last */
  longest() {
    const { longestMs } = arrived
    arrived.longestMs = 0
    return longestMs
  },

  /** @returns why the connection closed, or null if it did not in time */
  async closed({ timeoutMs }) {
    await untilTrue(() => failure !== null, timeoutMs).catch(() => {})
    return failure
  },

  report: () => ({ sent, ...arrived, failure, moves, paths: connection?.paths() ?? [], metrics: endpoint.metrics() }),

  async stop() {
    await endpoint.close()
  }
})
