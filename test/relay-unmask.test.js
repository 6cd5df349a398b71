// SPDX-License-Identifier: MIT
// Taking WebSocket masks off.
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const { once } = require('node:events')
const http = require('node:http')
const net = require('node:net')
const { WebSocket, WebSocketServer } = require('ws')
const { RelayWebSocket } = require('../lib/relay/server/websocket')
const { unmask } = require('../lib/relay/server/unmask')

const SIZES = [0, 1, 31, 32, 33, 125, 126, 1234, 14_556, 65_535, 65_536, 65_537]

describe('unmask', () => {
  it('takes a mask off bytes of every length and alignment', () => {
    for (let offset = 0; offset < 8; offset++) {
      for (let length = 0; length < 70; length++) {
        const mask = crypto.randomBytes(4)
        const around = crypto.randomBytes(offset + length + 8)
        const expected = around.map((byte, at) =>
          at < offset || at >= offset + length ? byte : byte ^ mask[(at - offset) % 4]
        )
        unmask(around.subarray(offset, offset + length), mask)
        assert.deepEqual(around, expected)
      }
    }
  })
})

describe('RelayWebSocket', () => {
  let server

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, WebSocket: RelayWebSocket, perMessageDeflate: false })
    await once(server, 'listening')
  })

  afterEach(async () => {
    for (const ws of server.clients) ws.terminate()
    await new Promise((resolve) => server.close(resolve))
  })

  async function connect() {
    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
    const [[ws]] = await Promise.all([once(server, 'connection'), once(client, 'open')])
    return { client, ws }
  }

  it('unmasks here, with the fixed version of ws, unless Node can', async () => {
    const { client, ws } = await connect()
    assert.equal(ws.unmasksHere, http.websocketUnmask === undefined)
    client.terminate()
  })

  it('reads messages of every size, in one piece and in fragments', async () => {
    const { client, ws } = await connect()
    for (const size of SIZES) {
      const bytes = crypto.randomBytes(size)
      client.send(bytes)
      assert.ok((await once(ws, 'message'))[0].equals(bytes), `${size} bytes`)
      const half = size >> 1
      client.send(bytes.subarray(0, half), { fin: false })
      client.send(bytes.subarray(half))
      assert.ok((await once(ws, 'message'))[0].equals(bytes), `${size} bytes in two fragments`)
    }
    client.terminate()
  })

  it('reads messages that come in pieces of any length, with pings between them', async () => {
    const socket = net.connect(server.address().port, '127.0.0.1')
    socket.setNoDelay(true)
    const upgrade = ['GET / HTTP/1.1', 'Host: relay', 'Connection: Upgrade', 'Upgrade: websocket']
    const key = [`Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}`, 'Sec-WebSocket-Version: 13']
    socket.write(`${[...upgrade, ...key].join('\r\n')}\r\n\r\n`)
    const [ws] = await once(server, 'connection')
    const seen = []
    ws.on('message', (bytes) => seen.push(bytes.toString('latin1')))
    ws.on('ping', (bytes) => seen.push(bytes.toString('latin1')))
    const contents = [crypto.randomBytes(100), crypto.randomBytes(40), crypto.randomBytes(1234), crypto.randomBytes(32)]
    const frames = contents.map((content, at) => masked(at % 2 === 1 ? 0x89 : 0x82, content))
    const bytes = Buffer.concat(frames)
    for (let at = 0, step = 1; at < bytes.length; at += step, step = (step % 13) + 1) {
      socket.write(bytes.subarray(at, at + step))
      await new Promise((resolve) => setImmediate(resolve))
    }
    while (seen.length < contents.length) await Promise.race([once(ws, 'message'), once(ws, 'ping')])
    assert.deepEqual(
      seen,
      contents.map((content) => content.toString('latin1'))
    )
    socket.destroy()
  })
})

function masked(first, content) {
  const mask = crypto.randomBytes(4)
  const length = content.length < 126 ? [0x80 | content.length] : [0xfe, content.length >> 8, content.length & 0xff]
  return Buffer.concat([Buffer.of(first, ...length), mask, content.map((byte, at) => byte ^ mask[at % 4])])
}
