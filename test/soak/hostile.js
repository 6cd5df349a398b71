// SPDX-License-Identifier: MIT
// `npm run test:hostile -- SECONDS [SEED]`: hostile QUIC peers send random packets to a hub and a gossip node, and answer what
// they dial, all three of an addon built with AddressSanitizer and UBSan. An honest spoke beside them has to be served.
'use strict'

const { execFileSync, fork } = require('node:child_process')
const { once } = require('node:events')
const { createHub, createSpoke, Endpoint, Gossip, TopicId } = require('event-target-iroh')
const { local } = require('../helpers/endpoints.js')
const { seededRandom } = require('../helpers/events.js')
const { frame, largestVarint, RawClient, RawServer } = require('../helpers/raw-quic/index.js')

const hubAlpn = 'alkhub/1'
const gossipAlpn = '/iroh-gossip/1'
const attackersEach = 3

// ---- the victims, in a process of their own ---------------------------------------------------------

async function victim() {
  const hub = await createHub({ endpointOptions: local })
  hub.on('error', () => {})
  hub.on('spoke', (spoke) => {
    spoke.addEventListener('error', () => {})
    spoke.addEventListener('ping', ({ detail }) => spoke.send({ type: 'pong', payload: detail.payload }))
  })
  const member = await Endpoint.createWithOptions(local)
  const gossip = await Gossip.spawn(member)
  const topic = await gossip.subscribe(TopicId.fromName('hostile'))
  const dialler = await Endpoint.createWithOptions({ ...local, handshakeTimeoutMs: 2000 })
  process.on('message', async ({ dial }) => {
    if (!dial) {
      await topic.leave()
      await Promise.all([hub.close(), gossip.close(), dialler.close()])
      await member.close()
      process.disconnect()
      return
    }
    const connection = await dialler.connect(dial, hubAlpn).catch(() => null)
    if (connection) await connection.closed()
  })
  process.send({ hub: hub.addr(), gossip: member.addr() })
}

// ---- what the hostile peers say ---------------------------------------------------------------------

class Babble {
  #random
  #offsets = new Map()

  constructor(random) {
    this.#random = random
  }

  below(count) {
    return Math.floor(this.#random() * count)
  }

  chance(probability) {
    return this.#random() < probability
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  bytes(count) {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)))
  }

  #number() {
    const marks = [63, 64, 16383, 16384, 1 << 20, 2 ** 30 - 1, 2 ** 30, 2 ** 53, largestVarint - 1n, largestVarint]
    return this.chance(0.3) ? this.pick(marks) : this.below(4096)
  }

  #stream() {
    return this.chance(0.7) ? this.below(12) : this.below(500)
  }

  /** A frame of events: u32 length and JSON, or what looks like one. */
  #body() {
    const texts = [
      '{"type":"ping","payload":1}',
      '{"type":"error","id":"\\u0000"}',
      '{"type":1}',
      '[]',
      '{"type":"a","__proto__":1}',
      '{"type":"hub.register","payload":{"operations":["a"],"resume":{"version":1}}}',
      '{"type":"hub.ack","payload":{"received":9007199254740991}}',
      '['.repeat(300),
      '\ufffe'
    ]
    if (this.chance(0.3)) return this.bytes(this.below(100))
    const text = Buffer.from(this.pick(texts))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(this.chance(0.8) ? text.length : this.pick([0, 1, 1 << 20, 0xffffffff]))
    return Buffer.concat([length, text])
  }

  #inOrder() {
    const id = this.pick([0, 4, 8, 2, 6])
    const offset = this.#offsets.get(id) ?? 0
    const data = this.#body()
    this.#offsets.set(id, offset + data.length)
    return frame.stream(id, data, { offset, end: this.chance(0.02) })
  }

  /** One frame; rarely one that ends the connection at once. */
  frame(peer) {
    const number = () => this.#number()
    const stream = () => this.#stream()
    const rare = this.chance(0.02)
    const kinds = [
      () => this.#inOrder(),
      () => this.#inOrder(),
      () => this.#inOrder(),
      () => frame.stream(stream(), this.bytes(this.below(60)), { offset: this.below(5000), end: this.chance(0.1) }),
      () => frame.resetStream(stream(), number(), rare ? number() : this.below(100)),
      () => frame.stopSending(stream(), number()),
      () => frame.maxData(number()),
      () => frame.maxStreamData(stream(), number()),
      () => frame.maxStreams(rare ? number() : this.below(5000), { uni: this.chance(0.5) }),
      () => frame.dataBlocked(rare ? number() : this.below(5000)),
      () => frame.streamDataBlocked(stream(), this.below(5000)),
      () => frame.streamsBlocked(this.below(50), { uni: this.chance(0.5) }),
      () => frame.newConnectionId(this.below(10), rare ? this.below(10) : 0, Buffer.alloc(8, 1), Buffer.alloc(16, 1)),
      () => frame.retireConnectionId(rare ? number() : this.below(3)),
      () => frame.pathChallenge(this.bytes(8)),
      () => frame.crypto(this.below(3000), this.bytes(this.below(60))),
      () => frame.datagram(this.bytes(this.below(40))),
      () => frame.ack(rare ? number() : this.below(peer.spaces.oneRtt.largest + 1), { first: 0 }),
      () => frame.ping(),
      () => {
        const asked = peer.frames.findLast(({ name }) => name === 'pathChallenge')
        return asked ? frame.pathResponse(asked.data) : frame.ping()
      },
      () => (rare ? this.bytes(1 + this.below(20)) : frame.padding(20)),
      () => (rare ? frame.handshakeDone() : frame.ping()),
      () => (rare ? frame.pathResponse() : frame.ping()),
      () => (rare ? frame.close(number(), '\u001b[1m') : frame.ping())
    ]
    return this.pick(kinds)()
  }

  payload(peer) {
    const frames = Array.from({ length: 1 + this.below(10) }, () => this.frame(peer))
    const bytes = Buffer.concat(frames).subarray(0, 1300)
    return this.chance(0.03) ? bytes.subarray(0, this.below(bytes.length + 1)) : bytes
  }

  async talk(peer, packets, counts) {
    let isClosed = false
    peer.closed.then(() => {
      isClosed = true
    })
    for (let sent = 0; sent < packets && !isClosed; sent++) {
      if (this.chance(0.02)) peer.updateKeys()
      const skipped = this.chance(0.05) ? this.below(20) : 0
      const packetNumber = Math.max(0, peer.spaces.oneRtt.next + (this.chance(0.05) ? -this.below(10) : skipped))
      await peer.send(this.payload(peer), { packetNumber })
      counts.packets++
      if (this.chance(0.2)) await new Promise(setImmediate)
    }
  }
}

// ---- attackers --------------------------------------------------------------------------------------

const inTime = (promise, ms = 3000) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })

async function attackServer(babble, { addr, alpn, isOver, counts }) {
  const port = Number(addr.directAddresses[0].split(':').pop())
  while (!isOver()) {
    const peer = await RawClient.open({ port, alpn, holdsFinished: babble.chance(0.2) })
    peer.acknowledges = babble.chance(0.7)
    await peer.sendHello({ packetNumber: babble.below(3) })
    await inTime(Promise.race([peer.handshakeDone, peer.closed]))
    counts.connections++
    if (peer.spaces.oneRtt.send) await babble.talk(peer, babble.below(120), counts)
    if (peer.flight && babble.chance(0.5)) await peer.sendFinished()
    peer.close()
  }
}

/** Has the victim dial a server that talks too early, too much, or not at all. */
async function attackDialler(babble, { child, isOver, counts }) {
  while (!isOver()) {
    const early = babble.chance(0.5) ? babble.payload({ spaces: { oneRtt: { largest: 0 } }, frames: [] }) : undefined
    const server = await RawServer.listen({ alpn: hubAlpn, early, staysSilent: babble.chance(0.2) })
    child.send({ dial: server.addr })
    const peer = await inTime(server.connection)
    if (peer) {
      counts.connections++
      if (babble.chance(0.8)) await inTime(Promise.race([peer.handshakeDone, peer.closed]), 500)
      if (peer.spaces.oneRtt.send) {
        await babble.talk(peer, babble.below(120), counts)
        await peer.send(frame.applicationClose(0)).catch(() => {})
      }
    }
    server.close()
  }
}

/** An honest spoke's round trips, in milliseconds. */
async function honest(addr, isOver) {
  const spoke = await createSpoke({ hub: addr, endpointOptions: local })
  const times = []
  while (!isOver()) {
    const start = performance.now()
    const answer = once(spoke, 'pong')
    spoke.send({ type: 'ping', payload: times.length })
    await answer
    times.push(performance.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await spoke.close()
  return times.sort((a, b) => a - b)
}

async function main([seconds = 60, seed = Date.now() % 1e9]) {
  const { build } = require('../../scripts/build.js')
  const env = {
    ...process.env,
    IROH_ADDON: build('asan'),
    LD_PRELOAD: execFileSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
    ASAN_OPTIONS: 'detect_leaks=0:detect_stack_use_after_return=0:exitcode=97',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1'
  }
  console.log(`hostile: ${seconds} s, seed ${seed}`)
  const child = fork(__filename, ['victim'], { env })
  const ended = once(child, 'exit')
  let isDown = false
  ended.then(() => {
    isDown = true
  })
  const [addresses] = await Promise.race([once(child, 'message'), ended])
  const end = Date.now() + seconds * 1000
  const isOver = () => isDown || Date.now() >= end
  const counts = { connections: 0, packets: 0 }
  const babble = (number) => new Babble(seededRandom(seed + number))
  const attacks = Array.from({ length: attackersEach }, (_, number) => [
    attackServer(babble(3 * number), { addr: addresses.hub, alpn: hubAlpn, isOver, counts }),
    attackServer(babble(3 * number + 1), { addr: addresses.gossip, alpn: gossipAlpn, isOver, counts }),
    attackDialler(babble(3 * number + 2), { child, isOver, counts })
  ])
  const served = Promise.race([honest(addresses.hub, isOver), ended.then(() => [])])
  await Promise.all(attacks.flat())
  const times = await served
  if (!isDown) child.send({})
  const [code, signal] = await ended
  console.log(JSON.stringify({ ...counts, served: times.length }))
  if (times.length > 0) {
    const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(1)
    console.log(`the honest spoke's round trips: median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`)
  }
  if (code !== 0 || times.length === 0) throw new Error(`the victims ended with ${signal ?? code}`)
  console.log('1 passed, 0 failed')
}

if (process.argv[2] === 'victim') victim()
else {
  main(process.argv.slice(2).map(Number)).then(
    () => process.exit(0),
    (error) => {
      console.error(error)
      console.log('0 passed, 1 failed')
      process.exit(1)
    }
  )
}
