// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const dns = require('node:dns')
const fs = require('node:fs')
const path = require('node:path')
const { SecretKey } = require('event-target-iroh')
const { createCertificate } = require('../../bench/certificate.js')
const { program, usePrograms } = require('../helpers/program.js')
const { toZ32 } = require('../../lib/discovery/signed-packet')
const { useRelays } = require('../helpers/raw-relay-client')

const quiet = ['--host', '127.0.0.1', '--port', '0', '--stun-port', 'off', '--quic-port', 'off', '--dns-port', 'off']

describe('the command line', () => {
  const { connect } = useRelays()
  const { about, spawnProgram, start } = usePrograms()

  it('helps', async () => {
    for (const args of [['--help'], ['id', '--help'], ['relay', '-h']]) {
      const { code, stdout } = await start(...args).ended
      assert.equal(code, 0)
      assert.match(stdout, /^Usage: event-target-iroh /)
    }
  })

  it('ends with 2 and a hint when it is called wrongly', async () => {
    for (const args of [
      ['toast'],
      ['relay', '--prot', '1'],
      ['relay', '--port', 'x'],
      ['relay', '--tls-cert', 'a'],
      ['id', 'x']
    ]) {
      const { code, stderr } = await start(...args).ended
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, /^event-target-iroh: .*\nTry: event-target-iroh (relay |id )?--help\n$/s)
    }
    assert.equal((await start().ended).code, 2)
  })

  it('ends with 1 and one line when something fails', async () => {
    const { code, stderr } = await start('relay', ...quiet, '--allow-file', about.directory).ended
    assert.equal(code, 1)
    assert.match(stderr, /^event-target-iroh: .*: --allow-file \/.*: it is not a file\n$/)
  })

  describe('id', () => {
    it('makes an identity', async () => {
      const { nodeId, secretKey } = JSON.parse((await start('id', '--json').ended).stdout)
      assert.equal(SecretKey.fromHex(secretKey).nodeId(), nodeId)
    })

    it('keeps one in a file, and does not show its key', async () => {
      const file = path.join(about.directory, 'key')
      const { stdout } = await start('id', '--key', file).ended
      assert.equal(stdout, `nodeId: ${SecretKey.fromFile(file).nodeId()}\n`)
      assert.equal((await start('id', '--key', file).ended).stdout, stdout)
    })
  })

  describe('relay', () => {
    it('refuses a port for plain HTTP without TLS, and says what else has no effect', async () => {
      const { code, stderr } = await start('relay', ...quiet, '--http-port', '8080').ended
      assert.deepEqual(
        [code, stderr.split('\n')[0]],
        [2, 'event-target-iroh: --http-port goes with --tls-cert and --tls-key']
      )
      const relay = start('relay', ...quiet, '--no-pkarr', '--dns-origin', 'x.example', '--stun-alt-port', '0')
      await relay.said(/^event-target-iroh: --dns-origin has no effect with --no-pkarr$/)
      await relay.said(/^event-target-iroh: --stun-alt-port has no effect with --stun-port off$/)
    })

    it('says good-bye when its terminal is closed, and not at any other SIGHUP', async () => {
      const words = [process.execPath, program, 'relay', ...quiet, '--json'].map((word) => `'${word}'`).join(' ')
      const terminal = spawnProgram('script', '-qfec', `exec ${words}`, '/dev/null')
      const client = await connect((await terminal.event('listening')).url)
      terminal.kill()
      assert.equal((await client.next())[0], 12) // RESTARTING
    })

    it('goes on when nobody reads what it says', async () => {
      const words = [process.execPath, program, 'relay', ...quiet, '--json'].map((word) => `'${word}'`).join(' ')
      const pipe = spawnProgram('bash', '-c', `${words} 2>&1 & echo $!; wait`)
      const pid = Number(await pipe.line())
      const { url } = await pipe.event('listening')
      pipe.child.stdout.destroy()
      process.kill(pid, 'SIGHUP')
      const client = await connect(url)
      process.kill(pid, 'SIGTERM')
      assert.equal((await client.next())[0], 12) // RESTARTING
    })

    it('runs a relay until it is told to end', async () => {
      const relay = start('relay', ...quiet, '--metrics-port', '0', '--access-token', 's', '--json')
      const { event, url, ports } = await relay.json()
      assert.equal(event, 'listening')
      const client = await connect(url, { query: '?token=s' })
      await assert.rejects(connect(url), /not authorized/)
      const metrics = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text()
      assert.match(metrics, /^event_target_iroh_relay_clients 1$/m)
      relay.kill('SIGTERM')
      assert.deepEqual(await relay.json(), { event: 'closing' })
      assert.equal((await client.next())[0], 12) // RESTARTING
      assert.deepEqual(await relay.json(), { event: 'closed' })
      assert.equal((await relay.ended).code, 0)
    })

    it('speaks to people', async () => {
      const relay = start('relay', ...quiet)
      assert.match(await relay.line(), /^relay at http:\/\/127\.0\.0\.1:\d+\/$/)
      relay.kill('SIGINT')
      assert.match((await relay.ended).stdout, /\nclosing\nclosed\n$/)
    })

    it('looks NodeIds up, over HTTP and DNS, unless told not to', async () => {
      const ports = [...quiet.slice(0, -1), '0']
      const { pkarrUrl, ports: opened } = await start('relay', ...ports, '--dns-origin', 'x.example', '--json').json()
      const missing = `${pkarrUrl}/${toZ32(SecretKey.generate().nodeId())}`
      assert.equal((await (await fetch(missing)).json()).status, '404')
      const resolver = new dns.promises.Resolver()
      resolver.setServers([`127.0.0.1:${opened.dns}`])
      assert.match((await resolver.resolveSoa('x.example')).nsname, /^x\.example$/)
      await assert.rejects(resolver.resolveTxt('y.example'), { code: 'EREFUSED' })
      const none = await start('relay', ...ports, '--no-pkarr', '--json').json()
      assert.deepEqual([none.pkarrUrl, none.ports.dns], [null, null])
    })

    it('takes its lists from files, and reads them anew on SIGHUP', async () => {
      const file = path.join(about.directory, 'tokens')
      fs.writeFileSync(file, 'one\n')
      const relay = start('relay', ...quiet, '--access-token-file', file, '--json')
      const { url } = await relay.json()
      await connect(url, { query: '?token=one' })
      await assert.rejects(connect(url), /not authorized/)
      relay.kill('SIGHUP')
      assert.deepEqual(await relay.json(), { event: 'access-reloaded' })
      fs.rmSync(file)
      relay.kill('SIGHUP')
      assert.match((await relay.event('access-reload-failed')).message, /ENOENT/)
      const both = await start('relay', ...quiet, '--access-token-file', file, '--access-token', 'x').ended
      assert.equal(both.code, 2)
    })

    it('reads its certificate anew on SIGHUP', async () => {
      const files = ['cert', 'key'].map((name) => path.join(about.directory, name))
      const write = ({ cert, key }) => [cert, key].forEach((pem, index) => void fs.writeFileSync(files[index], pem))
      write(createCertificate())
      const tls = ['--tls-cert', files[0], '--tls-key', files[1], '--http-port', 'off']
      const relay = start('relay', ...quiet, ...tls, '--json')
      assert.match((await relay.json()).url, /^https:/)
      relay.kill('SIGHUP')
      assert.deepEqual(await relay.json(), { event: 'reloaded' })
      write({ ...createCertificate(), cert: 'nothing' })
      relay.kill('SIGHUP')
      assert.equal((await relay.json()).event, 'reload-failed')
      relay.kill('SIGTERM')
      assert.equal((await relay.ended).code, 0)
    })
  })
})
