// SPDX-License-Identifier: MIT
// How names are looked up without the system's getaddrinfo().
'use strict'

const assert = require('node:assert/strict')
const dgram = require('node:dgram')
const dns = require('node:dns')
const { once } = require('node:events')
const dnsPacket = require('dns-packet')
const { Names } = require('../../lib/outbound/names')
const { parseHosts, parseResolv, parseSources } = require('../../lib/outbound/system-files')
const { work } = require('../helpers/events')

/** The system's files, with these contents. */
const filesOf = ({ hosts = '', resolv = '', nsswitch = 'hosts: files dns' } = {}) => ({
  hosts: { read: () => parseHosts(hosts) },
  resolv: { read: () => parseResolv(resolv) },
  nsswitch: { read: () => parseSources(nsswitch) }
})

describe('Names', () => {
  const open = []

  afterEach(async () => {
    for (const close of open.splice(0)) await close()
  })

  /** A name server that answers as told; null: not at all. `asked` are the questions that came: 'A name'. */
  async function nameServer(answer) {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    const asked = []
    socket.on('message', (message, { address, port }) => {
      const { id, questions } = dnsPacket.decode(message)
      const [{ name, type }] = questions
      asked.push(`${type} ${name}`)
      const about = answer(name, type)
      if (about) socket.send(dnsPacket.encode({ type: 'response', id, questions, ...about }), port, address)
    })
    await once(socket, 'listening')
    open.push(() => socket.close())
    return { asked, server: `127.0.0.1:${socket.address().port}` }
  }

  const data = { A: '192.0.2.1', AAAA: '2001:db8::1' }
  const UNKNOWN = { flags: 3 }
  const known = (name, type, ttl = 300) => ({ answers: [{ name, type, ttl, data: data[type] }] })
  const BOTH = [
    { address: data.AAAA, family: 6 },
    { address: data.A, family: 4 }
  ]

  function namesAt(server, { getaddrinfo, tries = 1, timeout = 2000, ...files } = {}) {
    const makeResolver = () => {
      const resolver = new dns.promises.Resolver({ timeout, tries })
      resolver.setServers([server])
      return resolver
    }
    return new Names({
      files: filesOf(files),
      makeResolver,
      getaddrinfo: getaddrinfo ?? (() => Promise.reject(new Error('asked')))
    })
  }

  it('asks nobody for addresses, for the hosts file, and for names that are nowhere', async () => {
    const { server, asked } = await nameServer(() => null)
    const names = namesAt(server, { hosts: '192.0.2.7 Relay.example relay # 192.0.2.8 relay\n::7 relay\nnonsense x\n' })
    assert.deepEqual(await names.addresses('192.0.2.9'), [{ address: '192.0.2.9', family: 4 }])
    assert.deepEqual(await names.addresses('::9'), [{ address: '::9', family: 6 }])
    assert.deepEqual(await names.addresses('RELAY.example.'), [{ address: '192.0.2.7', family: 4 }])
    assert.deepEqual(await names.addresses('relay'), [
      { address: '::7', family: 6 },
      { address: '192.0.2.7', family: 4 }
    ])
    for (const name of ['localhost', 'a.localhost.']) {
      const found = await names.addresses(name)
      assert.deepEqual(found.map(({ address }) => address).sort(), ['127.0.0.1', '::1'])
    }
    for (const name of ['relay.invalid', 'x.onion', 'invalid.']) {
      await assert.rejects(names.addresses(name), { code: 'ENOTFOUND' })
    }
    assert.deepEqual(asked, [])
  })

  it('asks for both families once, and again when the TTL is over', async () => {
    const { server, asked } = await nameServer((name, type) => known(name, type, name === 'short.example' ? 0 : 300))
    const names = namesAt(server)
    const [first, second] = await Promise.all(['a.example', 'A.example'].map((name) => names.addresses(name)))
    assert.deepEqual([first, second], [BOTH, BOTH])
    assert.deepEqual(await names.addresses('a.example'), BOTH)
    assert.deepEqual(asked.sort(), ['A a.example', 'AAAA a.example'])
    names.forget()
    await names.addresses('a.example')
    assert.equal(asked.length, 4)
  })

  it('goes on without a family that is not answered', async () => {
    const { server } = await nameServer((name, type) => (type === 'A' ? known(name, type) : null))
    const names = namesAt(server, { timeout: 60_000 })
    assert.deepEqual(await names.addresses('a.example'), [BOTH[1]])
  })

  it('uses an answer that came while the program worked', async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    open.push(() => socket.close())
    const makeResolver = () => ({
      resolve4: async () => [{ address: data.A, ttl: 300 }],
      resolve6: async () => {
        await once(socket, 'message')
        return [{ address: data.AAAA, ttl: 300 }]
      },
      cancel: () => {}
    })
    const asked = new Names({ files: filesOf(), makeResolver }).addresses('a.example')
    await new Promise((resolve) => {
      socket.send('answer', socket.address().port, '127.0.0.1', () => {
        work(600)
        resolve()
      })
    })
    assert.deepEqual(await asked, BOTH)
  })

  it('remembers for a short time that a name is not known', async () => {
    const { server, asked } = await nameServer(() => UNKNOWN)
    const names = namesAt(server)
    for (let round = 0; round < 2; round++) {
      await assert.rejects(names.addresses('none.example'), {
        code: 'ENOTFOUND',
        message: /none\.example is not known/
      })
    }
    assert.equal(asked.length, 2)
  })

  it('follows the search domains of resolv.conf', async () => {
    const { server, asked } = await nameServer((name, type) =>
      name === 'relay.b.example' ? known(name, type) : UNKNOWN
    )
    const resolv = '; remark\nsearch a.example b.example.\noptions ndots:2 rotate\n'
    assert.deepEqual(await namesAt(server, { resolv }).addresses('relay'), BOTH)
    assert.deepEqual(
      [...new Set(asked.map((question) => question.split(' ')[1]))],
      ['relay.a.example', 'relay.b.example']
    )
    asked.length = 0
    await assert.rejects(namesAt(server, { resolv }).addresses('relay.'), { code: 'ENOTFOUND' })
    assert.deepEqual([...new Set(asked.map((question) => question.split(' ')[1]))], ['relay'])
  })

  it('asks getaddrinfo() only where the system has further sources and DNS does not know', async () => {
    const { server, asked } = await nameServer(() => UNKNOWN)
    const getaddrinfo = async () => [{ address: '192.0.2.3', family: 4 }]
    const nsswitch = 'passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns\n'
    const names = namesAt(server, { nsswitch, getaddrinfo })
    assert.deepEqual(await names.addresses('printer.local'), [{ address: '192.0.2.3', family: 4 }])
    assert.equal(asked.length, 0, 'names of multicast DNS are not asked for over DNS')
    assert.equal((await names.addresses('odd.example'))[0].address, '192.0.2.3')
    await assert.rejects(namesAt(server, { getaddrinfo }).addresses('odd.example'), { code: 'ENOTFOUND' })
  })

  it('says that no name server answers, and asks nobody else then', async () => {
    const { server } = await nameServer(() => null)
    const nsswitch = 'hosts: files resolve dns'
    const getaddrinfo = () => assert.fail('a dead name server must not hold up the threads of the program')
    const names = namesAt(server, { nsswitch, getaddrinfo, timeout: 250 })
    await assert.rejects(names.addresses('a.example'), {
      code: 'ETIMEOUT',
      message: /no name server answers for a\.example/
    })
    const refused = await nameServer(() => ({ flags: 2 }))
    await assert.rejects(namesAt(refused.server).addresses('a.example'), { code: 'ESERVFAIL' })
  })

  it('is broken off when nobody waits any more, and not before', async () => {
    const { server } = await nameServer(() => null)
    const cancelled = []
    const names = new Names({
      files: filesOf(),
      makeResolver: () => {
        const resolver = new dns.promises.Resolver({ timeout: 60_000, tries: 1 })
        resolver.setServers([server])
        const { cancel } = resolver
        resolver.cancel = () => {
          cancelled.push(server)
          cancel.call(resolver)
        }
        return resolver
      }
    })
    const stops = [new AbortController(), new AbortController()]
    const waiting = stops.map(({ signal }) => names.addresses('a.example', signal))
    stops[0].abort()
    await assert.rejects(waiting[0], { name: 'AbortError' })
    assert.equal(cancelled.length, 0)
    stops[1].abort()
    await assert.rejects(waiting[1], { name: 'AbortError' })
    assert.ok(cancelled.length > 0)
    await assert.rejects(names.addresses('a.example', AbortSignal.abort()), { name: 'AbortError' })
  })

  it('keeps a bounded number of names and addresses', async () => {
    let asked = 0
    const many = Array.from({ length: 100 }, (_, n) => ({ address: `192.0.2.${n}`, ttl: 300 }))
    const resolve4 = async () => {
      asked++
      return many
    }
    const resolve6 = async () => Promise.reject(Object.assign(new Error(), { code: 'ENODATA' }))
    const names = new Names({ files: filesOf(), makeResolver: () => ({ resolve4, resolve6, cancel() {} }) })
    for (let n = 0; n < 300; n++) assert.equal((await names.addresses(`n${n}.example`)).length, 16)
    await names.addresses('n299.example')
    assert.equal(asked, 300)
    await names.addresses('n0.example')
    assert.equal(asked, 301)
  })
})
