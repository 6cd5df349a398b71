// SPDX-License-Identifier: MIT
// A UDP forwarder between one dialling endpoint and another, that loses, reorders and duplicates as a seed says, and can
// change the port the far side sees.
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const { seededRandom } = require('./events.js')

async function boundSocket(type = 'udp4', host = type === 'udp4' ? '127.0.0.1' : '::1') {
  const socket = dgram.createSocket({ type, recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 })
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}

class UdpProxy {
  #front
  #back
  #client
  #target
  #random
  #odds
  #held = []
  #closed = false
  /** While true, nothing gets through. */
  blocked = false
  /** Milliseconds each datagram takes, each way. */
  delayMs = 0
  counts = { forwarded: 0, lost: 0, reordered: 0, duplicated: 0 }

  /**
   * Forwards to `target` ("ip:port"); loss, reorder and duplicate are shares of the datagrams, from 0 to 1. It is dialled
   * by IPv4, or by IPv6 with type 'udp6'; at `host`, an address of this host.
   */
  static async open(target, { loss = 0, reorder = 0, duplicate = 0, seed = 1, type, host } = {}) {
    const proxy = new UdpProxy()
    const [address, port] = target.split(':')
    proxy.#target = { address, port: Number(port) }
    proxy.#odds = { loss, reorder, duplicate }
    proxy.#random = seededRandom(seed)
    proxy.#front = await boundSocket(type, host)
    proxy.#front.on('message', (bytes, from) => {
      proxy.#client = from
      proxy.#pass(
        bytes,
        () => proxy.#back,
        () => proxy.#target
      )
    })
    await proxy.rebind()
    return proxy
  }

  /** Where to dial instead of the target. */
  get address() {
    const { address, family, port } = this.#front.address()
    return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
  }

  /** From now on the target sees the dialling endpoint at another port, as after a NAT forgot its mapping. */
  async rebind() {
    const old = this.#back
    const back = await boundSocket()
    back.on('message', (bytes) =>
      this.#pass(
        bytes,
        () => this.#front,
        () => this.#client
      )
    )
    this.#back = back
    old?.close()
  }

  close() {
    this.#closed = true
    this.#front.close()
    this.#back.close()
  }

  #pass(bytes, socket, to) {
    const { loss, reorder, duplicate } = this.#odds
    const send = () => this.#send(bytes, socket, to)
    if (this.blocked || this.#random() < loss) {
      this.counts.lost++
      return
    }
    if (this.#random() < duplicate) {
      this.counts.duplicated++
      send()
    }
    if (this.#random() < reorder) {
      this.counts.reordered++
      this.#hold(send)
      return
    }
    if (this.delayMs > 0) setTimeout(send, this.delayMs)
    else send()
    this.#overtake()
  }

  /** A held datagram leaves after three others, or after 5 ms when no others come. */
  #hold(send) {
    const entry = { send, overtakenBy: 0 }
    entry.timer = setTimeout(() => this.#release(entry), 5)
    this.#held.push(entry)
  }

  #overtake() {
    for (const entry of [...this.#held]) if (++entry.overtakenBy >= 3) this.#release(entry)
  }

  #release(entry) {
    clearTimeout(entry.timer)
    this.#held.splice(this.#held.indexOf(entry), 1)
    entry.send()
  }

  #send(bytes, socket, to) {
    const there = to()
    if (this.#closed || !there) return // what comes before anybody has dialled is for one who had the port before
    const { address, port } = there
    socket().send(bytes, port, address)
    this.counts.forwarded++
  }
}

module.exports = { UdpProxy }
