// SPDX-License-Identifier: MIT
'use strict'

const { Endpoint, EndpointAddr, EndpointId, presetMinimal } = require('@number0/iroh')
const { FrameReader, FrameWriter } = require('../codec')

const ALPN = Array.from(Buffer.from('bench/1'))
const READ_BYTES = 65536

/** All that is waiting goes in one write. */
class BatchWriter extends FrameWriter {
  next() {
    return Buffer.concat(this.take())
  }
}

/** Reads as big as they come. */
async function readMuch(recv, target) {
  const reader = new FrameReader(target)
  for (;;) reader.push(Buffer.from(await recv.read(READ_BYTES)))
}

/** Envelopes over a QUIC stream of @number0/iroh: one write under way and one being filled. */
class IrohConnection {
  target = new EventTarget()
  #connection
  #send
  #writer
  #writing = 0
  #idle = []

  /** `read(recv, target)` dispatches what comes; a `Writer` gives the bytes of the next write. */
  constructor(connection, stream, { read, Writer }) {
    this.#connection = connection
    this.#send = stream.send
    this.#writer = new Writer()
    read(stream.recv, this.target).catch(() => {})
  }

  get bufferedAmount() {
    return this.#writing + this.#writer.length
  }

  send(envelope) {
    this.#writer.add(envelope)
    if (this.#writing > 0) return
    this.#writing = 1
    process.nextTick(() => this.#write().catch(() => {}))
  }

  async drained() {
    if (this.#writing > 0) await new Promise((resolve) => this.#idle.push(resolve))
  }

  close() {
    this.#connection.close(0n, [])
  }

  async #write() {
    while (this.#writer.length > 0) {
      const bytes = this.#writer.next()
      this.#writing = bytes.length
      await this.#send.writeAll(Array.from(bytes))
    }
    this.#writing = 0
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}

/** `pattern`: how it is used; by default the best way found. */
async function open(pattern = { read: readMuch, Writer: BatchWriter }) {
  const builder = Endpoint.builder()
  presetMinimal(builder)
  builder.alpns([ALPN])
  builder.bindAddr('127.0.0.1:0')
  const endpoint = await builder.bind()
  const connections = new Set()

  async function accept(incoming, onConnection) {
    const connection = await await (await incoming.accept()).connect()
    const accepted = new IrohConnection(connection, await connection.acceptBi(), pattern)
    connections.add(accepted)
    onConnection(accepted)
  }

  async function acceptAll(onConnection) {
    for (let incoming = await endpoint.acceptNext(); incoming; incoming = await endpoint.acceptNext()) {
      accept(incoming, onConnection).catch(() => {})
    }
  }

  return {
    async listen(onConnection) {
      acceptAll(onConnection).catch(() => {})
      const addresses = endpoint.boundSockets().filter((address) => address.startsWith('127.0.0.1:'))
      return { id: endpoint.id().toString(), addresses }
    },
    async connect({ id, addresses }) {
      const address = new EndpointAddr(EndpointId.fromString(id), null, addresses)
      const connection = await endpoint.connect(address, ALPN)
      const dialled = new IrohConnection(connection, await connection.openBi(), pattern)
      connections.add(dialled)
      return dialled
    },
    async close() {
      for (const connection of connections) connection.close()
      await endpoint.close()
    }
  }
}

module.exports = { open }
