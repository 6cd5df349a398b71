// SPDX-License-Identifier: MIT
// A hub and a spoke in processes of their own send each other numbered events while their connection is cut again and
// again, their relays are restarted, their packets are held up, and they are killed and started again.
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { SecretKey } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { quietDeferred } = require('../../lib/base/deferred')
const { Child } = require('./child')
const { seededRandom } = require('./events')
const { UdpProxy } = require('./udp-proxy')

const PEER = path.join(__dirname, 'children/resume-peer.js')
const IDLE_MS = 1500
const BLOCK_MS = 2500
const POLL_MS = 50
const STALL_MS = 30_000

class Soak {
  #options
  #random
  #directory = fs.mkdtempSync(path.join(os.tmpdir(), 'soak-'))
  #keys = { hub: SecretKey.generate(), spoke: SecretKey.generate() }
  #children = {}
  #relays = []
  /** Where the hub says which relay it is at; it is not restarted. */
  #lookUp = null
  #proxy = null
  #hubAddr
  #hubBind = '127.0.0.1:0'
  #isDirect = false
  #died = quietDeferred()
  #peaks = { hub: { maxRss: 0, maxReplaySize: 0 }, spoke: { maxRss: 0, maxReplaySize: 0 } }
  counts = { relayed: 0, direct: 0, closed: 0, relaysRestarted: 0, blocked: 0, killed: 0 }

  constructor(options) {
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  /** @returns {Promise<object>} what was done and seen; rejects if an event is missing, repeated or out of place */
  async run() {
    const { events, cuts, kills } = this.#options
    try {
      return await Promise.race([this.#go(events, cuts, kills), this.#died.promise])
    } finally {
      await this.#end()
    }
  }

  async #go(events, cuts, kills) {
    const began = performance.now()
    this.#lookUp = await this.#listen(0, { pkarr: true })
    this.#relays = [await this.#listen(), await this.#listen()]
    await this.#start('hub')
    await this.#start('spoke')
    for (let cut = 1; cut <= cuts; cut++) {
      this.#tell({ goal: Math.round((events * cut) / cuts) })
      await sleep(this.#random() ** 3 * this.#options.intervalMs)
      if (kills.includes(cut)) await this.#kill(cut)
      else await this.#cut()
    }
    this.#tell({ goal: events })
    await this.#untilDone()
    for (const name of ['hub', 'spoke']) this.#check(name)
    return { ...this.counts, events, ms: Math.round(performance.now() - began), peaks: this.#peaks }
  }

  #listen(port = 0, options) {
    return RelayServer.listen({ host: '127.0.0.1', port, stunPort: false, quicPort: false, ...options })
  }

  /** Relayed: the two have no address family in common. Direct: by way of a proxy that can hold up packets. */
  async #start(role) {
    const isSpoke = role === 'spoke'
    const endpointOptions = {
      preset: 'minimal',
      secretKey: this.#keys[role].toBytes(),
      bindAddress: isSpoke ? (this.#isDirect ? '127.0.0.1:0' : '[::1]:0') : this.#hubBind,
      relays: this.#relays.map(({ url }) => url),
      idleTimeoutMs: IDLE_MS,
      keepAliveMs: 300
    }
    const child = new Child(PEER)
    child.ended.then(({ code, signal, output }) => {
      if (signal !== 'SIGKILL') this.#died.reject(new Error(`the ${role} ended (${signal ?? code}): ${output}`))
    })
    this.#children[role] = child
    const answer = await this.#ask(role, {
      role,
      log: this.#log(role),
      spool: path.join(this.#directory, role),
      hub: isSpoke ? this.#hubForSpoke() : undefined,
      endpointOptions,
      lookUp: this.#lookUp.pkarrUrl,
      resume: { maxReplayBytes: 1 << 20 }
    })
    if (answer.failed) throw new Error(answer.failed)
    if (isSpoke) return
    const [address] = answer.addr.directAddresses
    this.#hubBind = address
    this.#hubAddr = { nodeId: answer.addr.nodeId, relayUrl: this.#relays[0].url }
    this.#proxy ??= await UdpProxy.open(address)
  }

  #hubForSpoke() {
    return this.#isDirect ? { ...this.#hubAddr, directAddresses: [this.#proxy.address] } : this.#hubAddr
  }

  async #cut() {
    const dice = this.#random()
    await this.#noteStatus('hub')
    if (dice < 0.2 && !this.#isDirect) await this.#restartRelay()
    else if (dice < 0.1) await this.#block()
    else {
      this.#children[dice < 0.6 ? 'hub' : 'spoke'].send({ cut: true })
      this.counts.closed++
    }
  }

  async #restartRelay() {
    const index = this.#random() < 0.5 ? 0 : 1
    const port = Number(new URL(this.#relays[index].url).port)
    await this.#relays[index].close()
    await sleep(this.#random() * 300)
    this.#relays[index] = await this.#listen(port)
    this.counts.relaysRestarted++
  }

  async #block() {
    this.#proxy.blocked = true
    await sleep(BLOCK_MS)
    this.#proxy.blocked = false
    this.counts.blocked++
  }

  /** One of them dies and comes back; the spoke by the other kind of path. */
  async #kill(cut) {
    const name = this.#options.kills.indexOf(cut) % 2 === 0 ? 'spoke' : 'hub'
    await this.#noteStatus(name)
    this.#children[name].kill()
    await this.#children[name].ended
    if (name === 'spoke') this.#isDirect = !this.#isDirect
    await this.#start(name)
    this.counts.killed++
    this.#tell({ goal: Math.round((this.#options.events * cut) / this.#options.cuts) })
  }

  #tell(message) {
    for (const child of Object.values(this.#children)) child.send(message)
  }

  /** @throws {Error} also if there is no answer */
  async #ask(name, message) {
    const late = new AbortController()
    const silence = sleep(STALL_MS, null, { signal: late.signal }).then(() => {
      throw new Error(
        `the ${name} does not answer ${JSON.stringify(message).slice(0, 200)}; ${JSON.stringify(this.counts)}`
      )
    })
    try {
      return await Promise.race([this.#children[name].ask(message), silence])
    } finally {
      silence.catch(() => {})
      late.abort()
    }
  }

  async #noteStatus(name) {
    const answer = await this.#ask(name, { status: true })
    if (answer.failed) throw new Error(`${name}: ${answer.failed}`)
    const { status } = answer
    if (status.isRelay !== undefined) this.counts[status.isRelay ? 'relayed' : 'direct']++
    for (const what of ['maxRss', 'maxReplaySize'])
      this.#peaks[name][what] = Math.max(this.#peaks[name][what], status[what])
    return status
  }

  async #untilDone() {
    const { events } = this.#options
    let last = { counts: '', at: 0 }
    for (;;) {
      const statuses = [await this.#noteStatus('hub'), await this.#noteStatus('spoke')]
      if (statuses.every(({ received, acknowledged }) => received === events && acknowledged === events)) return
      const counts = JSON.stringify(statuses.map(({ received, acknowledged }) => [received, acknowledged]))
      if (counts !== last.counts) last = { counts, at: performance.now() }
      else if (performance.now() - last.at > STALL_MS)
        throw new Error(`hub and spoke do not go on: ${JSON.stringify(statuses)}`)
      await sleep(POLL_MS)
    }
  }

  #log(name) {
    return path.join(this.#directory, `${name}.log`)
  }

  /** Each number once, in its place, in one session. */
  #check(name) {
    const lines = fs.readFileSync(this.#log(name), 'latin1').split('\n').slice(0, -1)
    assert.equal(lines.length, this.#options.events, `${name} dispatched so many`)
    const [session] = lines[0].split(' ')
    lines.forEach((line, index) => {
      if (line !== `${session} ${index + 1} ${index + 1}`) assert.fail(`${name}: line ${index + 1} is ${line}`)
    })
  }

  async #end() {
    const children = Object.values(this.#children)
    for (const child of children) child.kill()
    await Promise.all(children.map(({ ended }) => ended))
    this.#proxy?.close()
    await Promise.all([this.#lookUp, ...this.#relays].map((relay) => relay?.close()))
    fs.rmSync(this.#directory, { recursive: true, force: true })
  }
}

/**
 * @param {object} options
 * @param {number} options.events each way
 * @param {number} options.cuts of the connection, at random times
 * @param {number[]} options.kills which of them is the death of the spoke, the hub, the spoke…
 * @param {number} options.intervalMs at most between two cuts
 * @param {number} options.seed
 */
const soak = (options) => new Soak(options).run()

module.exports = { soak }
