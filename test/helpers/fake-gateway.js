// SPDX-License-Identifier: MIT
// A gateway on loopback that is asked for ports; what it answers is the test's.
'use strict'

const dgram = require('node:dgram')
const { EventEmitter, once } = require('node:events')

const PCP = 2

/** What a datagram asks: 'announce' and 'map' of PCP, 'address' and 'map' of NAT-PMP; with lifetime 0 'delete'. */
function read(bytes) {
  if (bytes[0] === PCP && bytes[1] === 0) return { version: PCP, what: 'announce', bytes }
  if (bytes[0] !== PCP && bytes[1] === 0) return { version: 0, what: 'address', bytes }
  const lifetime = bytes.readUInt32BE(bytes[0] === PCP ? 4 : 8)
  const at = bytes[0] === PCP ? 40 : 4
  const request = { internalPort: bytes.readUInt16BE(at), externalPort: bytes.readUInt16BE(at + 2), lifetime, bytes }
  return { version: bytes[0], what: lifetime === 0 ? 'delete' : 'map', ...request }
}

/** An answer of PCP to a request, which it repeats; of MAP with the external address. */
function pcpAnswer(
  { bytes },
  { result = 0, lifetime = 7200, epoch = 100, address = '198.51.100.9', port = 40000 } = {}
) {
  const answer = Buffer.from(bytes)
  answer[1] |= 0x80
  answer[3] = result
  answer.writeUInt32BE(lifetime, 4)
  answer.writeUInt32BE(epoch, 8)
  answer.fill(0, 12, 24)
  if (answer.length < 60) return answer
  answer.writeUInt16BE(port, 42)
  answer.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address.split('.').map(Number)], 44)
  return answer
}

/** An answer of NAT-PMP; to PCP that it speaks version 0 only. */
function natPmpAnswer(request, about = {}) {
  const { result = 0, lifetime = 7200, epoch = 100, address = '198.51.100.9', port = 40000 } = about
  const isOther = request.version !== 0
  const answer = Buffer.alloc(isOther ? 8 : request.what === 'address' ? 12 : 16)
  answer[1] = 0x80 | request.bytes[1]
  answer.writeUInt16BE(isOther ? 1 : result, 2)
  answer.writeUInt32BE(epoch, 4)
  if (isOther) return answer
  if (request.what === 'address') answer.set(address.split('.').map(Number), 8)
  else {
    answer.writeUInt16BE(request.internalPort, 8)
    answer.writeUInt16BE(port, 10)
    answer.writeUInt32BE(request.what === 'delete' ? 0 : lifetime, 12)
  }
  return answer
}

/** Emits 'asked' with each request, which `requests` keeps. */
class FakeGateway extends EventEmitter {
  requests = []

  /** @param {(request: object) => Buffer | null} answer may be replaced later */
  static async open(answer) {
    const gateway = new FakeGateway(answer)
    await once(gateway.socket, 'listening')
    return gateway
  }

  constructor(answer) {
    super()
    this.answer = answer
    this.socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    this.socket.on('message', (bytes, from) => this.#onMessage(bytes, from))
  }

  /** As PortMapping takes it. */
  get where() {
    const { address, port } = this.socket.address()
    return { address, port }
  }

  /** Resolves with the next request of a kind; one that was there before does not count. */
  next(what) {
    return new Promise((resolve) => {
      const onAsked = (request) => {
        if (request.what !== what) return
        this.off('asked', onAsked)
        resolve(request)
      }
      this.on('asked', onAsked)
    })
  }

  /** Sends to whoever asked last. */
  send(bytes, socket = this.socket) {
    const { address, port } = this.last
    socket.send(bytes, port, address)
  }

  #onMessage(bytes, from) {
    this.last = from
    const request = read(bytes)
    this.requests.push(request)
    const answer = this.answer(request)
    if (answer) this.send(answer)
    this.emit('asked', request)
  }
}

/** Call it in a describe(): gives a maker of gateways, which are closed after each test. */
function useFakeGateway() {
  const open = new Set()
  afterEach(() => {
    for (const gateway of open) gateway.socket.close()
    open.clear()
  })
  return async (answer = pcpAnswer) => {
    const gateway = await FakeGateway.open(answer)
    open.add(gateway)
    return gateway
  }
}

module.exports = { natPmpAnswer, pcpAnswer, useFakeGateway }
