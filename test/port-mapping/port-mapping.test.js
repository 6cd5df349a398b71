// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const { once } = require('node:events')
const { Endpoint, SecretKey } = require('event-target-iroh')
const { PortMapping } = require('../../lib/port-mapping')
const { Relays } = require('../../lib/endpoint/relays')
const { natPmpAnswer, pcpAnswer, useFakeGateway } = require('../helpers/fake-gateway')

const PORT = 4242
const OUTSIDE = '198.51.100.9:40000'

describe('PortMapping', () => {
  const openGateway = useFakeGateway()
  const open = new Set()

  afterEach(() => {
    for (const mapping of open) mapping.close()
    open.clear()
  })

  /** A mapping, what it has told so far, and a promise of what it tells next. */
  function map(gateway, bound = [`0.0.0.0:${PORT}`, `[::]:${PORT}`]) {
    const told = []
    let tell
    const next = () => new Promise((resolve) => (tell = resolve))
    const first = next()
    const onChange = (change) => {
      told.push(change)
      tell(change)
    }
    const mapping = new PortMapping(() => bound, onChange, { gateway: gateway.where })
    open.add(mapping)
    return { mapping, told, first, next }
  }

  it('gets a port by PCP', async () => {
    const gateway = await openGateway()
    const { mapping, first } = map(gateway)
    assert.equal(mapping.address(), null)
    assert.deepEqual(await first, { address: OUTSIDE, protocol: 'pcp' })
    assert.equal(mapping.address(), OUTSIDE)
    const [{ bytes, ...request }] = gateway.requests
    assert.deepEqual(request, { version: 2, what: 'map', internalPort: PORT, externalPort: 0, lifetime: 7200 })
    assert.equal(bytes.subarray(8, 24).toString('hex'), '00000000000000000000ffff7f000001')
  })

  it('gets it by NAT-PMP, where the gateway answers PCP in version 0', async () => {
    const gateway = await openGateway(natPmpAnswer)
    assert.deepEqual(await map(gateway).first, { address: OUTSIDE, protocol: 'nat-pmp' })
    assert.deepEqual(
      gateway.requests.map(({ version, what }) => [version, what]),
      [
        [2, 'map'],
        [0, 'address'],
        [0, 'map']
      ]
    )
  })

  it('gets it by NAT-PMP, where the gateway answers UNSUPP_VERSION', async () => {
    const refuse = (request) => (request.version === 2 ? pcpAnswer(request, { result: 1 }) : natPmpAnswer(request))
    assert.equal((await map(await openGateway(refuse)).first).protocol, 'nat-pmp')
  })

  it('asks again, where the gateway does not answer', async () => {
    let lost = 2
    const gateway = await openGateway((request) => (lost-- > 0 ? null : pcpAnswer(request)))
    assert.equal((await map(gateway).first).address, OUTSIDE)
    assert.equal(gateway.requests.length, 3)
    assert.ok(gateway.requests.every(({ bytes }) => bytes.equals(gateway.requests[0].bytes)))
  })

  for (const [protocol, answer] of Object.entries({ pcp: pcpAnswer, 'nat-pmp': natPmpAnswer })) {
    describe(`by ${protocol}`, () => {
      const version = protocol === 'pcp' ? 2 : 0

      it('renews at half the lifetime, by the same nonce and with the same port', async () => {
        const gateway = await openGateway((request) => answer(request, { lifetime: 2 }))
        const { told, first } = map(gateway)
        await first
        const [before] = gateway.requests.slice(-1)
        const began = performance.now()
        const { version: again, externalPort, bytes } = await gateway.next('map')
        assert.ok(performance.now() - began > 900)
        assert.deepEqual([again, externalPort, told.length], [version, 40000, 1])
        if (version === 2) assert.ok(bytes.subarray(24, 36).equals(before.bytes.subarray(24, 36)))
      })

      it('gives the port back at the end', async () => {
        const gateway = await openGateway(answer)
        const { mapping, first, told } = map(gateway)
        await first
        const deleted = gateway.next('delete')
        mapping.close()
        const request = await deleted
        assert.deepEqual([request.version, request.internalPort, request.externalPort], [version, PORT, 0])
        assert.deepEqual([mapping.address(), told.length], [null, 1])
        if (version === 2) assert.ok(request.bytes.subarray(24, 36).equals(gateway.requests[0].bytes.subarray(24, 36)))
      })

      it('has no use for an address that is private itself, and gives it back', async () => {
        for (const address of ['192.168.1.7', '100.64.3.3', '0.0.0.0']) {
          const gateway = await openGateway((request) => answer(request, { address }))
          const { mapping, told } = map(gateway)
          await gateway.next('delete')
          assert.deepEqual([mapping.address(), told], [null, []])
        }
      })

      it('takes a refusal for one, and asks anew when the network has changed', async () => {
        for (const result of protocol === 'pcp' ? [2, 8, 12] : [2, 3, 4, 5]) {
          const gateway = await openGateway((request) => answer(request, { result }))
          const { mapping, told, first } = map(gateway)
          await gateway.next('delete')
          assert.deepEqual([mapping.address(), told], [null, []])
          gateway.answer = answer
          mapping.networkChanged()
          assert.deepEqual(await first, { address: OUTSIDE, protocol })
        }
      })

      it('maps anew when the gateway has begun anew', async () => {
        const gateway = await openGateway((request) => answer(request, { epoch: 5000 }))
        const { first, next } = map(gateway)
        await first
        gateway.answer = (request) => answer(request, { epoch: 2, port: 40001 })
        const moved = next()
        const announcement = { version, what: version === 2 ? 'announce' : 'address', bytes: Buffer.alloc(24) }
        announcement.bytes[0] = version
        gateway.send(answer(announcement, { epoch: 1 }))
        assert.deepEqual(await moved, { address: '198.51.100.9:40001', protocol })
      })
    })
  }

  it('ignores what is no answer to its question', async () => {
    const gateway = await openGateway((request) => {
      const good = pcpAnswer(request, { port: 666 })
      const spoilt = [1, 24, 36, 41].map((at) => {
        const bytes = Buffer.from(good)
        bytes[at] ^= 0x02
        return bytes
      })
      const garbage = [Buffer.alloc(0), Buffer.of(2), Buffer.alloc(3000, 0xff), good.subarray(0, 59), request.bytes]
      for (const bytes of [...spoilt, ...garbage]) gateway.send(bytes)
      return pcpAnswer(request)
    })
    const { first, told } = map(gateway)
    assert.equal((await first).address, OUTSIDE)
    assert.equal(told.length, 1)
  })

  it('ignores answers from another port', async () => {
    const other = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(other, 'listening')
    try {
      const gateway = await openGateway((request) => {
        gateway.send(pcpAnswer(request, { port: 666 }), other)
        return gateway.requests.length < 2 ? null : pcpAnswer(request)
      })
      assert.equal((await map(gateway).first).address, OUTSIDE)
      assert.equal(gateway.requests.length, 2)
    } finally {
      other.close()
    }
  })

  it('gives the port back and asks for another one, when the socket has moved', async () => {
    const gateway = await openGateway()
    const bound = ['0.0.0.0:4242']
    const { mapping, first, told, next } = map(gateway, bound)
    await first
    bound[0] = '0.0.0.0:4343'
    const gone = gateway.next('delete')
    const asked = gateway.next('map')
    mapping.networkChanged()
    assert.equal((await gone).internalPort, 4242)
    assert.equal((await asked).internalPort, 4343)
    if (told.length < 3) await next()
    assert.deepEqual(
      told.map(({ address }) => address),
      [OUTSIDE, null, OUTSIDE]
    )
  })

  it('asks nothing for sockets that no gateway leads to', async () => {
    const gateway = await openGateway()
    for (const bound of [['127.0.0.1:1'], ['[::]:1'], ['198.51.100.1:1'], []]) map(gateway, bound)
    await map(gateway).first // whatever was sent before has come by then
    assert.equal(gateway.requests.length, 1)
  })

  it('is among the addresses that an endpoint tells, and a candidate of its own kind', async () => {
    const gateway = await openGateway()
    const portMapping = { bound: () => [`0.0.0.0:${PORT}`], gateway: gateway.where }
    const events = []
    const options = { relays: [], secretKey: SecretKey.generate(), portMapping }
    const relays = await new Promise((resolve) => {
      const made = new Relays(
        {},
        options,
        (event) => events.push(event) && resolve(made),
        () => events.push('addresses')
      )
      made.start()
    })
    assert.deepEqual(events, ['addresses', { type: 'port-mapping', address: OUTSIDE, protocol: 'pcp' }])
    assert.deepEqual([relays.observed(), relays.candidates()], [[OUTSIDE], [`${OUTSIDE} mapped`]])
    const deleted = gateway.next('delete')
    await relays.close()
    await deleted
    assert.equal(events.length, 2)
  })
  it('is left alone with portMapping: false', async () => {
    const relays = ['http://127.0.0.1:9']
    const options = { preset: 'minimal', bindAddress: '127.0.0.1:0', relays, portMapping: false, alpns: ['a/1'] }
    const endpoint = await Endpoint.createWithOptions(options)
    assert.equal(endpoint.addr().directAddresses.length, 1)
    endpoint.rebind()
    await endpoint.close()
  })
})
