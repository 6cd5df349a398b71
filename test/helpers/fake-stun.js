// SPDX-License-Identifier: MIT
// STUN servers that see what a test wants them to see, as from behind a NAT. On loopback.
'use strict'

const dgram = require('node:dgram')
const { once } = require('node:events')
const { isIPv6 } = require('node:net')
const {
  Attribute,
  MessageType,
  addressAttribute,
  attribute,
  readMessage,
  writeMessage
} = require('../../lib/stun/message')

/** Not an address of any interface, though it leads here: behind it is a NAT, as far as a report can tell. */
const OUTSIDE = '127.0.0.7'

/** What is asked of a server: 'plain', 'second port', 'from second port', 'to port'. */
function kindOf({ attributes }) {
  const change = attributes.get(Attribute.CHANGE_REQUEST)
  if (attributes.has(Attribute.RESPONSE_PORT)) return 'to port'
  if (!change) return 'plain'
  return change[3] === 0 ? 'second port' : 'from second port'
}

/** One server with two ports. */
class FakeStun {
  /** What it was asked, in order. */
  asked = []

  /**
   * @param {string} address of loopback
   * @param {object} options
   * @param {(from: object, port: 'first' | 'second') => object} [options.mapped] where it says the
   *   request came from; default OUTSIDE and the port it came from
   * @param {(kind: string, request: object, from: object) => boolean} [options.answers] default everything
   * @param {boolean} [options.knowsDiscovery] RFC 5780; default true
   * @param {(transaction: Buffer) => Buffer} [options.transactionOf] what it answers to; default the request
   */
  static async open(address, options = {}) {
    const server = new FakeStun(address, options)
    await Promise.all(Object.values(server.sockets).map((socket) => once(socket, 'listening')))
    return server
  }

  constructor(
    address,
    { mapped, answers = () => true, knowsDiscovery = true, transactionOf = (transaction) => transaction }
  ) {
    this.address = address
    this.mapped = mapped ?? (({ port }) => ({ address: OUTSIDE, port }))
    this.answers = answers
    this.knowsDiscovery = knowsDiscovery
    this.transactionOf = transactionOf
    const open = (name) => {
      const socket = dgram.createSocket(isIPv6(address) ? 'udp6' : 'udp4').bind(0, address)
      return socket.on('message', (bytes, from) => this.#onMessage(name, bytes, from))
    }
    this.sockets = { first: open('first'), second: open('second') }
  }

  get port() {
    return this.sockets.first.address().port
  }

  /** As the `relays` option has it; nothing listens for TCP. */
  get relay() {
    const host = isIPv6(this.address) ? `[${this.address}]` : this.address
    return { url: `http://${host}:9`, stunPort: this.port, quicPort: 0 }
  }

  close() {
    for (const socket of Object.values(this.sockets)) socket.close()
  }

  #onMessage(name, bytes, from) {
    const request = readMessage(bytes)
    if (request?.type !== MessageType.BINDING_REQUEST) return
    const kind = kindOf(request)
    this.asked.push(kind)
    if (!this.answers(kind, request, from)) return
    if (kind !== 'plain' && !this.knowsDiscovery) {
      const error = attribute(Attribute.ERROR_CODE, Buffer.of(0, 0, 4, 20))
      this.#send(name, writeMessage(MessageType.BINDING_ERROR, request.transaction, [error]), from)
      return
    }
    const transaction = this.transactionOf(request.transaction)
    const attributes = [addressAttribute(Attribute.XOR_MAPPED_ADDRESS, this.mapped(from, name), transaction)]
    if (kind === 'second port') {
      const other = { address: '0.0.0.0', port: this.sockets.second.address().port }
      attributes.push(addressAttribute(Attribute.OTHER_ADDRESS, other))
    }
    const sender = kind === 'from second port' ? 'second' : name
    const to = kind === 'to port' ? request.attributes.get(Attribute.RESPONSE_PORT).readUInt16BE(0) : from.port
    this.#send(sender, writeMessage(MessageType.BINDING_SUCCESS, transaction, attributes), {
      ...from,
      port: to
    })
  }

  #send(name, bytes, { address, port }) {
    this.sockets[name].send(bytes, port, address, () => {})
  }
}

/** Call it in a describe(): gives a maker of servers, which are closed after each test. */
function useFakeStun() {
  const open = new Set()
  afterEach(() => {
    for (const server of open) server.close()
    open.clear()
  })
  return async (address, options) => {
    const server = await FakeStun.open(address, options)
    open.add(server)
    return server
  }
}

module.exports = { OUTSIDE, useFakeStun }
