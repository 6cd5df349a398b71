// SPDX-License-Identifier: MIT
'use strict'

const assert = require('node:assert/strict')
const { execFileSync, spawnSync } = require('node:child_process')
const path = require('node:path')
const { versions } = require('../..')
const { version } = require('../../package.json')

const program = path.join(__dirname, '../../bin/event-target-iroh.js')
const run = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' })
const compare = (a, b) => a.localeCompare(b, 'en', { numeric: true })

describe('versions', () => {
  it('names the package and the libraries that are loaded', () => {
    assert.equal(versions.package, version)
    for (const library of ['ngtcp2', 'gnutls', 'libsodium']) assert.match(versions[library], /^\d+\.\d+\.\d+/)
  })

  it('shows an ngtcp2 that bears hostile packets, and a GnuTLS that it works with', () => {
    assert.ok(compare(versions.ngtcp2, '1.22.1') >= 0, versions.ngtcp2)
    assert.ok(compare(versions.gnutls, '3.7.3') >= 0, versions.gnutls)
  })

  it('is printed by --version, as JSON with --json', () => {
    const { package: release, ...libraries } = versions
    const expected = { 'event-target-iroh': release, ...libraries, node: process.versions.node }
    assert.deepEqual(JSON.parse(run('--version', '--json')), expected)
    for (const text of Object.values(expected)) assert.ok(run('--version').includes(text))
  })

  it('is not printed with an argument that --version does not take', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [program, '--version', 'now'], { encoding: 'utf8' })
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /'now'/)
  })
})
