// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { useEndpoints } = require('../helpers/endpoints.js')
const { until } = require('../helpers/events.js')

describe('Connection', () => {
  const { connect, create, streams } = useEndpoints()

  describe('#paths', () => {
    it('shows where the peer is, and that the path is direct', async () => {
      const { server, dialled } = await connect()
      const [selected] = dialled.paths()
      assert.equal(selected.remoteAddress, server.boundAddresses()[0])
      assert.deepEqual([selected.isRelay, selected.isSelected], [false, true])
      assert.ok(selected.rttMs > 0)
    })
  })

  describe('#rtt', () => {
    it('is in milliseconds and fractional', async () => {
      const { dialled } = await streams()
      assert.ok(dialled.rtt() > 0 && dialled.rtt() < 1000)
    })
  })

  describe('#stats', () => {
    it('counts what was sent and received', async () => {
      const { dialled } = await streams(Buffer.alloc(10000))
      assert.ok(dialled.stats().bytesSent > 10000)
      assert.ok(dialled.stats().packetsReceived > 0)
    })
  })

  describe('options', () => {
    it('close a connection that stays silent beyond idleTimeoutMs', async () => {
      const { accepted, dialled, server } = await connect(
        { idleTimeoutMs: 300, keepAliveMs: 0 },
        { idleTimeoutMs: 300, keepAliveMs: 0 }
      )
      const [near, far] = await Promise.all([dialled.closed(), accepted.closed()])
      assert.deepEqual([near.kind, far.kind], ['timed-out', 'timed-out'])
      assert.equal(server.metrics().connectionsOpen, 0)
    })

    it('keep a silent connection alive with keepAliveMs', async () => {
      const { dialled, accepted } = await connect({ idleTimeoutMs: 400 }, { idleTimeoutMs: 400, keepAliveMs: 100 })
      const received = dialled.stats().packetsReceived
      await new Promise((resolve) => {
        const look = setInterval(() => {
          if (dialled.stats().packetsReceived < received + 8) return
          clearInterval(look)
          resolve()
        }, 50)
      })
      assert.equal(dialled.closeReason(), null)
      assert.equal(accepted.closeReason(), null)
    })

    it('write TLS secrets to keyLogFile and qlog files to qlogDir', async () => {
      const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-logs-'))
      const keyLogFile = path.join(directory, 'keys')
      const { client, server } = await connect({ qlogDir: directory }, { keyLogFile })
      await Promise.all([client.close(), server.close()])
      assert.match(fs.readFileSync(keyLogFile, 'utf8'), /^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]+$/m)
      const qlogs = fs.readdirSync(directory).filter((file) => /qlog$/.test(file))
      assert.equal(qlogs.length, 1)
      assert.ok(fs.readFileSync(path.join(directory, qlogs[0]), 'utf8').includes('packet_received'))
      fs.rmSync(directory, { recursive: true })
    })

    describe('in logs', () => {
      let directory
      const at = (name) => path.join(directory, name)
      const modeOf = (file) => fs.statSync(file).mode & 0o777
      beforeEach(() => {
        directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-logs-'))
      })
      afterEach(() => fs.rmSync(directory, { recursive: true }))

      it('are for their owner alone', async () => {
        const old = process.umask(0)
        try {
          const { client, server } = await connect({ qlogDir: directory, keyLogFile: at('keys') })
          await Promise.all([client.close(), server.close()])
        } finally {
          process.umask(old)
        }
        const files = fs.readdirSync(directory)
        assert.equal(files.length, 2)
        for (const file of files) assert.equal(modeOf(at(file)), 0o600, file)
      })

      it('go on in a key log that is there and private', async () => {
        fs.writeFileSync(at('keys'), '# kept\n', { mode: 0o600 })
        const { server } = await connect({ keyLogFile: at('keys') })
        await server.close()
        assert.match(fs.readFileSync(at('keys'), 'utf8'), /^# kept\nCLIENT_HANDSHAKE_TRAFFIC_SECRET /)
      })

      it('do not go where others may read, or a link leads', async () => {
        fs.writeFileSync(at('open'), '', { mode: 0o644 })
        fs.writeFileSync(at('target'), '', { mode: 0o600 })
        fs.symlinkSync('target', at('link'))
        fs.symlinkSync('nowhere', at('dangling'))
        fs.writeFileSync(at('named twice'), '', { mode: 0o600 })
        fs.linkSync(at('named twice'), at('other name'))
        const keyLogs = ['open', 'link', 'dangling', 'named twice', '.', 'no folder/keys']
        const all = [
          ...keyLogs.map((name) => ({ keyLogFile: at(name) })),
          { qlogDir: at('missing') },
          { qlogDir: at('open') }
        ]
        for (const options of all) {
          await assert.rejects(create(options), { code: 'ERR_IROH_LOG_FILE' }, JSON.stringify(options))
        }
        assert.deepEqual([fs.statSync(at('open')).size, fs.statSync(at('target')).size], [0, 0])
        assert.equal(fs.existsSync(at('nowhere')), false)
      })
    })

    it('carry everything with each congestion control, and with plain system calls', async () => {
      for (const options of [
        { congestionControl: 'cubic' },
        { congestionControl: 'reno' },
        { congestionControl: 'bbr' },
        { congestionControl: 'bbr2' },
        { plainUdp: true },
        { alwaysRetry: true }
      ]) {
        const { near, far } = await streams(Buffer.from('!'), options, options)
        const bytes = Buffer.alloc(1 << 20, JSON.stringify(options))
        const [received] = await Promise.all([far.recv.readExact(bytes.length), near.send.writeAll(bytes)])
        assert.ok(received.equals(bytes), JSON.stringify(options))
      }
    })

    it('close connections that nobody accepts beyond 1024, and forget most that ended', async () => {
      const server = await create({ alpns: ['test/1'] })
      const client = await create()
      const dial = () => client.connect(server.addr(), 'test/1')
      const dialled = []
      while (dialled.length < 1024) dialled.push(...(await Promise.all(Array.from({ length: 64 }, dial))))
      const refusal = await dial().then(
        (connection) => connection.closed(),
        (error) => error
      )
      assert.equal(Number(refusal.quicError ?? refusal.code), 8)
      for (const connection of dialled.slice(1)) connection.close()
      await until(() => server.metrics().connectionsOpen === 1)
      const last = await dial()
      await until(() => server.metrics().connectionsOpen === 2)
      const waiting = []
      while (waiting.filter((connection) => connection.closeReason() === null).length < 2)
        waiting.push(await server.accept())
      assert.ok(waiting.length <= 2 + 64, `${waiting.length} waited`)
      last.close()
    })

    it('refuse connections beyond maxConnections', async () => {
      const { server, client } = await connect({ maxConnections: 1 })
      await assert.rejects(client.connect(server.addr(), 'test/1', { timeoutMs: 500 }), (error) =>
        /^ERR_IROH_(REFUSED|TIMEOUT)$/.test(error.code)
      )
      assert.equal(server.metrics().connectionsOpen, 1)
    })
  })
})
