// SPDX-License-Identifier: MIT
// The real iroh (@number0/iroh), behind a surface of Buffers and plain values. Its own surface takes and returns
// arrays of numbers. Never call its Connection.watchPathEvents(): it aborts the process (1.1.0).
'use strict'

const iroh = require('@number0/iroh/index.js') // its package.json names a main file that is not there

const bytes = (text) => [...Buffer.from(text)]

/** Without a port for QUIC address discovery, which would be waited for. */
function onlyRelay(url) {
  const relays = iroh.RelayMap.empty()
  relays.insert({ url })
  return relays
}

/** A real iroh endpoint on loopback, without discovery, and with no relay or just one. */
async function createRealEndpoint({ alpns = [], bindAddress = '127.0.0.1:0', secretKey, relayUrl } = {}) {
  const builder = iroh.Endpoint.builder()
  iroh.presetMinimal(builder)
  builder.relayMode(relayUrl ? iroh.RelayMode.custom(onlyRelay(relayUrl)) : iroh.RelayMode.disabled())
  builder.bindAddr(bindAddress)
  builder.alpns(alpns.map(bytes))
  if (secretKey) builder.secretKey([...secretKey])
  return new RealEndpoint(await builder.bind())
}

class RealEndpoint {
  #endpoint

  constructor(endpoint) {
    this.#endpoint = endpoint
  }

  nodeId() {
    return Buffer.from(this.#endpoint.id().toBytes()).toString('hex')
  }

  addr() {
    const directAddresses = this.#endpoint.boundSockets().filter((address) => address.startsWith('127.'))
    return { nodeId: this.nodeId(), directAddresses }
  }

  online() {
    return this.#endpoint.online()
  }

  async connect({ nodeId, relayUrl, directAddresses = [] }, alpn) {
    const id = iroh.EndpointId.fromBytes([...Buffer.from(nodeId, 'hex')])
    return this.#endpoint.connect(new iroh.EndpointAddr(id, relayUrl, directAddresses), bytes(alpn))
  }

  /** The next incoming attempt: accept(), refuse(), retry() or ignore() it. */
  incoming() {
    return this.#endpoint.acceptNext()
  }

  async accept() {
    const incoming = await this.incoming()
    const accepting = await incoming.accept()
    return accepting.connect()
  }

  close() {
    return this.#endpoint.close()
  }
}

/** Reads and writes [u32 big-endian length][JSON] frames on a stream of real iroh. */
class RealFrames {
  #send
  #recv
  #buffer = Buffer.alloc(0)

  constructor({ send, recv }) {
    this.#send = send
    this.#recv = recv
  }

  write(envelope) {
    const json = Buffer.from(JSON.stringify(envelope))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(json.length)
    return this.#send.writeAll([...length, ...json])
  }

  async read() {
    const length = await this.#take(4)
    return JSON.parse((await this.#take(length.readUInt32BE())).toString())
  }

  async #take(count) {
    while (this.#buffer.length < count) {
      const chunk = await this.#recv.read(65536)
      if (chunk.length === 0) throw new Error('the stream ended in the middle of a frame')
      this.#buffer = Buffer.concat([this.#buffer, Buffer.from(chunk)])
    }
    const taken = this.#buffer.subarray(0, count)
    this.#buffer = this.#buffer.subarray(count)
    return taken
  }
}

module.exports = { bytes, createRealEndpoint, RealFrames }
