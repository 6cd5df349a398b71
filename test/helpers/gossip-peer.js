// SPDX-License-Identifier: MIT
// Gossip peers in processes of their own, ours and real ones alike: both take the same commands as lines of JSON
// (test/interop/rust-gossip/src/commands.rs) and print what happens as lines of JSON.
'use strict'

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const readline = require('node:readline')
const { programPath } = require('../interop/rust/cargo.js')

const OURS = path.join(__dirname, 'children', 'gossip-peer.js')

const KINDS = {
  ours: (args) => [process.execPath, [...process.execArgv, OURS, ...args]],
  real: (args, profile) => [programPath('real-gossip-peer', profile), args]
}

/** What happened in one topic and was not waited for yet, in order. */
class Happenings {
  #events = []
  #waiting = []

  add(event) {
    const index = this.#waiting.findIndex(({ isWanted }) => isWanted(event))
    if (index === -1) this.#events.push(event)
    else this.#waiting.splice(index, 1)[0].resolve(event)
  }

  /** Takes the first that is wanted, and waits for it if there is none. */
  next(isWanted) {
    const index = this.#events.findIndex(isWanted)
    if (index !== -1) return Promise.resolve(this.#events.splice(index, 1)[0])
    return new Promise((resolve, reject) => this.#waiting.push({ isWanted, resolve, reject }))
  }

  /** Takes all of an event that have not been waited for. */
  take(name) {
    const taken = this.#events.filter(({ event }) => event === name)
    this.#events = this.#events.filter(({ event }) => event !== name)
    return taken
  }

  fail(error) {
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting = []
  }
}

class GossipPeer {
  #child
  #answers = []
  #topics = new Map()
  #isEnded = false

  /**
   * @param {'ours' | 'real'} kind
   * @param {{ [name: string]: string | number }} [options] arguments of the program: key, max-message
   * @param {'debug' | 'release'} [profile] of the real one
   */
  static async start(kind, options = {}, profile = 'debug') {
    const args = Object.entries(options).map(([name, value]) => `${name}=${value}`)
    const peer = new GossipPeer(kind, ...KINDS[kind](args, profile))
    const { id, addresses, relay } = await peer.#answer()
    peer.nodeId = id
    peer.addresses = addresses
    peer.relay = relay
    return peer
  }

  /** @private */
  constructor(kind, file, args) {
    this.kind = kind
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdin.on('error', () => {}) // it may be killed
    this.ended = once(this.#child, 'exit')
    readline.createInterface({ input: this.#child.stdout }).on('line', (line) => this.#onLine(JSON.parse(line)))
    this.ended.then(([code, signal]) => this.#onEnd(new Error(`a peer (${kind}) ended: ${signal ?? code}`)))
  }

  get pid() {
    return this.#child.pid
  }

  /** Sends a command and resolves with its answer. */
  async tell(command, fields) {
    this.#child.stdin.write(`${JSON.stringify({ do: command, ...fields })}\n`)
    const { answer, error } = await this.#answer()
    if (error) throw new Error(error)
    return answer
  }

  /** Tells it where others are. */
  async know(...peers) {
    await Promise.all(peers.map(({ nodeId, addresses, relay }) => this.tell('know', { id: nodeId, addresses, relay })))
  }

  deny(...peers) {
    return this.tell('deny', { ids: peers.map(({ nodeId }) => nodeId) })
  }

  /** Joins a topic through peers, of which it learns where they are. */
  async subscribe(topic, ...bootstrap) {
    await this.know(...bootstrap)
    return this.tell('subscribe', { topic, bootstrap: bootstrap.map(({ nodeId }) => nodeId) })
  }

  broadcast(topic, content) {
    return this.tell('broadcast', { topic, content: Buffer.from(content).toString('hex') })
  }

  broadcastNeighbors(topic, content) {
    return this.tell('broadcastNeighbors', { topic, content: Buffer.from(content).toString('hex') })
  }

  neighbors(topic) {
    return this.tell('neighbors', { topic })
  }

  leave(topic) {
    return this.tell('leave', { topic })
  }

  /** The next time that `peer` becomes, or ceases to be, a neighbour. */
  up(topic, { nodeId }) {
    return this.#in(topic).next((event) => event.event === 'neighborUp' && event.nodeId === nodeId)
  }

  down(topic, { nodeId }) {
    return this.#in(topic).next((event) => event.event === 'neighborDown' && event.nodeId === nodeId)
  }

  /** The message with this content. */
  received(topic, content) {
    const hex = Buffer.from(content).toString('hex')
    return this.#in(topic).next((event) => event.event === 'received' && event.content === hex)
  }

  /** Waits for `count` messages or more that were counted (the command 'count'). */
  counted(topic, count) {
    return this.#in(topic).next((event) => event.event === 'counted' && event.count >= count)
  }

  /** What happened and was not waited for. */
  rest(topic, name) {
    return this.#in(topic).take(name)
  }

  /** Stops it as SIGSTOP does, and lets it go on. */
  freeze() {
    this.#child.kill('SIGSTOP')
  }

  thaw() {
    this.#child.kill('SIGCONT')
  }

  /** It is gone without a word. */
  async crash() {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** It leaves its topics and closes its endpoint. */
  async quit() {
    this.#child.stdin.end()
    await this.ended
  }

  #in(topic) {
    if (!this.#topics.has(topic)) this.#topics.set(topic, new Happenings())
    return this.#topics.get(topic)
  }

  #answer() {
    return new Promise((resolve, reject) => {
      if (this.#isEnded) reject(new Error(`the peer (${this.kind}) has ended`))
      else this.#answers.push({ resolve, reject })
    })
  }

  #onLine(line) {
    if (line.event) this.#in(line.topic).add(line)
    else this.#answers.shift().resolve(line)
  }

  #onEnd(error) {
    this.#isEnded = true
    for (const { reject } of this.#answers) reject(error)
    for (const happenings of this.#topics.values()) happenings.fail(error)
  }
}

/** Call it in a describe(): gives a starter of peers, and kills after each test what is still running. */
function useGossipPeers() {
  const running = new Set()

  afterEach(async () => {
    await Promise.all([...running].map((peer) => peer.crash()))
    running.clear()
  })

  return async (...args) => {
    const peer = await GossipPeer.start(...args)
    running.add(peer)
    peer.ended.then(() => running.delete(peer))
    return peer
  }
}

module.exports = { GossipPeer, useGossipPeers }
