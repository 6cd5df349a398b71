// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { CloseCode, createHubIrohEventTarget } = require('event-target-iroh')
const { useEndpoints } = require('../helpers/endpoints.js')
const { nextEvent } = require('../helpers/events.js')

/** A frame: u32 big-endian length, then the bytes. */
function frame(content) {
  const bytes = Buffer.from(content)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const good = frame('{"type":"good","payload":1}')

describe('bad input', () => {
  const { connect } = useEndpoints()

  /** A hub-side event target whose peer writes raw bytes. */
  async function rawPeer(options) {
    const { dialled, accepted } = await connect()
    const { send, recv } = await dialled.openBi()
    const [target] = await Promise.all([createHubIrohEventTarget(accepted, options), send.writeAll(good)])
    await nextEvent(target, 'good')
    return { target, send, recv }
  }

  describe('that can be skipped', () => {
    const cases = {
      'text that is not JSON': ['hello', 'ERR_IROH_NOT_JSON'],
      'an empty frame': ['', 'ERR_IROH_NOT_JSON'],
      'JSON that is cut short': ['{"type":"a"', 'ERR_IROH_NOT_JSON'],
      'two values in one frame': ['{"type":"a"},{"type":"b"}', 'ERR_IROH_NOT_JSON'],
      'an array broken open': ['1],[2', 'ERR_IROH_NOT_JSON'],
      'a trailing comma': ['{"type":"a",}', 'ERR_IROH_NOT_JSON'],
      'a number with a leading zero': ['{"type":"a","payload":01}', 'ERR_IROH_NOT_JSON'],
      'bytes that are not UTF-8': [Buffer.from('7b2274797065223a22ff227d', 'hex'), 'ERR_IROH_NOT_JSON'],
      'an overlong UTF-8 form': [Buffer.from('7b2274797065223a22c080227d', 'hex'), 'ERR_IROH_NOT_JSON'],
      'a control character in a string': ['{"type":"a\nb"}', 'ERR_IROH_NOT_JSON'],
      'nesting that is too deep': [
        `{"type":"a","payload":${'['.repeat(5000)}${']'.repeat(5000)}}`,
        'ERR_IROH_TOO_DEEP'
      ],
      'a number': ['7', 'ERR_IROH_NOT_ENVELOPE'],
      null: ['null', 'ERR_IROH_NOT_ENVELOPE'],
      'an array': ['[{"type":"a"}]', 'ERR_IROH_NOT_ENVELOPE'],
      'an object without a type': ['{"id":"1"}', 'ERR_IROH_NOT_ENVELOPE'],
      'a type that is not a string': ['{"type":7}', 'ERR_IROH_NOT_ENVELOPE'],
      'an id that is not a string': ['{"type":"a","id":7}', 'ERR_IROH_NOT_ENVELOPE'],
      'a __proto__ key': ['{"type":"a","__proto__":{"admin":true}}', 'ERR_IROH_FORBIDDEN_KEY'],
      'a __proto__ key deep inside': ['{"type":"a","payload":[{"b":{"__proto__":1}}]}', 'ERR_IROH_FORBIDDEN_KEY'],
      'a __proto__ key in escapes': ['{"type":"a","\\u005f_proto__":1}', 'ERR_IROH_FORBIDDEN_KEY']
    }
    for (const [what, [content, code]] of Object.entries(cases)) {
      it(`raises ${code} for ${what}, and what follows still arrives`, async () => {
        const { target, send } = await rawPeer()
        const failed = nextEvent(target, 'error')
        const next = nextEvent(target, 'good')
        await send.writeAll(Buffer.concat([frame(content), good]))
        assert.equal((await failed).error.code, code)
        assert.equal((await next).detail.payload, 1)
        assert.equal({}.admin, undefined)
      })
    }

    it('costs its neighbours in the same batch nothing', async () => {
      const { target, send } = await rawPeer()
      const errors = []
      const values = []
      target.addEventListener('error', ({ error }) => errors.push(error.code))
      const done = new Promise((resolve) => {
        target.addEventListener('n', ({ detail }) => {
          values.push(detail.payload)
          if (detail.payload === 999) resolve()
        })
      })
      const frames = []
      for (let index = 0; index < 1000; index++) {
        frames.push(frame(JSON.stringify({ type: 'n', payload: index })))
        if (index % 10 === 0) frames.push(frame('[}'))
      }
      await send.writeAll(Buffer.concat(frames))
      await done
      assert.deepEqual(
        values,
        Array.from({ length: 1000 }, (_, index) => index)
      )
      assert.deepEqual(errors, Array(100).fill('ERR_IROH_NOT_JSON'))
    })
  })

  describe('that cannot be skipped', () => {
    it('raises ERR_IROH_FRAME_TOO_LONG for a 4 GiB length prefix and closes the stream', async () => {
      const { target, send, recv } = await rawPeer()
      const failed = nextEvent(target, 'error')
      await send.writeAll(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7b]))
      assert.equal((await failed).error.code, 'ERR_IROH_FRAME_TOO_LONG')
      const { kind, code } = await target.closed
      assert.deepEqual([kind, code], ['stream-error', CloseCode.BAD_FRAME])
      await assert.rejects(recv.read(), { code: 'ERR_IROH_STREAM_RESET', quicError: CloseCode.BAD_FRAME })
      assert.equal(await send.stopped(), CloseCode.BAD_FRAME)
    })

    it('raises ERR_IROH_FRAME_TOO_LONG beyond maxFrameLength', async () => {
      const { target, send } = await rawPeer({ maxFrameLength: 100 })
      const fits = nextEvent(target, 'good')
      await send.writeAll(frame(JSON.stringify({ type: 'good', payload: 'x'.repeat(70) })))
      await fits
      const failed = nextEvent(target, 'error')
      await send.writeAll(frame(JSON.stringify({ type: 'good', payload: 'x'.repeat(100) })))
      assert.equal((await failed).error.code, 'ERR_IROH_FRAME_TOO_LONG')
      await target.closed
    })

    it('raises ERR_IROH_FRAME_TRUNCATED when the stream ends inside a frame', async () => {
      for (const cut of [2, 4, 10]) {
        const { target, send } = await rawPeer()
        const failed = nextEvent(target, 'error')
        await send.writeAll(good.subarray(0, cut))
        await send.finish()
        assert.equal((await failed).error.code, 'ERR_IROH_FRAME_TRUNCATED')
        await target.closed
      }
    })

    it('raises ERR_IROH_STREAM_RESET when the peer resets the stream', async () => {
      const { target, send } = await rawPeer()
      const failed = nextEvent(target, 'error')
      send.reset(9)
      assert.equal((await failed).error.code, 'ERR_IROH_STREAM_RESET')
      await target.closed
    })
  })

  it('does not come from a length prefix and a body that arrive byte by byte', async () => {
    const { target, send } = await rawPeer()
    target.addEventListener('error', ({ error }) => assert.fail(error))
    const arrived = nextEvent(target, 'good')
    for (const byte of good) {
      await send.writeAll(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
    await arrived
  })

  it('does not crash a program that listens to no error event', async () => {
    const { target, send } = await rawPeer()
    const next = nextEvent(target, 'good')
    await send.writeAll(Buffer.concat([frame('nonsense'), good]))
    await next
  })

  it('that does not end closes the stream', async () => {
    const { target, send } = await rawPeer()
    let refused = 0
    target.addEventListener('error', () => refused++)
    const pair = Buffer.concat([frame('nonsense'), good])
    await send.writeAll(Buffer.concat(Array.from({ length: 5000 }, () => pair)))
    const { kind, code } = await target.closed
    assert.deepEqual({ kind, code, refused }, { kind: 'stream-error', code: CloseCode.BAD_FRAME, refused: 1001 })
  })
})
