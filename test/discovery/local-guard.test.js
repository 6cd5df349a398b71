// SPDX-License-Identifier: MIT
// What localDiscovery reads of what comes: from this link only, and not more than anybody may send.
'use strict'

const assert = require('node:assert/strict')
const { SecretKey } = require('event-target-iroh')
const { DnsFormatError, readMessage } = require('../../lib/dns/reader')
const { LocalGuard } = require('../../lib/discovery/local-guard')
const { announcement, mayBeOurs, readAnnouncement } = require('../../lib/discovery/local-message')
const { LocalNetworks } = require('../../lib/discovery/local-networks')
const { LocalPeers } = require('../../lib/discovery/local-peers')

const item = (address, netmask, internal = false) => ({ family: 'IPv4', address, netmask, internal })
const INTERFACES = {
  lo: [item('127.0.0.1', '255.0.0.0', true), { family: 'IPv6', address: '::1', netmask: 'ffff::', internal: true }],
  eth0: [item('10.9.9.1', '255.255.255.0'), item('192.168.7.1', '255.255.255.128')],
  tun0: [item('10.8.0.2', '255.255.255.255')]
}
const LINK = '10.9.9.1'
const nodeId = SecretKey.generate().nodeId()
const datagram = announcement({ nodeId, directAddresses: ['10.9.9.2:7'] })

describe('The networks of a host', () => {
  it('are those of each interface', () => {
    const networks = new LocalNetworks(() => INTERFACES)
    const cases = {
      '10.9.9.2': true,
      '10.9.9.255': true,
      '192.168.7.127': true,
      '192.168.7.128': false,
      '10.9.8.1': false,
      '203.0.113.9': false,
      '127.0.0.1': false,
      '10.8.0.2': false
    }
    for (const [sender, expected] of Object.entries(cases)) {
      assert.equal(networks.isOnLink(sender, LINK), expected, sender)
    }
    assert.equal(networks.isOnLink('127.9.9.9'), true)
    assert.equal(networks.isOnLink('10.8.0.2', '10.8.0.2'), true)
    assert.equal(networks.isOnLink('10.8.0.3', '10.8.0.2'), false)
    assert.equal(networks.isOnLink('10.9.9.2', '192.0.2.1'), false)
    assert.deepEqual([networks.isOwn('192.168.7.1'), networks.isOwn('192.168.7.2')], [true, false])
    assert.deepEqual(networks.addresses(), ['10.9.9.1', '192.168.7.1', '10.8.0.2'])
    assert.deepEqual(new LocalNetworks(() => ({ lo: INTERFACES.lo })).addresses(), ['127.0.0.1'])
  })

  it('are asked for once a second, and when they have changed', () => {
    let now = 0
    let asked = 0
    const networks = new LocalNetworks(
      () => {
        asked++
        return INTERFACES
      },
      () => now
    )
    for (let n = 0; n < 1000; n++) networks.isOwn('10.9.9.1')
    assert.equal(asked, 1)
    networks.changed()
    networks.isOnLink('10.9.9.2')
    assert.equal(asked, 2)
    now += 1000
    networks.isOnLink('10.9.9.2')
    assert.equal(asked, 3)
  })
})

describe('What comes by multicast DNS', () => {
  const makeGuard = () => new LocalGuard(new LocalNetworks(() => INTERFACES))
  const from = (address, port = 5353) => ({ address, port })

  it('is taken from this link and port 5353 (RFC 6762, section 11)', () => {
    const guard = makeGuard()
    assert.equal(guard.admits(datagram, from('10.9.9.2'), LINK), true)
    for (const [address, port] of [
      ['203.0.113.9', 5353],
      ['203.0.113.9', 40_000],
      ['10.9.9.2', 40_000],
      ['10.8.0.3', 5353]
    ]) {
      assert.equal(guard.admits(datagram, from(address, port), LINK), false, address)
    }
    assert.deepEqual(guard.dropped, { offLink: 4, overLimit: 0, malformed: 0 })
  })

  it('at another interface of this host is that one’s, and is not counted', () => {
    const guard = makeGuard()
    assert.equal(guard.admits(datagram, from('127.0.0.1'), LINK), false)
    assert.deepEqual(guard.dropped, { offLink: 0, overLimit: 0, malformed: 0 })
  })

  it('is read for each sender as often as it may be, and the others are served meanwhile', () => {
    const guard = makeGuard()
    const start = performance.now()
    const taken = (address, times, now) =>
      Array.from({ length: times }, () => guard.admits(datagram, from(address), LINK, now)).filter(Boolean).length
    const burst = taken('10.9.9.66', 5000, start)
    assert.ok(burst <= 400)
    assert.equal(guard.dropped.overLimit, 5000 - burst)
    assert.equal(taken('10.9.9.2', 20, start), 20)
    assert.ok(taken('10.9.9.66', 5000, start + 1000) <= 100)
    assert.equal(taken('10.9.9.3', 20, start + 1000), 20)
  })

  it('is bounded in bytes, and for all senders together', () => {
    const guard = makeGuard()
    const long = Buffer.concat([datagram, Buffer.alloc(1472 - datagram.length)])
    const now = performance.now()
    let bytes = 0
    for (let n = 0; n < 1000; n++) if (guard.admits(long, from('10.9.9.66'), LINK, now)) bytes += long.length
    assert.ok(bytes <= 256 * 1024)
    let messages = 0
    for (let host = 1; host < 255; host++) {
      for (let n = 0; n < 100; n++) if (guard.admits(datagram, from(`10.9.9.${host}`), LINK, now)) messages++
    }
    assert.ok(messages <= 2000)
  })

  it('is not read when another reader makes of 1,472 bytes what takes 40 ms', () => {
    const bomb = Buffer.alloc(1472)
    bomb[2] = 0x10
    bomb.writeUInt16BE(0x7f, 8)
    bomb[14] = 16
    bomb.writeUInt16BE(0x7fff, 12 + 9)
    bomb.write('\x07_irohv1', 1432, 'latin1')
    assert.equal(mayBeOurs(bomb), true)
    assert.throws(() => readMessage(bomb), DnsFormatError)
  })

  it('may have names that stand for much: they are not all read', () => {
    const name = Buffer.concat([
      ...Array(120).fill(Buffer.from('\x01a', 'latin1')),
      Buffer.from('\x07_irohv1\0', 'latin1')
    ])
    const fixed = Buffer.from('00100001000000000000', 'hex')
    const header = Buffer.alloc(12)
    const count = 100
    header.writeUInt16BE(0x8400, 2)
    header.writeUInt16BE(count, 6)
    const pointing = Buffer.concat([Buffer.from('c00c', 'hex'), fixed])
    const bytes = Buffer.concat([header, name, fixed, ...Array(count - 1).fill(pointing)])
    assert.equal(mayBeOurs(bytes), true)
    assert.throws(() => readAnnouncement(readMessage(bytes)), DnsFormatError)
  })
})

describe('What was heard of peers', () => {
  const addr = (id, ...directAddresses) => ({ nodeId: id, directAddresses })

  it('of one peer by several senders is put together, the last one first', () => {
    const peers = new LocalPeers()
    peers.heard(addr('a', '10.9.9.2:7'), '10.9.9.2', 0)
    const false32 = Array.from({ length: 32 }, (_, n) => `10.9.9.66:${n + 1}`)
    for (let time = 1; time < 10; time++) peers.heard(addr('a', ...false32), '10.9.9.66', time)
    peers.heard({ ...addr('a', '10.9.9.67:1'), relayUrl: 'http://a.test/' }, '10.9.9.67', 10)
    const found = peers.since(-1, 'a')
    assert.deepEqual(found.directAddresses.slice(0, 3), ['10.9.9.67:1', '10.9.9.66:1', '10.9.9.2:7'])
    assert.deepEqual([found.directAddresses.length, found.relayUrl], [32, 'http://a.test/'])
    assert.ok(!peers.since(5, 'a').directAddresses.includes('10.9.9.2:7'))
    assert.equal(peers.since(10, 'a'), null)
    assert.equal(peers.since(-1, 'b'), null)
  })

  it('is bounded, and one sender cannot fill it', () => {
    const peers = new LocalPeers()
    peers.heard(addr('honest', '10.9.9.2:7'), '10.9.9.2', 0)
    for (let n = 0; n < 5000; n++) peers.heard(addr(`${n}`, '10.9.9.66:7'), '10.9.9.66', n)
    assert.equal(peers.size, 513)
    assert.notEqual(peers.since(-1, 'honest'), null)
    for (let n = 0; n < 5000; n++) peers.heard(addr(`x${n}`, '10.9.9.66:7'), `10.9.9.${n % 200}`, 5000 + n)
    assert.equal(peers.size, 1024)
  })

  it('is forgotten in time, and then there is room for its sender', () => {
    const peers = new LocalPeers()
    for (let n = 0; n < 600; n++) peers.heard(addr(`${n}`, '10.9.9.66:7'), '10.9.9.66', n)
    assert.equal(peers.allSince(500).length, 11)
    for (let n = 600; n < 1101; n++) peers.heard(addr(`${n}`, '10.9.9.66:7'), '10.9.9.66', n)
    assert.equal(peers.size, 512)
    assert.deepEqual(peers.allSince(1100), [])
  })
})
