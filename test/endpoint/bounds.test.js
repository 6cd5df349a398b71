// SPDX-License-Identifier: MIT
// What peers send and nobody reads, and what is sent to peers that do not read: what of it is kept, and who has to go.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { CloseCode, createHub, createSpoke, Gossip } = require('event-target-iroh')
const { DropQueue } = require('../../lib/hub/drop-queue')
const { Shares } = require('../../lib/base/shares')
const { alpn, local, useEndpoints } = require('../helpers/endpoints')
const { until } = require('../helpers/events')

const KIB = 1024
const MIB = 1024 * KIB

describe('What nobody reads', () => {
  const { create, connect } = useEndpoints()

  /** Opens streams until nothing more leaves: what the peer takes unread. */
  async function fill(connection, streams, bytes) {
    const opened = []
    for (let count = 0; count < streams; count++) {
      const send = await connection.openUni()
      send.writeAll(Buffer.alloc(bytes)).catch(() => {})
      opened.push(send)
    }
    return opened
  }

  describe('at an endpoint', () => {
    it('is bounded over all connections: those that hold most are closed, and the peers are told', async () => {
      const server = await create({ alpns: [alpn], maxReceiveBuffer: 2 * MIB })
      const dialled = []
      for (let count = 0; count < 8; count++) {
        const client = await create()
        dialled.push(await client.connect(server.addr(), alpn))
      }
      const [small, ...large] = dialled
      await fill(small, 1, 1000)
      await until(() => server.metrics().receiveBuffered >= 1000)
      for (const connection of large) await fill(connection, 2, MIB)
      await until(() => server.metrics().connectionsOverflowed >= 2)
      const closed = await Promise.race(large.map((connection) => connection.closed()))
      assert.equal(closed.kind, 'application-closed')
      assert.equal(closed.code, CloseCode.OVERFLOW)
      await until(() => server.metrics().receiveBuffered <= 2 * MIB)
      assert.equal(small.closeReason(), null)
    })

    it('rejects reads of a connection that had to go, rather than end early', async () => {
      const { server, accepted, dialled } = await connect({ maxReceiveBuffer: MIB })
      const [recv] = await Promise.all([accepted.acceptUni(), fill(dialled, 1, 10)])
      await fill(dialled, 3, MIB)
      const other = await create()
      await fill(await other.connect(server.addr(), alpn), 2, MIB)
      const third = await create()
      await fill(await third.connect(server.addr(), alpn), 2, MIB)
      const reason = await accepted.closed()
      assert.equal(reason.code, CloseCode.OVERFLOW)
      await assert.rejects(recv.read(), { code: 'ERR_IROH_LOCALLY_CLOSED' })
    })

    it('does not hold back a reader that keeps up, whatever others leave', async () => {
      const { server, accepted, dialled } = await connect({ maxReceiveBuffer: 4 * MIB })
      for (let count = 0; count < 6; count++) {
        const idle = await create()
        await fill(await idle.connect(server.addr(), alpn), 1, 200 * KIB)
      }
      const send = await dialled.openUni()
      const [, received] = await Promise.all([
        send.writeAll(Buffer.alloc(16 * MIB)).then(() => send.finish()),
        accepted.acceptUni().then((recv) => recv.readToEnd(16 * MIB))
      ])
      assert.equal(received.length, 16 * MIB)
      assert.equal(server.metrics().connectionsOverflowed, 0)
    })

    it('bounds what it sends to peers that do not read, over all connections', async () => {
      const server = await create({ alpns: [alpn], maxSendTotal: 8 * MIB, streamWindow: 64 * KIB })
      const write = async (send) => {
        for (;;) await send.write(Buffer.alloc(256 * KIB))
      }
      let most = 0
      for (let count = 0; count < 6; count++) {
        const client = await create()
        const [accepted] = await Promise.all([server.accept(), client.connect(server.addr(), alpn)])
        write(await accepted.openUni()).catch(() => {})
      }
      await until(() => {
        most = Math.max(most, server.metrics().sendBuffered)
        return most > 6 * MIB
      })
      assert.ok(server.metrics().sendBuffered < 9 * MIB)
    })

    it('refuses streams when too many wait to be accepted, of the one that has most', async () => {
      const server = await create({ alpns: [alpn], maxPendingStreams: 64 })
      const many = await (await create()).connect(server.addr(), alpn)
      const opened = await fill(many, 30, 1)
      await until(() => server.metrics().streamsRefused > 0)
      assert.equal(await opened.at(-1).stopped(), CloseCode.UNWANTED)
      assert.ok(server.metrics().streamsPending <= 8, `${server.metrics().streamsPending} wait`)
      const few = await (await create()).connect(server.addr(), alpn)
      const refused = server.metrics().streamsRefused
      await fill(few, 1, 1)
      await until(() => server.metrics().streamsPending > 7 || server.metrics().streamsRefused > refused)
      assert.equal(server.metrics().streamsRefused, refused)
    })

    it('keeps datagrams of all connections up to a bound', async () => {
      const { server, dialled } = await connect({ maxReceiveBuffer: MIB })
      for (let count = 0; count < 500; count++) {
        dialled.sendDatagram(Buffer.alloc(1000))
        if (count % 20 === 0) await new Promise(setImmediate)
      }
      await until(() => server.metrics().datagramsDropped > 0)
      assert.ok(server.metrics().datagramBytesPending <= MIB / 4 / 8)
    })

    it('keeps few of the connections that are over before they were accepted', async () => {
      const server = await create({ alpns: [alpn] })
      const client = await create()
      for (let count = 0; count < 70; count++) {
        const connection = await client.connect(server.addr(), alpn)
        connection.close()
        await until(() => server.metrics().connectionsOpen === 0)
      }
      await until(() => server.metrics().connectionsClosed === 70)
      const accepted = []
      for (let count = 0; count < 64; count++) accepted.push(await server.accept())
      assert.ok(accepted.every((connection) => connection.closeReason() !== null))
      const last = server.accept()
      const connection = await client.connect(server.addr(), alpn)
      assert.equal((await last).closeReason(), null)
      connection.close()
    })
  })

  describe('of streams that have no use', () => {
    async function refusedBy(connection) {
      const send = await connection.openUni()
      await send.writeAll('nobody takes this')
      assert.equal(await send.stopped(), CloseCode.UNWANTED)
      const both = await connection.openBi()
      await both.send.writeAll('nor this')
      assert.equal(await both.send.stopped(), CloseCode.UNWANTED)
      await assert.rejects(both.recv.read(), { code: 'ERR_IROH_STREAM_RESET', quicError: CloseCode.UNWANTED })
    }

    it('is refused at once by a hub and by a spoke', async () => {
      const hub = await createHub({ endpointOptions: local })
      const [[target], spoke] = await Promise.all([
        once(hub, 'spoke'),
        createSpoke({ hub: hub.ticket(), endpointOptions: local })
      ])
      await refusedBy(spoke.connection)
      await refusedBy(target.connection)
      assert.equal(hub.endpoint.metrics().streamsRefused, 2)
      assert.equal(hub.endpoint.metrics().receiveBuffered, 0)
      const pong = new Promise((resolve) => spoke.addEventListener('pong', resolve))
      target.send({ type: 'pong' })
      await pong
      await spoke.close()
      await hub.close()
    })

    it('gives the peer no credit for others in their place', async () => {
      const hub = await createHub({ endpointOptions: local })
      const spoke = await createSpoke({ hub: hub.ticket(), endpointOptions: local })
      const { connection } = spoke
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const send = await connection.openUni()
          await send.writeAll('x')
          await send.stopped()
        })
      )
      assert.equal(connection.stats().streamsUniLeft, 0)
      // A program that has a use for them asks for them.
      const [target] = hub.spokes.values()
      const accepting = target.connection.acceptUni()
      const send = await connection.openUni()
      await send.writeAll('wanted')
      assert.equal((await (await accepting).readExact(6)).toString(), 'wanted')
      await spoke.close()
      await hub.close()
    })

    it('is refused by a gossip node where it is bidirectional', async () => {
      const node = await create()
      const gossip = await Gossip.spawn(node)
      const client = await create()
      const connection = await client.connect(node.addr(), gossip.alpn)
      const { send } = await connection.openBi()
      await send.writeAll('no gossip')
      assert.equal(await send.stopped(), CloseCode.UNWANTED)
      assert.equal(node.metrics().streamsRefused, 1)
      connection.close()
      await gossip.close()
    })
  })

  it('waits in queues that drop the oldest, each with as much as is free', () => {
    const total = new Shares(1000)
    const queues = [new DropQueue(total), new DropQueue(total)]
    const fill = (queue) => {
      while (queue.hasShare(10)) queue.push('x', 10, true)
      return queue.bytes
    }
    assert.deepEqual(queues.map(fill), [500, 250])
    queues[0].dropOldest()
    queues[0].shift()
    assert.equal(total.used, 730)
    queues[0].clear()
    assert.equal(total.used, 250)
    for (let count = 0; count < 100; count++) queues[0].push('shared', 10, true, 1)
    assert.deepEqual([queues[0].bytes, total.used], [1000, 350])
  })

  it('counts half a frame', async () => {
    const hub = await createHub({ endpointOptions: local })
    const client = await create()
    const connection = await client.connect(hub.addr(), hub.alpn)
    const { send } = await connection.openBi()
    await send.writeAll(Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(60000, 0x20)]))
    await until(() => hub.endpoint.metrics().receiveBuffered >= 60000)
    connection.close()
    await until(() => hub.endpoint.metrics().receiveBuffered === 0)
    await hub.close()
  })

  it('is a peer that ends gossip streams faster than it gets credit for others', async () => {
    const node = await create()
    const gossip = await Gossip.spawn(node, { maxStreams: 128 })
    const client = await create()
    const connection = await client.connect(node.addr(), gossip.alpn)
    await until(() => connection.stats().streamsUniLeft >= 128)
    const open = async () => (await connection.openUni()).finish()
    for (let count = 0; count < 128; count++) await open()
    // It has none left; credit comes back in pieces, 5 of a 32nd each quarter of a second.
    let more = 0
    const waiting = Promise.all(Array.from({ length: 12 }, () => open().then(() => more++)))
    await until(() => more > 0)
    assert.ok(connection.stats().streamsUniLeft <= 5)
    await waiting
    connection.close()
    await gossip.close()
  })
})
