// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { createHash, randomBytes } = require('node:crypto')
const { pipeline } = require('node:stream/promises')
const { Readable, Writable } = require('node:stream')
const { toDuplex } = require('event-target-iroh')
const { useEndpoints } = require('../helpers/endpoints.js')

describe('Connection', () => {
  const { connect, streams } = useEndpoints()

  describe('#openBi', () => {
    it('opens a stream both sides write and read', async () => {
      const { dialled, accepted } = await connect()
      const near = await dialled.openBi()
      await near.send.writeAll('ping')
      await near.send.finish()
      const far = await accepted.acceptBi()
      assert.equal((await far.recv.readToEnd(100)).toString(), 'ping')
      await far.send.writeAll(Buffer.from('pong'))
      await far.send.finish()
      assert.equal((await near.recv.readToEnd(100)).toString(), 'pong')
      assert.equal(near.send.id, far.recv.id)
    })

    it('is lazy: the acceptor sees it once data is sent', async () => {
      const { dialled, accepted } = await connect()
      const silent = await dialled.openBi()
      const spoken = await dialled.openBi()
      await spoken.send.writeAll('second')
      await silent.send.writeAll('first')
      const seen = [await accepted.acceptBi(), await accepted.acceptBi()]
      const texts = await Promise.all(seen.map(async ({ recv }) => (await recv.read(100)).toString()))
      assert.deepEqual(texts.sort(), ['first', 'second'])
    })

    it('waits for room when the peer allows no more streams', async () => {
      const { dialled, accepted } = await connect({ maxStreamsBidi: 2 })
      const first = await dialled.openBi()
      await dialled.openBi()
      let third
      const opening = dialled.openBi().then((stream) => {
        third = stream
      })
      await first.send.writeAll('x')
      await first.send.finish()
      const far = await accepted.acceptBi()
      assert.equal(third, undefined)
      await far.recv.readToEnd(10)
      await far.send.finish()
      await first.recv.readToEnd(10)
      await opening
    })
  })

  describe('#openUni', () => {
    it('opens a stream one side writes', async () => {
      const { dialled, accepted } = await connect()
      const send = await accepted.openUni()
      await send.writeAll('one way')
      await send.finish()
      const recv = await dialled.acceptUni()
      assert.equal((await recv.readToEnd(100)).toString(), 'one way')
    })
  })

  describe('#acceptBi', () => {
    it('rejects with the close reason when the connection ends', async () => {
      const { dialled, accepted } = await connect()
      const waiting = [accepted.acceptBi(), accepted.acceptUni(), accepted.readDatagram()]
      dialled.close(3, 'going')
      for (const promise of waiting) await assert.rejects(promise, { code: 'ERR_IROH_PEER_CLOSED' })
    })
  })

  describe('#close', () => {
    it('tells both sides code and reason', async () => {
      const { dialled, accepted } = await connect()
      assert.equal(dialled.closeReason(), null)
      dialled.close(77, 'that is all')
      const seen = await accepted.closed()
      assert.deepEqual([seen.kind, seen.code, seen.reason], ['application-closed', 77, 'that is all'])
      assert.equal((await dialled.closed()).kind, 'locally-closed')
      assert.deepEqual(accepted.closeReason(), seen)
    })
  })

  describe('SendStream#write', () => {
    it('says how many bytes were taken, and writeAll() takes them all', async () => {
      const { near, far } = await streams()
      const bytes = randomBytes(3 << 20)
      const taken = await near.send.write(bytes)
      assert.ok(taken > 0 && taken <= bytes.length)
      await near.send.writeAll(bytes.subarray(taken))
      assert.deepEqual(await far.recv.readExact(bytes.length), bytes)
    })

    it('is held back by a slow reader', async () => {
      const windows = { streamWindow: 65536, connectionWindow: 131072 }
      const { near, far } = await streams(Buffer.from('!'), windows, { maxSendBuffer: 524288 })
      const bytes = randomBytes(8 << 20)
      let written = false
      const writing = near.send.writeAll(bytes).then(() => {
        written = true
      })
      const hash = createHash('sha256')
      const first = await far.recv.read(1000)
      hash.update(first)
      assert.ok(first.length <= 1000)
      assert.equal(written, false)
      for (let left = bytes.length - first.length; left > 0; ) {
        const chunk = await far.recv.read(65536)
        hash.update(chunk)
        left -= chunk.length
      }
      await writing
      assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'))
    })

    it('rejects after finish() and after the peer stopped', async () => {
      const { near, far, dialled, accepted } = await streams()
      await near.send.finish()
      await assert.rejects(near.send.writeAll('late'), { code: 'ERR_IROH_STREAM_FINISHED' })
      const send = await dialled.openUni()
      await send.writeAll('x')
      const recv = await accepted.acceptUni()
      recv.stop(12)
      assert.equal(await send.stopped(), 12)
      await assert.rejects(send.writeAll('late'), { code: 'ERR_IROH_STREAM_STOPPED' })
      await far.recv.readToEnd(10)
    })
  })

  describe('SendStream#reset', () => {
    it('makes the reader fail with ERR_IROH_STREAM_RESET and the code', async () => {
      const { near, far } = await streams()
      near.send.reset(42)
      await assert.rejects(far.recv.readToEnd(100), { code: 'ERR_IROH_STREAM_RESET', quicError: 42 })
    })
  })

  describe('SendStream#setPriority', () => {
    it('sends the higher first when both wait', async () => {
      const { dialled, accepted } = await connect({ streamWindow: 8 << 20, connectionWindow: 8 << 20 })
      const low = await dialled.openUni()
      const high = await dialled.openUni()
      low.setPriority(-1)
      high.setPriority(10)
      const bulk = randomBytes(4 << 20)
      const done = [low.writeAll(bulk).then(() => low.finish()), high.writeAll('urgent').then(() => high.finish())]
      const order = []
      const drain = async () => {
        const recv = await accepted.acceptUni()
        order.push((await recv.readToEnd(8 << 20)).length)
      }
      await Promise.all([drain(), drain(), ...done])
      assert.deepEqual(order, [6, 4 << 20])
    })
  })

  describe('RecvStream#read', () => {
    it('gives at most what was asked for, and null at the end', async () => {
      const { near, far } = await streams()
      await near.send.writeAll('abcdef')
      await near.send.finish()
      const parts = []
      for (let part = await far.recv.read(4); part !== null; part = await far.recv.read(4)) parts.push(part)
      assert.ok(parts.every((part) => Buffer.isBuffer(part) && part.length <= 4))
      assert.equal(Buffer.concat(parts).toString(), 'abcdef')
      assert.equal(await far.recv.read(4), null)
    })
  })

  describe('RecvStream#readExact', () => {
    it('waits for all of it', async () => {
      const { near, far } = await streams()
      const reading = far.recv.readExact(6)
      await near.send.writeAll('abc')
      await near.send.writeAll('def!')
      assert.equal((await reading).toString(), 'abcdef')
      assert.equal((await far.recv.readExact(1)).toString(), '!')
    })

    it('throws ERR_IROH_UNEXPECTED_END when the stream ends first', async () => {
      const { near, far } = await streams()
      await near.send.writeAll('abc')
      await near.send.finish()
      await assert.rejects(far.recv.readExact(4), { code: 'ERR_IROH_UNEXPECTED_END' })
    })

    it('throws the close reason when the connection ends first', async () => {
      const { dialled, near, far } = await streams()
      await near.send.writeAll('abc')
      const reading = far.recv.readExact(4)
      dialled.close(1)
      await assert.rejects(reading, { code: 'ERR_IROH_PEER_CLOSED' })
    })
  })

  describe('RecvStream#readToEnd', () => {
    it('throws ERR_IROH_TOO_LONG beyond its maximum', async () => {
      const { near, far } = await streams()
      await near.send.writeAll('abcdef')
      await near.send.finish()
      await assert.rejects(far.recv.readToEnd(5), { code: 'ERR_IROH_TOO_LONG' })
    })
  })

  describe('streams of other kinds', () => {
    it('is an async iterable of Buffers', async () => {
      const { near, far } = await streams()
      const bytes = randomBytes(300000)
      const writing = near.send.writeAll(bytes).then(() => near.send.finish())
      const chunks = []
      for await (const chunk of far.recv) chunks.push(chunk)
      assert.deepEqual(Buffer.concat(chunks), bytes)
      await writing
    })

    it('is a pair of WHATWG streams', async () => {
      const { near, far } = await streams()
      const bytes = randomBytes(300000)
      const source = new Blob([bytes]).stream()
      const [received] = await Promise.all([
        new Response(far.recv.readable).arrayBuffer(),
        source.pipeTo(near.send.writable)
      ])
      assert.deepEqual(Buffer.from(received), bytes)
    })

    it('is a node:stream Duplex', async () => {
      const { near, far } = await streams()
      const bytes = randomBytes(2 << 20)
      const echo = toDuplex(far)
      const end = toDuplex(near)
      const chunks = []
      await Promise.all([
        pipeline(echo, echo),
        pipeline(Readable.from([bytes]), end),
        pipeline(end, new Writable({ write: (chunk, _, done) => done(null, chunks.push(chunk)) }))
      ])
      assert.deepEqual(Buffer.concat(chunks), bytes)
    })
  })
})
