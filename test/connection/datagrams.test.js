// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const { useEndpoints } = require('../helpers/endpoints.js')

describe('Connection', () => {
  const { connect } = useEndpoints()

  describe('#sendDatagram', () => {
    it('carries bytes both ways', async () => {
      const { dialled, accepted } = await connect()
      dialled.sendDatagram('up')
      accepted.sendDatagram(Buffer.from('down'))
      assert.equal((await accepted.readDatagram()).toString(), 'up')
      assert.equal((await dialled.readDatagram()).toString(), 'down')
    })

    it('carries one of the largest size, and refuses one byte more', async () => {
      const { dialled, accepted } = await connect()
      const largest = randomBytes(dialled.maxDatagramSize())
      dialled.sendDatagram(largest)
      assert.deepEqual(await accepted.readDatagram(), largest)
      assert.throws(() => dialled.sendDatagram(Buffer.alloc(dialled.maxDatagramSize() + 1)), {
        code: 'ERR_IROH_DATAGRAM_TOO_LARGE'
      })
    })

    it('keeps the bounds of each, also when many are sent in one turn', async () => {
      const { dialled, accepted } = await connect()
      for (let index = 0; index < 100; index++) dialled.sendDatagram(`datagram ${index}`)
      const texts = []
      for (let index = 0; index < 100; index++) texts.push((await accepted.readDatagram()).toString())
      assert.deepEqual(
        texts,
        Array.from({ length: 100 }, (_, index) => `datagram ${index}`)
      )
    })

    it('throws once the connection is closed', async () => {
      const { dialled } = await connect()
      dialled.close()
      await dialled.closed()
      assert.throws(
        () => dialled.sendDatagram('late'),
        (error) => /^ERR_IROH_(CLOSED|LOCALLY_CLOSED)$/.test(error.code)
      )
    })
  })
})
