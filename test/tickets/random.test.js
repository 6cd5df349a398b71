// SPDX-License-Identifier: MIT
// Tickets against the real library's, and tickets that were damaged on their way.
'use strict'

const assert = require('node:assert/strict')
const iroh = require('@number0/iroh/index.js')
const { EndpointTicket, IrohError, LiveTicket, parseTicket, RoomTicket } = require('event-target-iroh')
const { RandomTickets } = require('../helpers/random-tickets.js')

function realTicket({ nodeId, relayUrl, directAddresses }) {
  const id = iroh.EndpointId.fromBytes([...Buffer.from(nodeId, 'hex')])
  return iroh.EndpointTicket.fromAddr(new iroh.EndpointAddr(id, relayUrl, directAddresses))
}

/** @returns {{ ticket?: object, error?: Error }} */
function attempt(parse, text) {
  try {
    return { ticket: parse(text) }
  } catch (error) {
    return { error }
  }
}

/** What the real library reads and we refuse, on purpose: docs/reference/tickets.md names these. */
const STRICTER = [
  'bytes too many follow', // the real one ignores them
  'is written longer than needed',
  'are no Ed25519 public key', // of small or mixed order: no secret key has such a public key
  'is not the URL of a relay', // the real one takes URLs of any scheme
  'a custom address that is not in the form'
]

describe('tickets', () => {
  it('of 1,000 random addresses are the real library’s own, both ways', () => {
    const random = new RandomTickets(1)
    for (let index = 0; index < 1000; index++) {
      const nodeAddr = random.nodeAddr()
      const real = realTicket(nodeAddr).toString()
      const ours = new EndpointTicket(nodeAddr)
      assert.equal(ours.toString(), real)
      assert.deepEqual(EndpointTicket.parse(real).nodeAddr, ours.nodeAddr)
      const read = iroh.EndpointTicket.fromString(ours.toString()).endpointAddr()
      assert.equal(Buffer.from(read.id().toBytes()).toString('hex'), nodeAddr.nodeId)
      assert.equal(read.relayUrl() ?? undefined, ours.relayUrl)
      const canonical = realTicket({ nodeId: nodeAddr.nodeId, directAddresses: read.directAddresses() })
      assert.deepEqual(EndpointTicket.parse(canonical.toString()).directAddresses, ours.directAddresses)
    }
  })

  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    it(`that were damaged, 10,000 of them, give an error that tells or another ticket in order (seed ${seed})`, () => {
      const random = new RandomTickets(seed)
      const pool = (make) => Array.from({ length: 100 }, () => make(random.nodeAddr()).toString())
      const endpoints = pool((addr) => new EndpointTicket(addr))
      const rooms = pool((addr) => new RoomTicket({ topic: random.bytes(32), peers: [addr] }))
      const lives = pool((endpoint) => new LiveTicket({ endpoint, name: 'a/b' }))
      const kinds = [
        () => random.mutate(random.pick(endpoints)),
        () => random.mutateBytes(random.pick(endpoints)),
        () => random.mutate(random.pick(rooms)),
        () => random.mutate(random.pick(lives))
      ]
      for (let index = 0; index < 10_000; index++) {
        const text = kinds[index % kinds.length]()
        const about = `seed ${seed}, ticket ${index}: ${JSON.stringify(text)}`
        const { ticket, error } = attempt(parseTicket, text)
        if (error) {
          assert.ok(error instanceof IrohError && error.code === 'ERR_IROH_INVALID_TICKET', `${about}: ${error.stack}`)
          assert.match(error.message, /^not a ticket: ./, about)
        } else {
          const again = parseTicket(ticket.toString())
          assert.equal(again.constructor, ticket.constructor, about)
          assert.equal(again.toString(), ticket.toString(), about)
        }
      }
    })
  }

  it('that were damaged are read, refused and written again as by the real library, but for what is stricter', () => {
    const seed = 11
    const random = new RandomTickets(seed)
    const seen = { bothRead: 0, bothRefuse: 0, stricter: 0 }
    for (let index = 0; index < 10_000; index++) {
      const original = new EndpointTicket(random.nodeAddr()).toString()
      const text = index % 2 === 0 ? random.mutateBytes(original) : random.mutate(original)
      const about = `seed ${seed}, ticket ${index}: ${JSON.stringify(text)}`
      const ours = attempt((given) => EndpointTicket.parse(given), text)
      const real = attempt((given) => iroh.EndpointTicket.fromString(given), text)
      if (ours.error && real.error) seen.bothRefuse++
      else if (ours.error) {
        assert.ok(
          STRICTER.some((words) => ours.error.message.includes(words)),
          `${about}: ${ours.error.message}`
        )
        seen.stricter++
      } else {
        assert.equal(real.error, undefined, about)
        assert.equal(ours.ticket.toString(), real.ticket.toString(), about)
        seen.bothRead++
      }
    }
    assert.ok(seen.bothRead > 500 && seen.bothRefuse > 2000, JSON.stringify(seen))
  })
})
