// SPDX-License-Identifier: MIT
// Discovery with iroh's own look-up server, and with a real iroh endpoint: both know of each other the NodeId alone.
'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createHubIrohEventTarget, dnsDiscovery, pkarrDiscovery } = require('event-target-iroh')
const { RelayServer } = require('event-target-iroh/relay')
const { alpn, useEndpoints } = require('../../helpers/endpoints')
const { hasCargo } = require('../rust/relay')
const { RealProgram, buildPrograms } = require('../rust-discovery/programs')

const ORIGIN = 'irohdns.example'

describe('Discovery with real iroh', () => {
  const { create } = useEndpoints()
  const open = []

  before(function () {
    this.timeout(15 * 60_000)
    if (hasCargo()) {
      buildPrograms()
      return
    }
    console.log('    discovery with real iroh is not tested: there is no cargo to build it')
    this.skip()
  })

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  async function realServer() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-dns-'))
    const server = RealProgram.server(folder)
    open.push(async () => {
      await server.close()
      fs.rmSync(folder, { recursive: true })
    })
    return server.next()
  }

  async function ownServer() {
    const ports = { port: 0, stunPort: false, quicPort: false, dnsPort: 0 }
    const server = await RelayServer.listen({ host: '127.0.0.1', ...ports, dnsOrigin: ORIGIN })
    open.push(() => server.close())
    return { pkarr: server.pkarrUrl, dns: `127.0.0.1:${server.ports.dns}` }
  }

  async function realPeer({ pkarr, dns }) {
    const peer = RealProgram.peer({ pkarr, dns, origin: ORIGIN })
    open.push(() => peer.close())
    const { id } = await peer.next()
    return { peer, id }
  }

  const discoveries = ({ pkarr, dns }) => [
    pkarrDiscovery({ relay: pkarr, publishAddresses: true, resolve: false }),
    dnsDiscovery({ origin: ORIGIN, servers: [dns] })
  ]

  /** Dials until the peer has been published. */
  async function dial(endpoint, nodeId) {
    for (;;) {
      const connection = await endpoint.connect(nodeId, alpn).catch((error) => {
        if (error.code !== 'ERR_IROH_NO_ADDRESS') throw error
      })
      if (connection) return connection
    }
  }

  async function exchange(connection) {
    const { send, recv } = await connection.openBi()
    await send.writeAll('hello')
    await send.finish()
    assert.equal((await recv.readToEnd(100)).toString(), 'hello')
  }

  for (const [name, start] of [
    ['iroh-dns-server', realServer],
    ['our relay server', ownServer]
  ]) {
    describe(`over ${name}`, () => {
      it('finds a real peer by its NodeId alone', async () => {
        const server = await start()
        const { id } = await realPeer(server)
        const endpoint = await create({ discovery: discoveries(server) })
        const connection = await dial(endpoint, id)
        assert.equal(connection.remoteNodeId(), id)
        await exchange(connection)
      })

      it('finds one by pkarr, too', async () => {
        const server = await start()
        const { id } = await realPeer(server)
        const endpoint = await create({ discovery: [pkarrDiscovery({ relay: server.pkarr })] })
        await exchange(await dial(endpoint, id))
      })

      it('is found by a real peer', async () => {
        const server = await start()
        const endpoint = await create({ alpns: [alpn], discovery: discoveries(server) })
        const finder = await create({ discovery: discoveries(server) })
        const published = dial(finder, endpoint.nodeId())
        await endpoint.accept()
        await published
        const { peer } = await realPeer(server)
        const answered = peer.ask(endpoint.nodeId())
        const target = await createHubIrohEventTarget(await endpoint.accept())
        const [{ detail }] = await once(target, 'hello')
        target.send(detail)
        assert.deepEqual(await answered, { answer: { type: 'hello' } })
      })
    })
  }

  it('lets two of ours meet over iroh-dns-server', async () => {
    const server = await realServer()
    const acceptor = await create({ alpns: [alpn], discovery: discoveries(server) })
    const dialler = await create({ discovery: discoveries(server) })
    const connection = await dial(dialler, acceptor.nodeId())
    assert.equal(connection.remoteNodeId(), acceptor.nodeId())
  })
})
