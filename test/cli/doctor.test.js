// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { execFile } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { createCertificate } = require('../../bench/certificate.js')
const { reportText } = require('../../lib/cli/doctor-text')
const { useRelays } = require('../helpers/raw-relay-client')
const manifest = require('../../package.json')

const program = path.join(__dirname, '../..', manifest.bin)

function doctor(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'doctor', ...args], (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr })
    })
  })
}

const report = {
  udpV4: true,
  udpV6: null,
  publicAddresses: ['192.0.2.1'],
  behindNat: true,
  mapping: 'endpoint-independent',
  portStep: null,
  filtering: 'endpoint-independent',
  hairpin: true,
  preferredRelay: 'https://a.example/',
  relays: [{ url: 'https://a.example/', latencyMs: 1, stunRttMs: 2, quicRttMs: null, error: null }],
  captivePortal: false,
  portMapping: null,
  tried: [],
  advice: [],
  tookMs: 10
}

describe('doctor', () => {
  const { listen } = useRelays()

  it('speaks to people', async () => {
    const relay = await listen({ stunPort: 0 })
    const { code, stdout } = await doctor(
      '--relay',
      relay.url,
      '--stun-port',
      `${relay.ports.stun}`,
      '--quic-port',
      '0'
    )
    assert.equal(code, 0)
    assert.match(stdout, /^UDP over IPv4 +works +/m)
    assert.match(stdout, /^public addresses +127\.0\.0\.1$/m)
    assert.match(stdout, /^\* http:\/\/127\.0\.0\.1:\d+\/ +[\d.]+ ms, STUN [\d.]+ ms$/m)
    assert.match(stdout, /^what to change\n- .*two relays/m)
    assert.match(stdout, /^ {2}ok +stun +127\.0\.0\.1:\d+ +[\d.]+ ms {2}seen at 127\.0\.0\.1:\d+$/m)
  })

  it('gives JSON, and trusts the certificates given', async () => {
    const { cert, key } = createCertificate()
    const { url } = await listen({ host: '::', hostname: 'localhost', tls: { cert, key, httpPort: false } })
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'iroh-doctor-'))
    const ca = path.join(directory, 'ca.pem')
    fs.writeFileSync(ca, cert)
    const args = ['--relay', url, '--stun-port', '0', '--quic-port', '0', '--json']
    try {
      const good = await doctor(...args, '--ca', ca)
      assert.deepEqual([good.code, JSON.parse(good.stdout).preferredRelay], [0, url])
    } finally {
      fs.rmSync(directory, { recursive: true })
    }
    const bad = await doctor(...args)
    assert.deepEqual([bad.code, JSON.parse(bad.stdout).preferredRelay], [1, null])
  })

  it('ends with 1 when nothing is reached', async () => {
    const { code, stdout } = await doctor('--relay', 'http://127.0.0.1:9', '--timeout', '400')
    assert.equal(code, 1)
    assert.match(stdout, /^Nothing can be connected to from here\.$/m)
    assert.match(stdout, /not reached: .*ECONNREFUSED/)
  })

  it('ends with 2 when it is called wrongly, and sends nothing', async () => {
    for (const args of [
      ['--relay', 'nowhere'],
      ['--timeout', '1'],
      ['--timeout', 'x'],
      ['--stun-port', '1'],
      ['--relay', 'http://127.0.0.1:9', '--stun-port', '70000'],
      ['--relay', 'http://127.0.0.1:9', '--ca', 'no such file'],
      ['here']
    ]) {
      const { code, stdout, stderr } = await doctor(...args)
      assert.deepEqual([code, stdout], [2, ''], args.join(' '))
      assert.match(stderr, /^event-target-iroh: .*\nTry: event-target-iroh doctor --help\n$/s)
    }
    assert.match((await doctor('--help')).stdout, /^Usage: .*Examples:/s)
  })

  describe('says what it comes to', () => {
    const changed = { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent', hairpin: false }
    const cases = {
      'Peers connect directly, whatever NAT': {},
      'Most peers connect directly': { filtering: 'address-and-port-dependent' },
      'Peers connect directly if they are public': { ...changed, portStep: 'random' },
      'how well peers connect directly is not known': { mapping: 'unknown', publicAddresses: [], behindNat: null },
      'Connections work over a relay, and not directly': { udpV4: false },
      'Nothing can be connected to': { udpV4: false, preferredRelay: null, relays: [] }
    }
    for (const [words, changes] of Object.entries(cases)) {
      it(words, () => {
        const text = reportText({ ...report, ...changes })
        assert.ok(text.split('\n\n', 1)[0].includes(words), text)
        assert.ok(!/undefined|null|NaN/.test(text), text)
        assert.ok(
          text.split('\n').every((line) => line.length <= 100),
          text
        )
      })
    }

    it('and how the ports are given', () => {
      for (const [portStep, words] of [
        [1, '+1 for each peer'],
        [-2, '-2 for each peer'],
        ['random', 'random']
      ]) {
        assert.match(
          reportText({ ...report, ...changed, portStep }),
          new RegExp(`^ports +${words.replace('+', '\\+')} `, 'm')
        )
      }
    })
  })
})
