// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const dgram = require('node:dgram')
const path = require('node:path')
const { SecretKey } = require('event-target-iroh')
const { useChildren } = require('../helpers/child.js')
const { alpn, useEndpoints } = require('../helpers/endpoints.js')
const { createRealEndpoint } = require('../helpers/real-iroh.js')

describe('a server that was killed and started again', () => {
  const startChild = useChildren()
  const { create } = useEndpoints()

  /** Runs `use` with the address of a server, which is killed and started again, at the same port, when `use` asks. */
  async function withRestart(use) {
    const secretKey = SecretKey.generate()
    const child = startChild(path.join(__dirname, '../helpers/children/server.js'))
    const addr = await child.ask({ secretKey: secretKey.toBytes() })
    return use(addr, async () => {
      child.kill('SIGKILL')
      await child.ended
      return create({ alpns: [alpn], secretKey, bindAddress: addr.directAddresses[0] })
    })
  }

  it('tells a peer of ours at once that it forgot the connection', async () => {
    await withRestart(async (addr, restart) => {
      const client = await create({ keepAliveMs: 100 })
      const connection = await client.connect(addr, alpn)
      const server = await restart()
      assert.equal((await connection.closed()).kind, 'reset')
      assert.ok(server.metrics().statelessResetsSent > 0)
      await client.connect(server.addr(), alpn)
    })
  })

  it('is noticed amid junk that looks the same', async () => {
    await withRestart(async (addr, restart) => {
      const client = await create({ keepAliveMs: 100 })
      const connection = await client.connect(addr, alpn)
      const [address, port] = client.boundAddresses()[0].split(':')
      const socket = dgram.createSocket('udp4')
      const junk = () => {
        const packet = randomBytes(60)
        packet[0] = 0x40 | (packet[0] & 0x3f)
        socket.send(packet, Number(port), address)
      }
      const flood = setInterval(() => {
        for (let count = 0; count < 20; count++) junk()
      }, 5)
      try {
        for (let count = 0; count < 2000; count++) junk()
        await restart()
        assert.equal((await connection.closed()).kind, 'reset')
        assert.equal(client.metrics().statelessResetsReceived, 1)
      } finally {
        clearInterval(flood)
        socket.close()
      }
    })
  })

  it('tells a real iroh too', async () => {
    await withRestart(async (addr, restart) => {
      const iroh = await createRealEndpoint()
      const connection = await iroh.connect(addr, alpn)
      await connection.readDatagram() // a client whose handshake is not confirmed cannot be reset
      await restart()
      connection.sendDatagram([1, 2, 3])
      assert.match(await connection.closed(), /reset/)
      await iroh.close()
    })
  })
})
