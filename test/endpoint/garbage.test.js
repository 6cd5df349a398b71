// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { seededRandom, until } = require('../helpers/events.js')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')

const count = 5000

/** Random bytes, some behind the first byte and version of a QUIC Initial, some of an unknown version. */
function garbage(random, index) {
  const bytes = Buffer.alloc(1 + Math.floor(random() * 1400))
  for (let at = 0; at < bytes.length; at++) bytes[at] = random() * 256
  if (bytes.length < 7) return bytes
  if (index % 4 === 1) bytes.set([0xc0 | (bytes[0] & 0x0f), 0, 0, 0, 1, 8])
  if (index % 4 === 2) bytes.set([0xc0 | (bytes[0] & 0x0f), 0xfa, 0xce, 0xb0, 0x0c, 8])
  if (index % 4 === 3) bytes[0] = 0x40 | (bytes[0] & 0x3f)
  return bytes
}

describe('thousands of random datagrams', () => {
  const { create } = useEndpoints()

  it('do nothing but count', async () => {
    const server = await create({ alpns: [alpn] })
    const client = await create()
    const [accepted, dialled] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
    const [address, port] = server.boundAddresses()[0].split(':')
    const socket = dgram.createSocket('udp4')
    const random = seededRandom(7)
    const before = server.metrics()
    for (let index = 0; index < count; index++) {
      await new Promise((resolve) => socket.send(garbage(random, index), Number(port), address, resolve))
    }
    await until(() => server.metrics().udpDatagramsReceived - before.udpDatagramsReceived >= count * 0.9)
    socket.close()

    const after = server.metrics()
    assert.equal(after.connectionsOpen, 1)
    assert.equal(after.connectionsAccepted, 1)
    assert.ok(after.droppedGarbage > before.droppedGarbage)
    const send = await dialled.openUni()
    await send.writeAll('still there')
    await send.finish()
    assert.equal((await (await accepted.acceptUni()).readToEnd(100)).toString(), 'still there')
    await Promise.all([server.accept(), (await create()).connect(server.addr(), alpn)])
  })

  it('leave nothing behind when they look like the beginning of a connection', async () => {
    const server = await create({ alpns: [alpn] })
    const [address, port] = server.boundAddresses()[0].split(':')
    const socket = dgram.createSocket('udp4')
    /** An Initial whose length field promises more than the datagram has: QUIC drops it without a look. */
    const initial = Buffer.alloc(1200, 7)
    initial.set([0xc0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0x7f, 0xff])
    for (let round = 1; round <= 20; round++) {
      await new Promise((resolve) => socket.send(initial, Number(port), address, resolve))
      await until(() => server.metrics().initialsInvalid === round)
      assert.equal(server.metrics().handshakesInFlight, 0)
    }
    socket.close()
    await Promise.all([server.accept(), (await create()).connect(server.addr(), alpn)])
  })
})
