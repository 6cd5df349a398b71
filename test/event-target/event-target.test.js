// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { createIrohEventTarget } = require('event-target-iroh')
const { useEndpoints } = require('../helpers/endpoints.js')
const { nextDetails, nextEvent, until } = require('../helpers/events.js')

describe('IrohEventTarget', () => {
  const { streams, targets } = useEndpoints()

  describe('#dispatchEvent', () => {
    it('sends the envelope to the peer under `type:id`', async () => {
      const { hub, spoke } = await targets()
      const detail = { type: 'call.responded', id: 'uuid-123', payload: { answer: 42 } }
      const arrived = nextEvent(spoke, 'call.responded:uuid-123')
      hub.dispatchEvent(new CustomEvent('call.responded:uuid-123', { detail }))
      const event = await arrived
      assert.deepEqual(event.detail, detail)
      assert.ok(event instanceof CustomEvent)
    })

    it('does not fire locally', async () => {
      const { hub, spoke } = await targets()
      const fail = () => assert.fail('fired at the sender')
      spoke.addEventListener('greeting:1', fail)
      const arrived = nextEvent(hub, 'greeting:1')
      spoke.dispatchEvent(new CustomEvent('greeting:1', { detail: { type: 'greeting', id: '1', payload: null } }))
      await arrived
    })

    it('refuses what cannot be written as JSON', async () => {
      const { spoke } = await targets()
      const detail = { type: 'loop', id: '1' }
      detail.payload = detail
      const event = new CustomEvent('loop:1', { detail })
      assert.throws(() => spoke.dispatchEvent(event), { code: 'ERR_IROH_NOT_SERIALIZABLE' })
    })

    it('refuses what is not an envelope', async () => {
      const { spoke } = await targets()
      for (const detail of [undefined, null, 7, 'text', {}, { type: 1 }, { type: 'a', id: 1 }]) {
        const event = new CustomEvent('a', { detail })
        assert.throws(
          () => spoke.dispatchEvent(event),
          (error) => /^ERR_IROH_/.test(error.code),
          JSON.stringify(detail)
        )
      }
    })
  })

  describe('#send', () => {
    it('refuses what JSON would not write as it looks', async () => {
      const { spoke } = await targets()
      class Getter {
        get type() {
          return 'looks fine'
        }
      }
      const odd = [new Getter(), Object.create({ type: 'inherited' }), { type: 'x', toJSON: () => 5 }]
      for (const envelope of odd) assert.throws(() => spoke.send(envelope), { code: 'ERR_IROH_NOT_SERIALIZABLE' })
      assert.equal(spoke.bufferedAmount, 0)
    })

    it('is the fast path for the same thing', async () => {
      const { hub, spoke } = await targets()
      const arrived = nextEvent(hub, 'reading:7')
      spoke.send({ type: 'reading', id: '7', payload: [1, 2, 3] })
      assert.deepEqual((await arrived).detail, { type: 'reading', id: '7', payload: [1, 2, 3] })
    })

    it('names an event without an id, or with an empty one, by its type alone', async () => {
      const { hub, spoke } = await targets()
      const arrived = nextDetails(hub, 'tick', 2)
      spoke.send({ type: 'tick', payload: 1 })
      spoke.send({ type: 'tick', id: '', payload: 2 })
      assert.deepEqual(
        (await arrived).map((detail) => detail.payload),
        [1, 2]
      )
    })

    it('keeps order and content, whatever the text', async () => {
      const { hub, spoke } = await targets()
      const texts = [
        '',
        '"\\\n\u0000',
        'ASCII',
        'Grüße',
        '日本語',
        '👩‍👩‍👧‍👦',
        '\u2028\u2029',
        '\ud800',
        'a'.repeat(200000)
      ]
      const arrived = nextDetails(hub, 'text', texts.length)
      for (const text of texts) spoke.send({ type: 'text', payload: text })
      assert.deepEqual(
        (await arrived).map((detail) => detail.payload),
        texts
      )
    })

    it('carries events both ways at once', async () => {
      const { hub, spoke } = await targets()
      const count = 1000
      const atHub = nextDetails(hub, 'up', count)
      const atSpoke = nextDetails(spoke, 'down', count)
      for (let index = 0; index < count; index++) {
        spoke.send({ type: 'up', payload: index })
        hub.send({ type: 'down', payload: index })
      }
      const expected = Array.from({ length: count }, (_, index) => index)
      assert.deepEqual(
        (await atHub).map((detail) => detail.payload),
        expected
      )
      assert.deepEqual(
        (await atSpoke).map((detail) => detail.payload),
        expected
      )
    })

    it('throws once the target is closed', async () => {
      const { spoke } = await targets()
      await spoke.close()
      assert.throws(() => spoke.send({ type: 'late' }), { code: 'ERR_IROH_CLOSED' })
    })
  })

  describe('#addEventListener', () => {
    it('misses nothing when it is called right after the factory resolved', async () => {
      const { near, far } = await streams()
      const sender = await createIrohEventTarget(near.send, near.recv)
      sender.send({ type: 'early', payload: 'first' })
      await sender.drained()
      const receiver = await createIrohEventTarget(far.send, far.recv)
      assert.equal((await nextEvent(receiver, 'early')).detail.payload, 'first')
    })

    it('calls every listener, in the order they were added, and honours `once`', async () => {
      const { hub, spoke } = await targets()
      const calls = []
      hub.addEventListener('a', () => calls.push('first'))
      hub.addEventListener('a', () => calls.push('second'), { once: true })
      const arrived = nextDetails(hub, 'a', 2)
      spoke.send({ type: 'a' })
      spoke.send({ type: 'a' })
      await arrived
      assert.deepEqual(calls, ['first', 'second', 'first'])
    })

    it('hears what arrives later even when earlier events had no listener', async () => {
      const { hub, spoke } = await targets()
      const last = nextEvent(hub, 'heard')
      spoke.send({ type: 'unheard' })
      spoke.send({ type: 'heard' })
      await last
    })
  })

  describe('#remoteNodeId', () => {
    it('is the NodeId the peer proved', async () => {
      const { hub, spoke, server, client, dialled } = await targets()
      assert.equal(hub.remoteNodeId, client.nodeId())
      assert.equal(spoke.remoteNodeId, server.nodeId())
      assert.equal(spoke.connection, dialled)
    })
  })

  describe('#bufferedAmount', () => {
    it('counts what is not yet sent, and drained() waits for it', async () => {
      const { hub, spoke } = await targets()
      assert.equal(spoke.bufferedAmount, 0)
      const arrived = nextDetails(hub, 'item', 1000)
      for (let index = 1; index <= 10; index++) {
        spoke.send({ type: 'item', payload: 'x'.repeat(1000) })
        assert.ok(spoke.bufferedAmount >= index * 1000)
      }
      for (let index = 11; index <= 1000; index++) spoke.send({ type: 'item', payload: 'x'.repeat(1000) })
      assert.ok(spoke.bufferedAmount > 65536)
      await spoke.drained()
      assert.ok(spoke.bufferedAmount <= 65536)
      await arrived
      await until(() => spoke.bufferedAmount === 0)
    })
  })

  describe('#registered', () => {
    it('gives each side what the other exposes, known by its NodeId', async () => {
      const operations = ['math.add', { name: 'math.mul', description: 'multiplies' }]
      const { hub, spoke } = await targets({ operations })
      const [atHub, atSpoke] = await Promise.all([hub.registered, spoke.registered])
      assert.deepEqual(atHub.operations, operations)
      assert.deepEqual(atSpoke.operations, operations)
    })
  })

  describe('#close', () => {
    it('delivers what was sent before it and then ends on both sides', async () => {
      const { hub, spoke } = await targets()
      const arrived = nextDetails(hub, 'last', 100)
      const closedAtHub = nextEvent(hub, 'close')
      for (let index = 0; index < 100; index++) spoke.send({ type: 'last', payload: index })
      await spoke.close()
      assert.equal((await arrived).at(-1).payload, 99)
      await Promise.all([closedAtHub, hub.closed, spoke.closed])
    })

    it('tells of a connection that ends, as an event and not as an error', async () => {
      const { hub, spoke, dialled } = await targets()
      hub.addEventListener('error', ({ error }) => assert.fail(error))
      const closed = nextEvent(hub, 'close')
      dialled.close(5, 'enough')
      await Promise.all([closed, hub.closed, spoke.closed])
      await assert.doesNotReject(hub.close())
    })

    it('may be called twice', async () => {
      const { spoke } = await targets()
      await Promise.all([spoke.close(), spoke.close()])
      await spoke.close()
    })
  })
})
