// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createInterface } = require('node:readline')
const { SecretKey } = require('event-target-iroh')
const { createCertificate } = require('../bench/certificate.js')
const { useRelays } = require('./helpers/raw-relay-client')
const manifest = require('../package.json')

const program = path.join(__dirname, '..', manifest.bin)
const quiet = ['--host', '127.0.0.1', '--port', '0', '--stun-port', 'off', '--quic-port', 'off']

describe('the command line', () => {
  const { connect } = useRelays()
  let directory
  let children
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-cli-'))
    children = []
  })
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    fs.rmSync(directory, { recursive: true })
  })

  /** The program, with `line()` for the next line it prints and `ended` for its exit code and all it said. */
  function start(...args) {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => (stdout += chunk))
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const line = async () => (await lines.next()).value
    const json = async () => JSON.parse(await line())
    const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }))
    return { child, line, json, ended }
  }

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
      assert.match(stderr, /^event-target-iroh: .*\nTry: event-target-iroh --help\n$/s)
    }
    assert.equal((await start().ended).code, 2)
  })

  it('ends with 1 and one line when something fails', async () => {
    const { code, stderr } = await start('relay', ...quiet, '--allow', 'nobody').ended
    assert.equal(code, 1)
    assert.match(stderr, /^event-target-iroh: not a NodeId.*\n$/)
  })

  describe('id', () => {
    it('makes an identity', async () => {
      const { nodeId, secretKey } = JSON.parse((await start('id', '--json').ended).stdout)
      assert.equal(SecretKey.fromHex(secretKey).nodeId(), nodeId)
    })

    it('keeps one in a file, and does not show its key', async () => {
      const file = path.join(directory, 'key')
      const { stdout } = await start('id', '--key', file).ended
      assert.equal(stdout, `nodeId: ${SecretKey.fromFile(file).nodeId()}\n`)
      assert.equal((await start('id', '--key', file).ended).stdout, stdout)
    })
  })

  describe('relay', () => {
    it('runs a relay until it is told to end', async () => {
      const { child, json, ended } = start('relay', ...quiet, '--metrics-port', '0', '--access-token', 's', '--json')
      const { event, url, ports } = await json()
      assert.equal(event, 'listening')
      const client = await connect(url, { query: '?token=s' })
      await assert.rejects(connect(url), /not authorized/)
      const metrics = await (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text()
      assert.match(metrics, /^event_target_iroh_relay_clients 1$/m)
      child.kill('SIGTERM')
      assert.deepEqual(await json(), { event: 'closing' })
      assert.equal((await client.next())[0], 12) // RESTARTING
      assert.deepEqual(await json(), { event: 'closed' })
      assert.equal((await ended).code, 0)
    })

    it('speaks to people', async () => {
      const { child, line, ended } = start('relay', ...quiet)
      assert.match(await line(), /^relay at http:\/\/127\.0\.0\.1:\d+\/$/)
      child.kill('SIGINT')
      assert.match((await ended).stdout, /\nclosing\nclosed\n$/)
    })

    it('reads its certificate anew on SIGHUP', async () => {
      const files = ['cert', 'key'].map((name) => path.join(directory, name))
      const write = ({ cert, key }) => [cert, key].forEach((pem, index) => void fs.writeFileSync(files[index], pem))
      write(createCertificate())
      const tls = ['--tls-cert', files[0], '--tls-key', files[1], '--http-port', 'off']
      const { child, json, ended } = start('relay', ...quiet, ...tls, '--json')
      assert.match((await json()).url, /^https:/)
      child.kill('SIGHUP')
      assert.deepEqual(await json(), { event: 'reloaded' })
      write({ ...createCertificate(), cert: 'nothing' })
      child.kill('SIGHUP')
      assert.equal((await json()).event, 'reload-failed')
      child.kill('SIGTERM')
      assert.equal((await ended).code, 0)
    })
  })
})
