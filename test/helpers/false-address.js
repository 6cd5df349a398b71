// SPDX-License-Identifier: MIT
// UDP sockets at which a peer is said to be and is not: what somebody may answer there who has no key of its.
'use strict'

const { createCipheriv, randomBytes } = require('node:crypto')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { frame, varint } = require('./raw-quic/frames.js')
const { initialKeys, longPacket, splitDatagram } = require('./raw-quic/packets.js')

/** RFC 9001 section 5.8: the same for everybody. */
const retryKey = Buffer.from('be0c690b9f66575a1d766b54e368c84e', 'hex')
const retryNonce = Buffer.from('461599d35d632bf2239825bb', 'hex')

const serverHelloOfJunk = Buffer.from([2, 0, 0, 4, 0, 0, 0, 0])

const withLength = (bytes) => Buffer.concat([Buffer.from([bytes.length]), bytes])
const longHeader = (first, version, dcid, scid) =>
  Buffer.concat([Buffer.from([first, 0, 0, 0, version]), withLength(dcid), withLength(scid)])

/** An Initial packet to the client, sealed with the keys that its own first packet tells everybody. */
function initial({ dcid, scid }, payload, packet) {
  const padded = Buffer.concat([payload, Buffer.alloc(Math.max(0, 1100 - payload.length))])
  const keys = initialKeys(dcid).server
  const usual = { type: 'initial', keys, dcid: scid, scid: randomBytes(8), packetNumber: 0, payload: padded }
  return longPacket({ ...usual, ...packet })
}

function retry({ dcid, scid }) {
  const packet = Buffer.concat([longHeader(0xf0, 1, scid, randomBytes(8)), randomBytes(32)])
  const seal = createCipheriv('aes-128-gcm', retryKey, retryNonce)
  seal.setAAD(Buffer.concat([withLength(dcid), packet]))
  seal.final()
  return Buffer.concat([packet, seal.getAuthTag()])
}

/** What a false address answers to a client's Initial packet, whose ids are given. */
const answers = {
  'a short header and junk': ({ scid }) => Buffer.concat([Buffer.from([0x40]), scid, randomBytes(40)]),
  'a Handshake packet of junk': ({ scid }) =>
    Buffer.concat([longHeader(0xe0, 1, scid, randomBytes(8)), varint(64), randomBytes(64)]),
  'an Initial packet with a PING': (ids) => initial(ids, frame.ping()),
  'an Initial packet with junk for TLS': (ids) => initial(ids, frame.crypto(0, serverHelloOfJunk)),
  'an Initial packet with frames that must not be there': (ids) => initial(ids, frame.handshakeDone()),
  'a CONNECTION_CLOSE that refuses': (ids) => initial(ids, frame.close(0x02)),
  'a CONNECTION_CLOSE that knows no such ALPN': (ids) => initial(ids, frame.close(0x100 + 120, '', 6)),
  'a Version Negotiation': ({ dcid, scid }) =>
    Buffer.concat([longHeader(0x80, 0, scid, dcid), Buffer.from('1a2a3a4a', 'hex')]),
  'a Retry': retry,
  'a Retry that nobody has sealed': ({ scid }) =>
    Buffer.concat([longHeader(0xf0, 1, scid, randomBytes(8)), randomBytes(48)])
}

async function bound() {
  const socket = dgram.createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const addressOf = (socket) => `127.0.0.1:${socket.address().port}`

/** False addresses, as many as are asked for, until they are closed. */
class FalseAddresses {
  #open = []

  close() {
    for (const socket of this.#open.splice(0)) socket.close()
  }

  async #socket() {
    const socket = await bound()
    this.#open.push(socket)
    return socket
  }

  /** The address of one who answers each Initial packet with what `answer` makes of its ids; null: with nothing. */
  async answering(answer) {
    const socket = await this.#socket()
    socket.on('message', (datagram, { port, address }) => {
      const [packet] = splitDatagram(datagram, 8)
      const bytes = packet.type === 'initial' ? answer(packet) : null
      if (bytes) socket.send(bytes, port, address)
    })
    return addressOf(socket)
  }

  /**
   * The address of one who passes the first datagram on to `target`, sends back what `change` makes of the first answer and
   * of the ids that were asked with, and then nothing.
   */
  async falling(target, change = (answer) => [answer]) {
    const front = await this.#socket()
    const back = await this.#socket()
    front.once('message', (datagram, from) => {
      const [ids] = splitDatagram(datagram, 8)
      back.once('message', (answer) => {
        for (const bytes of change(answer, ids)) front.send(bytes, from.port, from.address)
      })
      back.send(datagram, Number(target.split(':')[1]), '127.0.0.1')
    })
    return addressOf(front)
  }

  /** The address of one who passes the first answer of `target` on, and then refuses in its name. */
  betraying(target) {
    return this.falling(target, (answer, ids) => {
      const { scid } = splitDatagram(answer, 8)[0]
      return [answer, initial(ids, frame.close(0x02), { scid, packetNumber: 1 })]
    })
  }

  /** The address of one who has `target` say its ServerHello, and keeps the rest. */
  greeting(target) {
    return this.falling(target, (answer) => [splitDatagram(answer, 8)[0].bytes])
  }

  /** An address at which nothing listens. */
  async shut() {
    const socket = await bound()
    const address = addressOf(socket)
    socket.close()
    return address
  }
}

module.exports = { answers, FalseAddresses }
