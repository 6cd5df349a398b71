// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { isEpochLost } = require('../../lib/port-mapping/epoch')
const { parseDefaultGateway } = require('../../lib/port-mapping/gateway')
const { isPrivate, isPublic } = require('../../lib/base/ip-scope')
const natPmp = require('../../lib/port-mapping/nat-pmp')
const pcp = require('../../lib/port-mapping/pcp')

const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const NONCE = '0102030405060708090a0b0c'

/** Every shorter prefix, and one byte more. */
function otherLengths(message) {
  return [...message.keys()].map((length) => message.subarray(0, length)).concat([Buffer.concat([message, hex('00')])])
}

describe('NAT-PMP (RFC 6886)', () => {
  const address = hex('00 80 0000 00000064 c6336409')
  const map = hex('00 81 0000 00000064 1092 9c40 00001c20')

  it('writes requests', () => {
    assert.deepEqual(natPmp.writeExternalAddressRequest(), hex('00 00'))
    const wish = { internalPort: 4242, externalPort: 40000, lifetime: 7200 }
    assert.deepEqual(natPmp.writeMapRequest(wish), hex('00 01 0000 1092 9c40 00001c20'))
    assert.deepEqual(natPmp.writeMapRequest({ internalPort: 4242, lifetime: 0 }), hex('00 01 0000 1092 0000 00000000'))
  })

  it('reads answers', () => {
    const said = { resultCode: 0, epoch: 100, externalAddress: '198.51.100.9' }
    assert.deepEqual(natPmp.readExternalAddressResponse(address), said)
    const mapped = { resultCode: 0, epoch: 100, externalPort: 40000, lifetime: 7200 }
    assert.deepEqual(natPmp.readMapResponse(map, 4242), mapped)
    const refused = hex('00 81 0002 00000064 1092 0000 00000000')
    assert.equal(natPmp.readMapResponse(refused, 4242).resultCode, natPmp.ResultCode.NOT_AUTHORIZED)
  })

  it('reads nothing else', () => {
    for (const bytes of otherLengths(address)) assert.equal(natPmp.readExternalAddressResponse(bytes), null)
    for (const bytes of otherLengths(map)) assert.equal(natPmp.readMapResponse(bytes, 4242), null)
    assert.equal(natPmp.readMapResponse(map, 4243), null)
    for (const head of ['0081', '0000', '0280']) {
      assert.equal(natPmp.readExternalAddressResponse(Buffer.concat([hex(head), address.subarray(2)])), null)
    }
    for (const head of ['0082', '0080', '0001', '0281']) {
      assert.equal(natPmp.readMapResponse(Buffer.concat([hex(head), map.subarray(2)]), 4242), null)
    }
  })
})

describe('PCP (RFC 6887)', () => {
  const wish = { nonce: hex(NONCE), internalPort: 4242 }
  const answer = hex(
    `02 81 00 00 00001c20 00000064 000000000000000000000000
     ${NONCE} 11 000000 1092 9c40 00000000000000000000ffffc6336409`.replace(/\s/g, '')
  )

  it('writes requests', () => {
    const client = '00000000000000000000ffff0a000002'
    assert.deepEqual(pcp.writeAnnounceRequest('10.0.0.2'), hex(`02 00 0000 00000000 ${client}`))
    assert.deepEqual(
      pcp.writeMapRequest({ ...wish, clientAddress: '10.0.0.2', lifetime: 7200 }),
      hex(`02 01 0000 00001c20 ${client} ${NONCE} 11 000000 1092 0000 00000000000000000000ffff00000000`)
    )
    const again = { clientAddress: '10.0.0.2', externalPort: 40000, externalAddress: '198.51.100.9', lifetime: 7200 }
    assert.deepEqual(
      pcp.writeMapRequest({ ...wish, ...again }),
      hex(`02 01 0000 00001c20 ${client} ${NONCE} 11 000000 1092 9c40 00000000000000000000ffffc6336409`)
    )
  })

  it('reads answers, with options behind them too', () => {
    const said = { resultCode: 0, lifetime: 7200, epoch: 100, externalPort: 40000, externalAddress: '198.51.100.9' }
    assert.deepEqual(pcp.readMapResponse(answer, wish), said)
    assert.deepEqual(pcp.readMapResponse(Buffer.concat([answer, hex('03000000')]), wish), said)
    const announced = pcp.readAnnounceResponse(hex('02 80 00 00 00000000 00000007 000000000000000000000000'))
    assert.deepEqual(announced, { resultCode: 0, lifetime: 0, epoch: 7 })
  })

  it('reads no IPv6 address', () => {
    const v6 = Buffer.from(answer)
    v6[44] = 0x20
    assert.equal(pcp.readMapResponse(v6, wish).externalAddress, null)
  })

  it('reads nothing else', () => {
    for (const bytes of otherLengths(answer)) assert.equal(pcp.readMapResponse(bytes, wish), null)
    assert.equal(pcp.readMapResponse(Buffer.concat([answer, Buffer.alloc(1044)]), wish), null)
    for (const at of [0, 1, 24, 35, 36, 40, 41]) {
      const spoilt = Buffer.from(answer)
      spoilt[at] ^= 1
      assert.equal(pcp.readMapResponse(spoilt, wish), null, `byte ${at}`)
    }
    assert.equal(pcp.readAnnounceResponse(answer), null)
  })

  it('knows who speaks another version', () => {
    for (const text of ['0081000100000064', '0080000100000064', '0181000100000000', '0281000100000000']) {
      assert.equal(pcp.isVersionRefused(hex(text)), true, text)
    }
    for (const text of ['', '008100', '0001000100000064', '0281000800000000']) {
      assert.equal(pcp.isVersionRefused(hex(text)), false, text)
    }
    assert.equal(pcp.isVersionRefused(answer), false)
  })
})

describe('the gateway of the default route', () => {
  const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  const route = (destination, gateway, flags, metric, mask) =>
    `eth0\t${destination}\t${gateway}\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0   \n`
  const NET = route('0001A8C0', '00000000', '0001', 0, '00FFFFFF')

  it('is read in the byte order of the host', () => {
    assert.equal(parseDefaultGateway(HEAD + route('00000000', '0101A8C0', '0003', 0, '00000000'), 'LE'), '192.168.1.1')
    assert.equal(parseDefaultGateway(HEAD + route('00000000', 'C0A80101', '0003', 0, '00000000'), 'BE'), '192.168.1.1')
  })

  it('is the one with the lowest metric', () => {
    const wifi = route('00000000', '0100000A', '0003', 600, '00000000')
    const wire = route('00000000', '0101A8C0', '0003', 100, '00000000')
    assert.equal(parseDefaultGateway(HEAD + wifi + wire + NET, 'LE'), '192.168.1.1')
  })

  it('is none without a default route that is up and has a gateway', () => {
    const others = [
      route('00000000', '0101A8C0', '0002', 0, '00000000'),
      route('00000000', '00000000', '0001', 0, '00000000'),
      route('00000000', '0101A8C0', '0203', 0, '00000000'),
      route('00000000', '0101A8C0', '0003', 0, '00000080')
    ]
    for (const text of ['', HEAD, HEAD + NET, 'garbage\n', `${HEAD}eth0\t00000000\t01`, ...others]) {
      assert.equal(parseDefaultGateway(text, 'LE'), null, text)
    }
  })
})

describe('IPv4 addresses', () => {
  it('are private behind a gateway', () => {
    for (const address of ['10.0.0.1', '172.31.255.1', '192.168.0.1', '100.127.0.1', '169.254.1.1']) {
      assert.deepEqual([isPrivate(address), isPublic(address)], [true, false], address)
    }
    for (const address of ['172.32.0.1', '100.128.0.1', '8.8.8.8', '198.51.100.1']) {
      assert.deepEqual([isPrivate(address), isPublic(address)], [false, true], address)
    }
    for (const address of ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '::1', '']) {
      assert.deepEqual([isPrivate(address), isPublic(address)], [false, false], address)
    }
  })
})

describe('the epoch of a gateway', () => {
  it('is lost when it goes back or runs otherwise than our clock', () => {
    const before = { epoch: 1000, atMs: 0 }
    const at = (seconds, epoch) => isEpochLost(before, { epoch, atMs: seconds * 1000 })
    assert.deepEqual([at(100, 1100), at(100, 1093), at(100, 1107), at(0, 999)], [false, false, false, false])
    assert.deepEqual([at(0, 998), at(100, 0), at(100, 1080), at(100, 1120)], [true, true, true, true])
  })
})
